"""A service with sessions, made of a function: it opens them, executes code for as long as a test says, and stops them.

It runs under a real client in virtual time, on asyncio and trio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx

from deepnote_async import Session
from tests.support.farm import run_on, said
from tests.support.service import RUN_ID, body_of, client_of, run_json

SESSION_ID = "00000000-0000-4000-8000-00000000000a"
Hook = Callable[[str, httpx.Request], Awaitable[httpx.Response | None]]
Body = Callable[[Session], Awaitable[None]]


async def nothing(_operation: str, _request: httpx.Request) -> None:
    """Answer as a service that is well."""


class Office:
    """Sessions of notebooks.

    Code is a number: the seconds that it takes. "fail" raises at once.

    Attributes:
        log: every request that arrived, as "operation" or "operation notebook code", in order.
        living: the sessions that were opened and not stopped.
        executing: code that goes on, by session and notebook.
        most: how much code went on at once at most.
        collisions: how often code came to a busy kernel.
    """

    def __init__(
        self,
        before: Hook = nothing,
        *,
        opens: float = 0.0,
        initial: float = 0.0,
        status: str = "success",
        interrupts: float = 0.0,
    ) -> None:
        self._before = before
        self._opens, self._initial, self._status, self._interrupts = opens, initial, status, interrupts
        self._begun: dict[str, float] = {}
        self._interrupted: dict[tuple[str, str], anyio.Event] = {}
        self.log: list[str] = []
        self.living: list[str] = []
        self.executing: dict[tuple[str, str], str] = {}
        self.most = self.collisions = 0
        self.kernel: dict[str, Any] = {"state": "idle", "executingBlock": None, "queue": []}

    def count(self, operation: str) -> int:
        """Tell how many requests of an operation have arrived."""
        return sum(entry.partition(" ")[0] == operation for entry in self.log)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        operation = _operation(request)
        self.log.append(" ".join([operation, *_told(operation, request)]))
        early = await self._before(operation, request)
        if early is not None:
            return early
        response: httpx.Response = await getattr(self, f"_{operation}")(request)
        return response

    async def _open(self, _request: httpx.Request) -> httpx.Response:
        await anyio.sleep(self._opens)
        number = len(self._begun)
        session_id, run_id = f"{SESSION_ID[:-2]}{number:02x}", f"{RUN_ID[:-2]}{number:02x}"
        self.living.append(session_id)
        self._begun[run_id] = anyio.current_time()
        run = {"runId": run_id, "status": "pending", "createdAt": "2026-01-01T00:00:00.000Z"}
        return httpx.Response(202, json={"session": {"id": session_id, "status": "starting"}, "run": run})

    async def _look(self, request: httpx.Request) -> httpx.Response:
        run_id = request.url.path.rpartition("/")[2]
        has_ended = anyio.current_time() >= self._begun[run_id] + self._initial
        return httpx.Response(200, json=run_json(self._status if has_ended else "running", runId=run_id))

    async def _list(self, _request: httpx.Request) -> httpx.Response:
        pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
        return httpx.Response(200, json={"runs": [], "pagination": pagination})

    async def _execute(self, request: httpx.Request) -> httpx.Response:
        body = body_of(request)
        key, code = (_session(request), body["notebookId"]), body["code"]
        if key[0] not in self.living:
            return said(404, "Session not found")
        if key in self.executing:
            self.collisions += 1
            return said(409, "The notebook is busy")
        self.executing[key] = code
        self.most = max(self.most, len(self.executing))
        self._interrupted[key] = anyio.Event()
        seconds = 0.0 if code == "fail" else float(code)
        try:
            with anyio.move_on_after(min(seconds, body["timeoutMs"] / 1000)) as scope:
                await self._interrupted[key].wait()
        finally:
            del self.executing[key]
        if not scope.cancelled_caught:
            return _outputs(_error("KeyboardInterrupt", ""))
        if seconds > body["timeoutMs"] / 1000:
            return said(408, "Execution timed out")
        if code == "fail":
            return _outputs(_error("ValueError", "bad region"))
        return _outputs({"output_type": "stream", "name": "stdout", "text": f"{body['notebookId']}:{code}\n"})

    async def _interrupt(self, request: httpx.Request) -> httpx.Response:
        await anyio.sleep(self._interrupts)
        key = _session(request), body_of(request)["notebookId"]
        if key in self.executing:
            self._interrupted[key].set()
        return httpx.Response(200, json={"session": {"id": key[0], "status": "idle"}})

    async def _status_of(self, request: httpx.Request) -> httpx.Response:
        if _session(request) not in self.living:
            return said(404, "Session not found")
        busy = (_session(request), request.url.params["notebookId"]) in self.executing
        kernel = {**self.kernel, "state": "busy"} if busy else self.kernel
        return httpx.Response(200, json={"session": {"id": _session(request)}, "kernel": kernel})

    async def _stop(self, request: httpx.Request) -> httpx.Response:
        if _session(request) not in self.living:
            return said(404, "Session not found")
        self.living.remove(_session(request))
        for key, event in self._interrupted.items():
            if key[0] == _session(request):
                event.set()
        return httpx.Response(204)

    async def _run(self, _request: httpx.Request) -> httpx.Response:
        run_id = f"{RUN_ID[:-2]}{len(self._begun):02x}"
        self._begun[run_id] = anyio.current_time()
        return httpx.Response(202, json={"runId": run_id, "status": "pending"})


def _operation(request: httpx.Request) -> str:
    path = request.url.path.removeprefix("/v2")
    if path == "/sessions":
        return "open"
    if path.startswith("/runs/"):
        return "look"
    if path.startswith("/notebooks/"):
        return "list"
    if request.method == "DELETE":
        return "stop"
    last = path.rpartition("/")[2]
    return {"status": "status_of", "runs": "run"}.get(last, last)


def _told(operation: str, request: httpx.Request) -> list[str]:
    if operation == "execute":
        return [body_of(request)["notebookId"], body_of(request)["code"]]
    return [body_of(request)["notebookId"]] if operation == "interrupt" else []


def _session(request: httpx.Request) -> str:
    return request.url.path.split("/")[3]


def _outputs(*outputs: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"outputs": list(outputs)})


def _error(ename: str, evalue: str) -> dict[str, Any]:
    traceback = ["\x1b[31mTraceback\x1b[0m", f"{ename}: {evalue}"]
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": traceback}


def answering(operation: str, response: Callable[[], httpx.Response]) -> Hook:
    """Make a hook that answers one operation otherwise."""

    async def hook(asked: str, _request: httpx.Request) -> httpx.Response | None:
        return response() if asked == operation else None

    return hook


def hanging(operation: str) -> Hook:
    """Make a hook that never answers one operation."""

    async def hook(asked: str, _request: httpx.Request) -> httpx.Response | None:
        if asked == operation:
            await anyio.sleep_forever()
        return None

    return hook


def uses(library: str, office: Office, body: Body, **options: Any) -> None:
    """Run something with an attached session of an office."""

    async def main() -> None:
        office.living.append(SESSION_ID)
        async with client_of(office.answer, **options) as client:
            await body(client.sessions.attach(SESSION_ID, "nb"))

    run_on(library, main)
