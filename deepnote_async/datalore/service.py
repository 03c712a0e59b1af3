"""The run engine's view of Datalore."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Unpack
from urllib.parse import quote, urlsplit

from datalore_async_api.api.runs import get_run
from deepnote_async.datalore.models import DataloreRun
from deepnote_async.datalore.wire import executed_notebook, run_record
from deepnote_async.errors import AuthenticationError, NotFoundError, PermissionDeniedError, SnapshotError
from deepnote_async.runs import Artifact, Contents, SnapshotAnswer, Watcher
from deepnote_async.snapshot import read_ipynb
from deepnote_async.transport import CallOptions, Streamed, Transport, origin_of

ARTIFACT_TEMPLATE = "/notebook/{user_id}/{notebook_id}/artifacts/{run_id}/{name}"
_ADDRESS = re.compile(r"(?P<origin>[A-Za-z][A-Za-z0-9+.-]*://[^/]*)(?P<path>.*)", re.DOTALL)

_FORBIDDEN = (
    "The token is valid, but may not do this: its owner has no access to the notebook, or its scope is too small (the "
    "Run API surely works with 'Full user access'; 'Notebook API' and one-notebook tokens may not reach it)"
)

MAX_NOTEBOOK_BYTES = 64 << 20
"""Largest executed notebook that is read into a result; larger ones can be downloaded."""


class DataloreRuns:
    """Reads runs, and opens what they left."""

    name = "datalore"

    def __init__(self, transport: Transport, base_url: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self.report = transport.report
        self.watcher = Watcher(self)
        transport.before_closing(self.watcher.aclose)

    @property
    def is_throttled(self) -> bool:
        """Whether the service has refused requests for their rate lately."""
        return self._transport.is_throttled

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> DataloreRun:
        """Read where a run stands."""
        with explained():
            return await self._transport.call(
                get_run, get_run.build_request(run_id), lambda body: run_record(body, run_id, self), **options
            )

    async def fetch_snapshot(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Read a run together with its executed notebook, if it left one."""
        run = await self.get(run_id, **options)
        notebook = executed_notebook(run.artifacts) if run.status.is_terminal else None
        content = await self._content_of(notebook, options) if notebook is not None else None
        return SnapshotAnswer(run=run, content=content, reader=_read_notebook, artifacts=run.artifacts)

    @asynccontextmanager
    async def open(self, path: str, **options: Unpack[CallOptions]) -> AsyncIterator[Streamed]:
        """Open an artifact by the path the service named.

        Raises:
            ValueError: the path leads to another origin, or out of itself.
        """
        async with self._stream(path, None, options) as body:
            yield body

    async def _content_of(self, notebook: Artifact, options: CallOptions) -> bytes | None:
        """Read the executed notebook; None if the service names it but no longer has it."""
        try:
            async with self._stream(notebook.path, MAX_NOTEBOOK_BYTES, options) as body:
                return await body.read()
        except NotFoundError:
            return None
        except ValueError as error:
            raise SnapshotError(f"the executed notebook cannot be asked for: {error}") from None

    @asynccontextmanager
    async def _stream(self, path: str, max_bytes: int | None, options: CallOptions) -> AsyncIterator[Streamed]:
        request = {"url": artifact_url(path, self._base_url), "headers": {"accept": "*/*"}}
        with explained():
            async with self._transport.stream(
                "GET", ARTIFACT_TEMPLATE, request, max_bytes=max_bytes, **options
            ) as body:
                yield body


def artifact_url(path: str, base_url: str) -> str:
    """Give the path to ask for an artifact, percent-encoded exactly once.

    The service gives paths as they are, so a name may hold `#`, `?` or `%20`: sent unquoted they would silently mean
    another file.

    Args:
        path: host-relative path, or a whole address on the service's own origin.
        base_url: address of the service.

    Raises:
        ValueError: it leads to another origin, or has `.` or `..` for a segment.

    Example:
        >>> artifact_url("/notebook/u/n/artifacts/r/50%20off #1.ipynb", "https://datalore.jetbrains.com")
        '/notebook/u/n/artifacts/r/50%2520off%20%231.ipynb'
    """
    if whole := _ADDRESS.match(path):
        if _origin(whole["origin"]) != _origin(base_url):
            raise ValueError(f"artifact path {path!r} leads to another host than {base_url}; the token stays here")
        path = whole["path"].removeprefix(urlsplit(base_url).path)
    if path.startswith("//"):
        raise ValueError(f"artifact path {path!r} leads to another host than {base_url}; the token stays here")
    if {".", ".."} & set(path.split("/")):
        raise ValueError(f"artifact path {path!r} has '.' or '..' in it, which no client sends as it is")
    return quote(path if path.startswith("/") else f"/{path}")


@contextmanager
def explained() -> Iterator[None]:
    """Say of a refused token what Datalore's users need to know."""
    try:
        yield
    except AuthenticationError as error:
        error.args = (f"{error.args[0]}. The token is missing, invalid or expired: see Account settings | API tokens",)
        raise
    except PermissionDeniedError as error:
        error.args = (f"{error.args[0]}. {_FORBIDDEN}",)
        raise


def _read_notebook(content: str | bytes, _notebook_id: str | None) -> Contents:
    return Contents(blocks=read_ipynb(content))


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return origin_of(parts.scheme.lower(), parts.hostname or "", parts.port)
