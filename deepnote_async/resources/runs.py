"""`client.runs`: start notebooks and get hold of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Unpack

from deepnote_async.errors import BadRequestError, RunStartUnknownError
from deepnote_async.inputs import InputArgument
from deepnote_async.models import Run
from deepnote_async.resources.checked_inputs import CheckedInputs, InputChecker
from deepnote_async.resources.run_service import DeepnoteRuns
from deepnote_async.resources.start_plan import StartPlan, StorageMode, read_started
from deepnote_async.runs import (
    Follow,
    Many,
    MapOptions,
    OnError,
    OnUnknown,
    Outcomes,
    RunHandle,
    RunResult,
    StartRegistry,
    map_runs,
    start_and_resolve,
)
from deepnote_async.runs.handle import handle_from_dict
from deepnote_async.runs.reconcile import start_candidates
from deepnote_async.transport import CallOptions, SendRecord, Transport, check_timeout, path_id
from deepnote_async_api.api.runs import create_run


class Runs:
    """Runs of notebooks.

    https://deepnote.com/docs/api-reference/runs
    """

    def __init__(
        self, transport: Transport, service: DeepnoteRuns, registry: StartRegistry, inputs: InputChecker
    ) -> None:
        self._transport = transport
        self._inputs = inputs
        self._service = service
        self._registry = registry

    async def create(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        detached: bool = True,
        storage_mode: StorageMode | None = None,
        block_ids: Sequence[str] | None = None,
        run_dependent_blocks: bool | None = None,
        machine_type: str | None = None,
        on_unknown: OnUnknown = "raise",
        run_key_input: str | None = None,
        check_inputs: bool = True,
        **options: Unpack[CallOptions],
    ) -> RunHandle:
        """Start a run and return its handle as soon as the service has accepted it.

        A notebook that starts a run of itself never ends and spends money: do not call this from the notebook it names.

        Args:
            notebook_id: the notebook to run.
            inputs: values by input name, for this run only, each as its kind of input takes it; docs/inputs.md has
                the kinds.
            detached: run a copy on a machine of its own; False runs in the project's machine and updates the editor.
            storage_mode: how a detached run mounts the project's storage; the service's default is "read_write".
            block_ids: run only these blocks, in this order; needs `detached=False`.
            run_dependent_blocks: with `block_ids`, also run the blocks that depend on them.
            machine_type: id of the machine type of a detached run.
            on_unknown: what to do when nothing proves whether the run exists. "raise" says so. "reconcile" lists the
                notebook's runs before the start and again after a lost answer, for 10 seconds: the one new run is
                adopted (`handle.adopted`); if there is none, the start is sent again, three times in all at most. It
                takes any new run for the lost one, so nobody else may start this notebook; if this client does at the
                same time, it raises.
            run_key_input: name of a text input that the notebook declares for this alone. It gets a random key, and a
                lost run is found by it, exactly and whoever else starts the notebook; `on_unknown` does not matter
                then. A run tells its key when it has ended, so after 10 seconds the search waits for runs that go on:
                as long again as `timeout`, at least 10 seconds, and 60 where the call names none.
            check_inputs: whether to read once, and keep, what the notebook declares, to type and check the inputs by
                it; without inputs and for booleans alone it is not read. False sends text, booleans and lists of text
                as they are, and numbers and dates in the form that most inputs read.
            **options: see CallOptions.

        Raises:
            ValueError: the arguments contradict each other, an id cannot be one, the notebook does not take these
                inputs (the message has a line for each that is wrong), or the environment tells that this code runs in
                the very notebook it would start.
            BadRequestError: the notebook does not exist or does not take these inputs; its message says which.
            NotFoundError: the notebook does not exist, and its declaration was needed.
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists.
            CallError: the run was certainly not started.

        Example:
            >>> handle = await client.runs.create(notebook_id, inputs={"region": "EU", "n": 3})
        """
        plan = StartPlan(
            notebook_id=notebook_id,
            detached=detached,
            storage_mode=storage_mode,
            block_ids=block_ids,
            run_dependent_blocks=run_dependent_blocks,
            machine_type=machine_type,
            on_unknown=on_unknown,
            run_key_input=run_key_input,
            check_inputs=check_inputs,
        )
        plan.check()
        return await self._start(plan, inputs, lambda _record: None, **options)

    async def run(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  (the name users expect)
        check: bool = True,
        detached: bool = True,
        storage_mode: StorageMode | None = None,
        block_ids: Sequence[str] | None = None,
        run_dependent_blocks: bool | None = None,
        machine_type: str | None = None,
        on_unknown: OnUnknown = "raise",
        run_key_input: str | None = None,
        check_inputs: bool = True,
    ) -> RunResult:
        """Start a run, wait for its end and read what it produced: `create` and `RunHandle.result` in one.

        Args:
            notebook_id: the notebook to run.
            inputs: values by input name, for this run only.
            timeout: seconds to wait for the end of the run; None waits as long as it takes.
            check: raise RunFailedError for a run that did not succeed.
            detached: see `create`, as for the arguments after it.
            storage_mode: see `create`.
            block_ids: see `create`.
            run_dependent_blocks: see `create`.
            machine_type: see `create`.
            on_unknown: see `create`.
            run_key_input: see `create`.
            check_inputs: see `create`.

        Raises:
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists.
            RunFailedError: the run failed.
            RunTimeoutError: the time was up; the run goes on and the error carries its id.

        Example:
            >>> result = await client.runs.run(notebook_id, inputs={"region": "EU"}, timeout=600)
            >>> print(result.text)
        """
        check_timeout(timeout)  # before anything is started
        handle = await self.create(
            notebook_id,
            inputs=inputs,
            detached=detached,
            storage_mode=storage_mode,
            block_ids=block_ids,
            run_dependent_blocks=run_dependent_blocks,
            machine_type=machine_type,
            on_unknown=on_unknown,
            run_key_input=run_key_input,
            check_inputs=check_inputs,
        )
        return await handle.result(timeout, check=check)

    def map(
        self,
        notebook_id: str,
        many_inputs: Many[Mapping[str, InputArgument] | None],
        *,
        concurrency: int = 32,
        timeout: float | None = None,
        total_timeout: float | None = None,
        ordered: bool = False,
        on_error: OnError = "collect",
        outputs: bool = True,
        detached: bool = True,
        storage_mode: StorageMode | None = None,
        block_ids: Sequence[str] | None = None,
        run_dependent_blocks: bool | None = None,
        machine_type: str | None = None,
        on_unknown: OnUnknown = "raise",
        run_key_input: str | None = None,
        check_inputs: bool = True,
    ) -> Outcomes:
        """Run a notebook once for each of many inputs, so many at a time, and give the outcomes as they come.

        Nothing is sent before the result is entered with `async with`; see `Outcomes`.

        Args:
            notebook_id: the notebook to run.
            many_inputs: the inputs of each run, or None for a run without: an iterable, whose `next` is called in the
                event loop and should not block, or an async iterable. Read one at a time, when a slot is free.
            concurrency: how many runs go on at once, the reading of their results included. An outcome that was not
                taken yet keeps its slot.
            timeout: seconds that each run may take from the acceptance of its start; None for as long as it takes.
            total_timeout: seconds for everything. Then nothing more is read or started, and what is in hand becomes an
                outcome with RunTimeoutError, whose runs go on; a start that was sent has up to 5 seconds to learn its
                id before. `outcomes.stats.is_exhausted` tells whether all inputs were read.
            ordered: give the outcomes in the order of the inputs. Up to four times `concurrency` inputs are in hand
                then, so that one slow run does not stop the others at once; no more than `concurrency` runs go on.
            on_error: what to do when a run fails, cannot be started, may or may not have been started, or is not waited
                for any longer. "collect" gives an outcome with the `error`. "raise" raises the error out of the
                iteration, starts nothing more and leaves the others running, named in a note of the error and in
                `outcomes.abandoned`. "stop" starts nothing more, gives the outcomes of what is started, and ends.
            outputs: read what each run produced. False gives an outcome the moment its run has ended and fetches
                nothing: `outcome.run` tells how it ended, `outcome.result` is None.
            detached: see `create`, as for the arguments after it.
            storage_mode: see `create`.
            block_ids: see `create`.
            run_dependent_blocks: see `create`.
            machine_type: see `create`.
            on_unknown: see `create`; "reconcile" can tell a lost run only if nothing else starts this notebook, so here
                with `concurrency=1`.
            run_key_input: see `create`; each start gets a key of its own.
            check_inputs: see `create`. Inputs that cannot be sent are the error of their outcome.

        Raises:
            ValueError: the arguments contradict each other, or a number makes no sense.
            TypeError: an argument is of another kind than it must be.

        Example:
            >>> async with client.runs.map(notebook_id, ({"n": n} for n in range(1000)), concurrency=50) as outcomes:
            ...     async for outcome in outcomes:
            ...         print(outcome.inputs, outcome.error or outcome.unwrap().text)
        """
        plan = StartPlan(
            notebook_id=notebook_id,
            detached=detached,
            storage_mode=storage_mode,
            block_ids=block_ids,
            run_dependent_blocks=run_dependent_blocks,
            machine_type=machine_type,
            on_unknown=on_unknown,
            run_key_input=run_key_input,
            check_inputs=check_inputs,
        )
        plan.check()
        options = MapOptions(
            concurrency=concurrency,
            timeout=timeout,
            total_timeout=total_timeout,
            ordered=ordered,
            on_error=on_error,
            outputs=outputs,
        )
        return map_runs(
            partial(self._start, plan),
            many_inputs,
            "many_inputs",
            options,
            notebook_id=notebook_id,
            service=self._service.name,
        )

    async def start_candidates(self, lost: RunStartUnknownError) -> tuple[Run, ...]:
        """List the newest runs that may be the one whose start was lost; the same as `lost.candidates(client)`.

        Raises:
            ValueError: the start was one of another service.
            CallError: the runs could not be listed.
        """
        return await start_candidates(self._service, self._registry, lost)

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> Run:
        """Read where a run stands.

        Raises:
            NotFoundError: there is no such run.
            CallError: the service could not be asked or did not answer properly.
        """
        return await self._service.get(path_id(run_id, "run_id"), **options)

    def handle(self, run_id: str, notebook_id: str | None = None) -> RunHandle:
        """Take hold of a run by its id, without asking the service.

        Raises:
            ValueError: the id cannot be one.
        """
        return RunHandle(self._service, path_id(run_id, "run_id"), notebook_id)

    def from_dict(self, saved: Mapping[str, object]) -> RunHandle:
        """Take hold of a run again that was saved with `RunHandle.to_dict`.

        Raises:
            ValueError: it was saved by another service, or is no saved handle.
        """
        handle = handle_from_dict(self._service, saved)
        path_id(handle.id, "run_id")
        return handle

    async def _start(
        self,
        plan: StartPlan,
        inputs: Mapping[str, InputArgument] | None,
        follow: Follow,
        **options: Unpack[CallOptions],
    ) -> RunHandle:
        plan.refuse_key_of(inputs)
        checked = await self._inputs.check(plan.notebook_id, inputs, options, by_declaration=plan.check_inputs)
        try:
            return await self._send(plan, checked, follow, options)
        except BadRequestError:  # nothing was started
            again = await self._inputs.after_refusal(checked, options)
            if again is None:
                raise
        return await self._send(plan, again, follow, options)

    async def _send(self, plan: StartPlan, checked: CheckedInputs, follow: Follow, options: CallOptions) -> RunHandle:
        key = plan.new_key()
        request = plan.request(checked.values, key)

        async def send(record: SendRecord) -> Run:
            follow(record)
            return await self._transport.call(create_run, request, read_started, record=record, **checked.options)

        return await start_and_resolve(
            self._service,
            self._registry,
            plan.notebook_id,
            send,
            on_unknown=plan.on_unknown,
            key=key,
            options=options,
        )
