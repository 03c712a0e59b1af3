"""Start a run, and find it again when the answer to its start is lost.

Three ways: say that it is unknown; adopt the one run that has shown since; or give the start a key and find the run
that was started with it.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import anyio

from deepnote_async.errors import CallError, RunStartUnknownError
from deepnote_async.models import Run
from deepnote_async.runs.handle import RunHandle
from deepnote_async.runs.registry import StartRegistry, Ticket
from deepnote_async.runs.runkey import RunKey
from deepnote_async.runs.search import MAX_PAGES, Search, newest_runs
from deepnote_async.runs.service import RunService, lister_of
from deepnote_async.runs.start import Send, noting_lost, start_run
from deepnote_async.transport import CallOptions

OnUnknown: TypeAlias = Literal["raise", "reconcile"]

MAX_STARTS: Final = 3
"""How often a start is sent at most, each time after it was seen that the last one left no run.

Should a run show later than APPEARANCE_SECONDS after all, there is one too many; so without a key the number is small.
With one, such runs could be told."""

MAX_KEYED_STARTS: Final = 6


async def start_and_resolve(
    service: RunService,
    registry: StartRegistry,
    notebook_id: str,
    send: Send[Run],
    *,
    on_unknown: OnUnknown = "raise",
    key: RunKey | None = None,
    options: CallOptions,
) -> RunHandle:
    """Start a run, and resolve an unknown outcome the way that was asked for.

    Args:
        service: the service; it must list runs unless `on_unknown` is "raise" and there is no key.
        registry: the client's own starts.
        notebook_id: the notebook to start.
        send: sends the start once; called a second time only when no run can have come of the first.
        on_unknown: what to do about a start that nothing proves.
        key: what the start is marked with; resolves exactly, whatever `on_unknown` says.
        options: those of the call; looking uses its headers, and as long again as its timeout.

    Raises:
        ValueError: `on_unknown` is neither.
        UnsupportedError: the service cannot list runs; nothing was sent.
        RunStartUnknownError: nothing proves whether the run exists.
        CallError: the run was certainly not started.
    """
    check_on_unknown(on_unknown)
    lister = None if on_unknown == "raise" and key is None else lister_of(service)
    with registry.start(notebook_id) as ticket:
        search = None if lister is None else Search(lister, ticket, notebook_id, key, options)
        if search is not None:
            await search.take_baseline()
        try:
            run, adopted = await _started(service, send, notebook_id, search)
        except RunStartUnknownError as unknown:
            if search is None or not search.found_none:
                ticket.leave_in_doubt()
            _tell(unknown, ticket, search)
            raise
        except (CallError, ValueError, TypeError):
            raise  # the run was certainly not started
        except BaseException:
            ticket.leave_in_doubt()
            raise
        ticket.claim(run.run_id)
    return RunHandle(service, run.run_id, notebook_id, run, adopted, began=anyio.current_time())


def check_on_unknown(on_unknown: str) -> None:
    """Refuse what is no way to go about an unknown start.

    Raises:
        ValueError: it is neither "raise" nor "reconcile".
    """
    if on_unknown not in {"raise", "reconcile"}:
        raise ValueError(f"on_unknown takes 'raise' or 'reconcile', not {on_unknown!r}")


async def _started(service: RunService, send: Send[Run], notebook_id: str, search: Search | None) -> tuple[Run, bool]:
    """Give the run, and whether it was adopted."""
    most = MAX_STARTS if search is None or search.key is None else MAX_KEYED_STARTS
    for attempt in range(1, most + 1):
        try:
            return await start_run(service, send, notebook_id), False
        except RunStartUnknownError as unknown:
            if search is None:
                raise
            found = await _found(search, unknown, notebook_id)
            if found is not None:
                return found, True
            if attempt == most or not search.found_none:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _found(search: Search, unknown: RunStartUnknownError, notebook_id: str) -> Run | None:
    """Look for the run; whatever ends the search, what is known of the start is what has to be told."""
    try:
        with noting_lost(notebook_id):
            return await search.resolve(unknown)
    except RunStartUnknownError:
        raise
    except Exception as error:  # noqa: BLE001  (all of them, or the start would be lost with it)
        unknown.add_note(f"The search for the run ended early: {type(error).__name__}: {error}")
        raise unknown from unknown.__cause__


def _tell(unknown: RunStartUnknownError, ticket: Ticket, search: Search | None) -> None:
    """Write into the error what another process needs to go on looking."""
    baseline, ruled_out = (search.baseline, search.ruled_out) if search is not None else ((), ())
    unknown.older_run_ids = tuple(dict.fromkeys((*baseline, *ticket.older)))
    unknown.known_run_ids = tuple(dict.fromkeys((*unknown.older_run_ids, *ruled_out, *ticket.owned)))
    if search is not None and search.key is not None:
        unknown.run_key_input, unknown.run_key = search.key.name, search.key.value


async def start_candidates(service: RunService, registry: StartRegistry, lost: RunStartUnknownError) -> tuple[Run, ...]:
    """List the newest runs that may be the lost one; see `RunStartUnknownError.candidates`.

    Raises:
        UnsupportedError: the service cannot list runs.
        ValueError: the start was one of another service.
    """
    if lost.service != service.name:
        raise ValueError(f"this start was one of {lost.service!r}; a client of {service.name!r} cannot look for it")
    older, known = frozenset(lost.older_run_ids), frozenset(lost.known_run_ids)
    listing = await newest_runs(
        lister_of(service), lost.notebook_id, older.__contains__, pages=MAX_PAGES if older else 1, options={}
    )
    return tuple(
        run for run in listing.runs if run.run_id not in known and not registry.is_owned(lost.notebook_id, run.run_id)
    )
