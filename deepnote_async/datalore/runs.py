"""`client.runs` of Datalore: start notebooks and get hold of their runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, NoReturn, Unpack

import anyio

from datalore_async_api import models as wire
from datalore_async_api.api.interactive import run_interactive
from datalore_async_api.api.runs import run_notebook
from datalore_async_api.types import UNSET
from deepnote_async.datalore.arguments import Json, notebook_id_from, parameters_from
from deepnote_async.datalore.models import DataloreRun
from deepnote_async.datalore.service import DataloreRuns, explained
from deepnote_async.errors import RunStartUnknownError, UnsupportedError
from deepnote_async.models import RunStatus
from deepnote_async.runs import (
    Follow,
    Many,
    MapOptions,
    OnError,
    Outcomes,
    RunHandle,
    RunResult,
    map_runs,
    start_run,
)
from deepnote_async.runs.caller import refuse_own_notebook
from deepnote_async.runs.handle import handle_from_dict
from deepnote_async.transport import CallOptions, SendRecord, Transport, check_timeout, path_id

UpdateReport = Literal["never", "on success"]
_LOST = "Datalore cannot list runs, so it cannot be looked for; starting again could run the notebook twice."
_LOST_IN_PLACE = "Datalore gives such executions no id; look at the notebook's outputs in the editor."


class Runs:
    """Runs of notebooks.

    https://www.jetbrains.com/help/datalore/run-api.html
    """

    def __init__(self, transport: Transport, base_url: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._service = DataloreRuns(transport, base_url)

    async def create(
        self,
        notebook_id: str,
        parameters: Mapping[str, Json] | None = None,
        update_report: UpdateReport | None = None,
        direct_file_storage_write: bool | None = None,  # noqa: FBT001  (the API's own switch, its place fixed by the design)
        **options: Unpack[CallOptions],
    ) -> RunHandle:
        """Start a run and return its handle as soon as the service has accepted it.

        A notebook that starts a run of itself never ends and spends money: do not call this from the notebook it names.

        Args:
            notebook_id: "user/notebook", or the notebook's address in the browser.
            parameters: values of the notebook's interactive controls for this run, by name, sent as JSON just as they
                are: text for a slider, a boolean for a checkbox, a list for several choices. Whether a name means the
                control's label or its variable is not documented. Installations before 2026.1 ignore parameters
                without a word, and no run tells what it was given.
            update_report: whether to publish the notebook's report again; the service's default is "never".
            direct_file_storage_write: write to the notebook's own files; the service's default is storage of the run's
                own. Installations before 2026.1 ignore it.
            **options: see CallOptions.

        Raises:
            ValueError: the id is none, or of another host; a value is nothing JSON can hold; or the notebook would run
                itself, as far as the environment tells.
            TypeError: a value is of a kind that JSON has not; the message names it.
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists. Datalore cannot list
                runs, so it cannot be looked for afterwards. Never retried.
            CallError: the run was certainly not started.

        Example:
            >>> handle = await client.runs.create("user123/notebook456", {"Region": "EU"})
        """
        notebook = self._notebook(notebook_id)
        _check_report(update_report)
        start = partial(self._start, notebook, update_report, direct_file_storage_write)
        return await start(parameters, lambda _record: None, **options)

    async def run(
        self,
        notebook_id: str,
        parameters: Mapping[str, Json] | None = None,
        update_report: UpdateReport | None = None,
        direct_file_storage_write: bool | None = None,  # noqa: FBT001  (as in `create`)
        *,
        timeout: float | None = None,  # noqa: ASYNC109  (the name users expect)
        check: bool = True,
    ) -> RunResult:
        """Start a run, wait for its end and read what it produced: `create` and `RunHandle.result` in one.

        Args:
            notebook_id: see `create`, as for the arguments after it.
            parameters: see `create`.
            update_report: see `create`.
            direct_file_storage_write: see `create`.
            timeout: seconds to wait for the end of the run; None waits as long as it takes.
            check: raise RunFailedError for a run that did not succeed.

        Raises:
            RunFailedError: the run failed; the reason is read from the executed notebook, if it left one.
            RunTimeoutError: the time was up; the run goes on and the error carries its id.

        Example:
            >>> result = await client.runs.run("user123/notebook456", {"Region": "EU"}, timeout=600)
            >>> for artifact in result.artifacts:
            ...     print(await artifact.download("outputs"))
        """
        check_timeout(timeout)  # before anything is started
        handle = await self.create(notebook_id, parameters, update_report, direct_file_storage_write)
        return await handle.result(timeout, check=check)

    def map(
        self,
        notebook_id: str,
        many_parameters: Many[Mapping[str, Json] | None],
        *,
        concurrency: int = 32,
        timeout: float | None = None,
        total_timeout: float | None = None,
        ordered: bool = False,
        on_error: OnError = "collect",
        outputs: bool = True,
        update_report: UpdateReport | None = None,
        direct_file_storage_write: bool | None = None,
    ) -> Outcomes:
        """Run a notebook once for each of many sets of parameters; the same as `AsyncDeepnote().runs.map`.

        A lost start cannot be looked for, so its outcome stays unknown: `outcome.error` is RunStartUnknownError.

        Args:
            notebook_id: see `create`.
            many_parameters: the parameters of each run, or None for a run without: an iterable, whose `next` is called
                in the event loop and should not block, or an async iterable. Read one at a time, when a slot is free.
            concurrency: how many runs go on at once, the reading of their results included.
            timeout: seconds that each run may take from the acceptance of its start; None for as long as it takes.
            total_timeout: seconds for everything.
            ordered: give the outcomes in the order of the parameters.
            on_error: "collect" gives an outcome with the `error`; "raise" raises it and leaves the other runs; "stop"
                starts nothing more and ends with what is started.
            outputs: read what each run produced; False fetches nothing, and `outcome.result` is None.
            update_report: see `create`.
            direct_file_storage_write: see `create`.

        Raises:
            ValueError: the id is none, or a number makes no sense.
            TypeError: an argument is of another kind than it must be.

        Example:
            >>> async with client.runs.map("user123/notebook456", [{"Region": "EU"}, {"Region": "US"}]) as outcomes:
            ...     async for outcome in outcomes:
            ...         print(outcome.index, outcome.error or outcome.unwrap().text)
        """
        notebook = self._notebook(notebook_id)
        _check_report(update_report)
        options = MapOptions(
            concurrency=concurrency,
            timeout=timeout,
            total_timeout=total_timeout,
            ordered=ordered,
            on_error=on_error,
            outputs=outputs,
        )
        start = partial(self._start, notebook, update_report, direct_file_storage_write)
        return map_runs(
            start, many_parameters, "many_parameters", options, notebook_id=notebook, service=self._service.name
        )

    async def run_interactive(self, notebook_id: str, **options: Unpack[CallOptions]) -> None:
        """Execute a notebook in place: its outputs in the editor change.

        Returns nothing: such an execution has no run id and leaves no artifacts, so it cannot be waited for here.

        A notebook that executes itself never ends: do not call this from the notebook it names.

        Args:
            notebook_id: "user/notebook", or the notebook's address in the browser.
            **options: see CallOptions.

        Raises:
            ValueError: see `create`.
            RunStartUnknownError: it was sent, and nothing proves whether the notebook is executed.
            CallError: it is certainly not executed.
        """
        notebook = self._notebook(notebook_id)
        request = run_interactive.build_request(body=wire.RunInteractiveRequest(notebook_id=notebook))
        with explained():
            await start_run(
                self._service,
                lambda record: self._transport.acknowledge(run_interactive, request, record=record, **options),
                notebook,
                advice=_LOST_IN_PLACE,
            )

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> DataloreRun:
        """Read where a run stands.

        Raises:
            NotFoundError: there is no such run, or it has expired.
            CallError: the service could not be asked or did not answer properly.
        """
        return await self._service.get(path_id(run_id, "run_id"), **options)

    def handle(self, run_id: str, notebook_id: str | None = None) -> RunHandle:
        """Take hold of a run by its id, without asking the service.

        Raises:
            ValueError: an id cannot be one.
        """
        notebook = None if notebook_id is None else notebook_id_from(notebook_id, self._base_url)
        return RunHandle(self._service, path_id(run_id, "run_id"), notebook)

    def from_dict(self, saved: Mapping[str, object]) -> RunHandle:
        """Take hold of a run again that was saved with `RunHandle.to_dict`.

        Raises:
            ValueError: it was saved by another service, or is no saved handle.
        """
        handle = handle_from_dict(self._service, saved)
        path_id(handle.id, "run_id")
        return handle

    def cancel(self, run_id: str) -> NoReturn:
        """Raise UnsupportedError: Datalore has no call to stop a run."""
        raise UnsupportedError("Datalore's Run API cannot stop a run; it goes on until it ends", run_id=run_id)

    def list(self, notebook_id: str | None = None) -> NoReturn:
        """Raise UnsupportedError: Datalore has no call to list runs."""
        whose = f" of notebook {notebook_id}" if notebook_id else ""
        raise UnsupportedError(f"Datalore's Run API cannot list the runs{whose}; keep the ids that `create` returns")

    def reconcile(self, notebook_id: str) -> NoReturn:
        """Raise UnsupportedError: a run whose start is unknown cannot be looked for without a list of runs."""
        raise UnsupportedError(
            f"Datalore's Run API cannot list runs, so a lost start of notebook {notebook_id} cannot be looked for"
        )

    async def start_candidates(self, lost: RunStartUnknownError) -> tuple[DataloreRun, ...]:
        """Raise UnsupportedError, as `reconcile` does; `lost.candidates(client)` asks for it."""
        return self.reconcile(lost.notebook_id)

    async def _start(
        self,
        notebook: str,
        update_report: UpdateReport | None,
        direct_file_storage_write: bool | None,  # noqa: FBT001  (as in `create`)
        parameters: Mapping[str, Json] | None,
        follow: Follow,
        **options: Unpack[CallOptions],
    ) -> RunHandle:
        body = wire.RunNotebookRequest(
            notebook_id=notebook,
            update_report=UNSET if update_report is None else wire.UpdateReport(update_report),
            direct_file_storage_write=UNSET if direct_file_storage_write is None else direct_file_storage_write,
            parameters=parameters_from(parameters) if parameters else UNSET,
        )
        request = run_notebook.build_request(body=body)

        async def send(record: SendRecord) -> str:
            follow(record)
            return await self._transport.call(run_notebook, request, _read_started, record=record, **options)

        with explained():
            run_id = await start_run(self._service, send, notebook, advice=_LOST)
        started = DataloreRun(run_id=run_id, notebook_id=notebook, status=RunStatus.RUNNING)
        return RunHandle(self._service, run_id, notebook, started, began=anyio.current_time())

    def _notebook(self, notebook_id: str) -> str:
        notebook = notebook_id_from(notebook_id, self._base_url)
        refuse_own_notebook("datalore", notebook)
        return notebook


def _check_report(update_report: str | None) -> None:
    if update_report not in {None, "never", "on success"}:
        raise ValueError(f"update_report takes 'never' or 'on success', with a space, not {update_report!r}")


def _read_started(body: dict[str, Any]) -> str:
    run_id: object = wire.RunNotebookResponse.from_dict(body).run_id
    if not isinstance(run_id, str) or not run_id:
        raise ValueError("runId is no id")
    return run_id
