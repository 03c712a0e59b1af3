"""Sessions over HTTP.

https://deepnote.com/docs/api-reference/sessions
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import NotebookSource
from deepnote_emulator.execution import BusyError, EngineError, NoHardwareError, RestartedError, Session, TooLongError
from deepnote_emulator.execution.sessions import DEFAULT_IDLE_SECONDS
from deepnote_emulator.inputs import problem_with
from deepnote_emulator.server.answers import (
    STATE,
    JsonObject,
    Refused,
    answer,
    bad_request,
    check_query,
    conflict,
    no_content,
    not_found,
)
from deepnote_emulator.server.bodies import json_body, run_inputs
from deepnote_emulator.server.lookups import check_blocks, notebook_named, session_of_path

DEFAULT_TIMEOUT_MS = 10_000
MAX_TIMEOUT_MS = 120_000
_ENDS = {
    False: "was interrupted",
    True: "ignored an interrupt: its kernel was killed and started anew, all variables are lost",
}


async def create_session(request: web.Request) -> web.Response:
    """Open a session and run the whole notebook on its kernel."""
    check_query(request)
    optional = ("inputs", "storageMode", "idleShutdownSeconds", "machineType")
    body = await json_body(request, required=("notebookId",), optional=optional)
    inputs = run_inputs(body)
    body.choice("storageMode", ("read_write", "readonly"), "read_write")
    body.text("machineType", may_be_empty=True)
    idle = body.whole("idleShutdownSeconds", DEFAULT_IDLE_SECONDS, least=1)
    notebook = notebook_named(request, body.text("notebookId"))
    if (problem := problem_with(notebook, inputs)) is not None:
        bad_request(problem)
    state = request.app[STATE]
    try:
        session, run = await state.sessions.open(state.projects.owner(notebook), notebook, inputs, idle)
    except NoHardwareError:
        raise _no_hardware() from None
    started = {"runId": run.run_id, "status": run.status, "createdAt": iso(run.created_at)}
    return answer({"session": _session(session), "run": started}, 202)


async def execute_session_code(request: web.Request) -> web.Response:
    """Execute code and answer with what it put out."""
    check_query(request)
    body = await json_body(request, required=("notebookId", "code"), optional=("timeoutMs",))
    notebook_id, code = body.text("notebookId"), body.text("code", may_be_empty=True)
    timeout_ms = body.whole("timeoutMs", DEFAULT_TIMEOUT_MS, least=1, most=MAX_TIMEOUT_MS)
    session = session_of_path(request)
    notebook = _notebook(session, notebook_id)
    try:
        kernel = await request.app[STATE].sessions.kernel(session, notebook.id)
        record = await kernel.execute(code, timeout_ms / 1000)
    except NoHardwareError:
        raise _no_hardware() from None
    except BusyError:
        conflict("The notebook is busy with a run")
    except RestartedError:
        conflict(
            "The session's kernel ignored an interrupt: it was killed and started anew. Its variables are lost, "
            "and it can be used again"
        )
    except EngineError as error:
        conflict(f"The session's kernel is not available: {error}")
    except TooLongError as error:
        raise Refused(408, f"The code did not end within {timeout_ms} ms and {_ENDS[error.is_fresh]}") from None
    return answer({"outputs": record.outputs})


async def interrupt_session(request: web.Request) -> web.Response:
    """Interrupt the runs and the code of one notebook."""
    check_query(request)
    notebook_id = (await json_body(request, required=("notebookId",))).text("notebookId")
    session = session_of_path(request)
    kernel = session.kernels.get(_notebook(session, notebook_id).id)
    if kernel is not None:
        await kernel.interrupt()
    return answer({"session": _session(session)})


async def get_session_status(request: web.Request) -> web.Response:
    """Tell the state of a session and of the kernel of one notebook."""
    check_query(request, "notebookId")
    notebook_id = request.query.get("notebookId", "")
    if not notebook_id:
        bad_request("Query parameter notebookId must be a non-empty string")
    session = session_of_path(request)
    notebook = _notebook(session, notebook_id)
    return answer({"session": _session(session), "kernel": _kernel(session, notebook)})


async def create_session_run(request: web.Request) -> web.Response:
    """Run blocks on the session's kernel, after the runs before."""
    check_query(request)
    body = await json_body(request, required=("notebookId", "blockIds"))
    notebook_id, block_ids = body.text("notebookId"), body.different_texts("blockIds")
    session = session_of_path(request)
    notebook = _notebook(session, notebook_id)
    check_blocks(notebook, block_ids)
    if (kernel := session.kernels.get(notebook.id)) is not None and kernel.state == "dead":
        conflict("The session's kernel is not available")
    try:
        run = await request.app[STATE].sessions.run(session, notebook, block_ids)
    except NoHardwareError:
        raise _no_hardware() from None
    return answer({"runId": run.run_id, "status": run.status, "createdAt": iso(run.created_at)}, 202)


async def stop_session(request: web.Request) -> web.Response:
    """End a session with its runs and kernels."""
    check_query(request)
    await request.app[STATE].sessions.end(session_of_path(request))
    return no_content()


def _no_hardware() -> Refused:
    return Refused(500, "Hardware unable to start: every kernel the emulator may start is taken")


def _notebook(session: Session, notebook_id: str) -> NotebookSource:
    """Find a notebook of the session by the id of its source."""
    notebook = session.project.notebook(notebook_id)
    if notebook is None:
        not_found("The session's project has no such notebook; use the id of the source notebook")
    return notebook


def _session(session: Session) -> JsonObject:
    return {
        "id": session.id,
        "notebookId": session.notebook.id,
        "sessionNotebookId": session.session_notebook_id,
        "status": session.status,
    }


def _kernel(session: Session, notebook: NotebookSource) -> JsonObject:
    kernel = session.kernels.get(notebook.id)
    if kernel is None:
        return {"state": "absent", "executingBlock": None, "queue": []}
    return {
        "state": kernel.state,
        "executingBlock": kernel.executing_block,
        "queue": [block_id for run in kernel.active_runs for block_id in run.waiting],
    }
