"""The tree of exceptions. Everything the SDK raises on purpose is a DeepnoteError, a ValueError or a TypeError.

Every error can be pickled and says what a person needs to act: the call, the run, and how far the request came. None
holds the token, a request object or a presigned address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from deepnote_async.client import AsyncDeepnote
    from deepnote_async.datalore import AsyncDatalore
    from deepnote_async.models import Run
    from deepnote_async.runs.failure import Failure
    from deepnote_async.runs.result import RunResult
    from deepnote_async.sessions import Execution

Sent: TypeAlias = Literal["no", "maybe", "yes"]
"""Whether a request reached the service: nothing left; some or all of it left; the service began to answer."""

RetryStopped: TypeAlias = Literal["attempts", "budget", "deadline", "retry_after"]
"""Why a failure that is worth repeating was not repeated.

"attempts": there were enough. "budget": too many calls of this client failed lately. "deadline": the pause would have
outlasted the call. "retry_after": the service asked for a longer pause than is waited for.
"""


ConflictReason: TypeAlias = Literal["suspended", "busy", "kernel"]
"""Why a session cannot be used at the moment."""


class DeepnoteError(Exception):
    """Base of all errors of this package.

    Attributes:
        run_id: the run it happened to, where one is known.
    """

    def __init__(self, message: str, *, run_id: str | None = None) -> None:
        super().__init__(message)
        self.run_id = run_id

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.args, self.__dict__, self.__cause__)


def _restore(
    kind: type[DeepnoteError], args: tuple[object, ...], state: dict[str, object], cause: BaseException | None
) -> DeepnoteError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    error.__cause__ = cause
    return error


class CallError(DeepnoteError):
    """A call to the service went wrong; base of APIError, TransportError and DecodeError.

    Attributes:
        method: HTTP method.
        path: path template of the operation, such as `/v2/runs/{run_id}`.
        status: HTTP status of the answer, None if there was none.
        request_id: the service's id of the request, None if it gave none.
        attempts: how many times the request was tried.
        elapsed: seconds from the beginning of the call to the error.
        retry_stopped: why a failure that is worth repeating was not repeated; None if it is not worth it.
    """

    retry_stopped: RetryStopped | None = None

    def __init__(
        self,
        message: str,
        *,
        method: str,
        path: str,
        status: int | None = None,
        request_id: str | None = None,
        attempts: int = 1,
        elapsed: float = 0.0,
        run_id: str | None = None,
    ) -> None:
        super().__init__(message, run_id=run_id)
        self.method = method
        self.path = path
        self.status = status
        self.request_id = request_id
        self.attempts = attempts
        self.elapsed = elapsed

    def __str__(self) -> str:
        tail = f", request id {self.request_id}" if self.request_id else ""
        tries = f", {self.attempts} attempts" if self.attempts > 1 else ""
        return f"{self.args[0]} ({self.method} {self.path}{tail}{tries})"


class APIError(CallError):
    """The service answered with an error status; `message` is its own explanation.

    Use the subclass of a status to catch it: `except NotFoundError`.

    Attributes:
        message: what the service said, without the status; empty if it said nothing readable.
        retry_after: seconds the service asks to wait, None if it did not say.
    """

    message: str = ""
    retry_after: float | None = None
    status: int


class BadRequestError(APIError):
    """400: the request is not valid, or the notebook cannot take it."""


class AuthenticationError(APIError):
    """401: the token is missing, unknown or no longer valid."""


class PermissionDeniedError(APIError):
    """403: the owner of the token may not do this."""


class NotFoundError(APIError):
    """404: there is no such thing, or the owner of the token cannot see it."""


class RequestTimeoutError(APIError, TimeoutError):
    """408: the service gave up on the request."""


class ConflictError(APIError):
    """409: the state of the project, notebook or session forbids it.

    Attributes:
        reason: which of its meanings a refusal has where a session is used: the project is "suspended", the notebook
            "busy" with a run, or its "kernel" not available. None elsewhere, and if nothing tells.
    """

    reason: ConflictReason | None = None


class RateLimitError(APIError):
    """429: the rate limit is used up; `retry_after` tells for how long, where the service does."""


class ServerError(APIError):
    """5xx: the service failed."""


class UnexpectedStatusError(APIError):
    """Any other status than the operation documents."""


class TransportError(CallError):
    """The request was not answered.

    Attributes:
        sent: "no" if nothing of the request left this machine, "maybe" if some or all of it did, "yes" if the service
            had begun to answer.
    """

    sent: Sent = "maybe"


class ConnectError(TransportError, ConnectionError):
    """No connection could be made; nothing was sent."""


class ConnectionLostError(TransportError, ConnectionError):
    """The connection broke before the answer was complete."""


class DeadlineExceededError(TransportError, TimeoutError):
    """The call did not finish within its total time.

    Attributes:
        spent: where the time went, in order and in seconds: "gate" (waiting for the rate gate), "connect", "attempt 1"
            (from sending to the answer or its failure), "backoff" (the pause before the next attempt), and so on.
    """

    spent: tuple[tuple[str, float], ...] = ()


class UnexpectedRedirectError(TransportError):
    """The service answered with a redirect, which is never followed: the token would go along."""


class ResponseTooLargeError(TransportError):
    """The answer is larger than any real one; it was not read to the end."""


class DecodeError(CallError):
    """The answer arrived but is not what the operation promises.

    Attributes:
        pointer: JSON pointer (RFC 6901) to what could not be read; "" is the whole document.
    """

    pointer: str = ""


class RunError(DeepnoteError):
    """Something is wrong with a run itself; `run_id` names it where it is known."""


class RunFailedError(RunError):
    """The run ended, but not with success.

    Attributes:
        result: everything that could be read of the run, as `result(check=False)` would have returned it.
        failure: where and why it failed; None if neither the service nor the snapshot tells.
    """

    result: RunResult
    failure: Failure | None = None


class RunTimeoutError(RunError, TimeoutError):
    """The run was still going when the wait ended; it goes on. `client.runs.handle(error.run_id)` waits again.

    Or it had ended, as `status` tells, but what it produced could not be fetched in time; it can be later.

    Attributes:
        status: the last status seen, None if none was.
    """

    status: str | None = None


class RunStartUnknownError(RunError):
    """The start was sent, but nothing proves whether the run exists; `__cause__` is what happened.

    Starting again could run the notebook twice, so it is left to the caller, who can look at `candidates`. It holds
    plain data only, so it can be pickled and looked into elsewhere.

    Attributes:
        notebook_id: the notebook whose run was to be started.
        service: "deepnote" or "datalore".
        older_run_ids: runs that were there before the start, as far as they are known.
        known_run_ids: all runs that are known not to be the lost one: the older ones, those that belong to other starts
            of the client, and those whose snapshot shows another run key.
        run_key_input: the input that was given the run key, None if none was.
        run_key: its value; the lost run, and no other, was started with it.
    """

    notebook_id: str = ""
    service: str = "deepnote"
    older_run_ids: tuple[str, ...] = ()
    known_run_ids: tuple[str, ...] = ()
    run_key_input: str | None = None
    run_key: str | None = None

    async def candidates(self, client: AsyncDeepnote | AsyncDatalore) -> tuple[Run, ...]:
        """List the newest runs of the notebook that may be the lost one, newest first. One request for each 100 runs.

        Runs that belong to starts of `client` are left out, as are those of the client the start was made with. Runs
        that others started at about the same time cannot be told apart and are among them. None at all does not prove
        that there never will be one: look again after some seconds.

        Args:
            client: any client that can see the notebook.

        Raises:
            UnsupportedError: the service cannot list runs, as Datalore.
            ValueError: the client is of another service.
            CallError: the runs could not be listed.

        Example:
            >>> except RunStartUnknownError as error:
            ...     for run in await error.candidates(client):
            ...         print(run.run_id, run.status, run.created_at)
        """
        return await client.runs.start_candidates(self)


class UnsupportedError(DeepnoteError):
    """The service has no such operation; nothing was sent."""


class ExecutionError(DeepnoteError):
    """Code that was sent to a session raised an exception.

    Attributes:
        ename: class name of the exception.
        evalue: message of the exception.
        traceback: lines of its traceback, with terminal colours.
        execution: everything the code put out, as `execute(check=False)` would have returned it.
    """

    execution: Execution

    ename: str = ""
    evalue: str = ""
    traceback: tuple[str, ...] = ()


class SessionError(DeepnoteError):
    """Something is wrong with a session or one of its kernels.

    Attributes:
        session_id: the session.
        notebook_id: the notebook whose kernel it is.
    """

    session_id: str = ""
    notebook_id: str = ""


class SessionTimeoutError(SessionError, TimeoutError):
    """The kernel of a session was still at work when the wait ended; it goes on.

    Attributes:
        kernel_state: the state that was seen last, None if none was.
    """

    kernel_state: str | None = None


class SnapshotError(DeepnoteError):
    """A snapshot document cannot be read, or cannot be fetched from the address that the service named.

    Attributes:
        is_passing: whether it was only on the way that something went wrong, so that a later try may well succeed.
    """

    is_passing: bool = False


class OutputError(DeepnoteError, ValueError):
    """The outputs do not hold what was asked of them, or not all of it; the message says what to do in the notebook."""


class LedgerError(DeepnoteError):
    """A ledger cannot be read, written or trusted."""
