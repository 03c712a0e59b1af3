"""What users import: the names, and what importing costs."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys

import pytest

import deepnote_async
from deepnote_async import DeepnoteError, RunStatus, TransportError


def test_every_public_name_is_there() -> None:
    for name in deepnote_async.__all__:
        assert getattr(deepnote_async, name) is not None
        assert name in dir(deepnote_async)
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = deepnote_async.Nonsense  # pyright: ignore[reportAttributeAccessIssue]


def test_every_error_is_public_and_one_of_the_tree() -> None:
    from deepnote_async import errors

    classes = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert classes <= set(deepnote_async.__all__)
    assert all(issubclass(getattr(errors, name), DeepnoteError) for name in classes)


@pytest.mark.parametrize("name", ["RunTimeoutError", "DeadlineExceededError", "RequestTimeoutError"])
def test_the_timeouts_are_the_builtin_one_too(name: str) -> None:
    assert issubclass(getattr(deepnote_async, name), TimeoutError)


@pytest.mark.parametrize("name", ["ConnectError", "ConnectionLostError"])
def test_the_connection_errors_are_the_builtin_one_too(name: str) -> None:
    assert issubclass(getattr(deepnote_async, name), ConnectionError)
    error: TransportError = getattr(deepnote_async, name)("lost", method="GET", path="/v2/me", elapsed=1.5)
    error.sent = "no"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (made right here)
    assert (str(copy), copy.sent, copy.elapsed) == ("lost (GET /v2/me)", "no", 1.5)


def test_statuses_are_their_strings_and_stay_open() -> None:
    assert RunStatus("success") == "success"
    assert RunStatus("success").is_terminal
    assert RunStatus("stopped").is_failed
    odd = RunStatus("queued")
    assert (odd, odd.is_terminal, odd.is_failed) == ("queued", False, False)
    assert pickle.loads(pickle.dumps(odd)) == "queued"  # noqa: S301  (made right here)
    with pytest.raises(ValueError, match="5"):
        RunStatus(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import deepnote_async", ["httpx", "aiohttp", "attrs", "yaml", "anyio", "deepnote_async_api"]),
        ("from deepnote_async import NotFoundError", ["httpx", "aiohttp", "yaml", "anyio", "deepnote_async_api"]),
        ("from deepnote_async import AsyncDeepnote; AsyncDeepnote('tok')", ["aiohttp", "jupyter_client", "IPython"]),
        ("import deepnote_emulator", ["deepnote_async", "deepnote_async_api", "jupyter_client", "ipykernel"]),
    ],
)
def test_imports_stay_cheap(statement: str, absent: list[str]) -> None:
    script = f"{statement}\nimport sys\nprint(sorted(set({absent!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
