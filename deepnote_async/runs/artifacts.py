"""Files a run left on the service, and how to get them."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, Unpack

from attrs import field, frozen

from deepnote_async.transport import CallOptions, Streamed, safe_name, save

_PAGES = {"text/html", "application/xhtml+xml"}


class ArtifactSource(Protocol):
    """What opens the artifacts of a service."""

    def open(self, path: str, **options: Unpack[CallOptions]) -> AbstractAsyncContextManager[Streamed]:
        """Open the file at a path the service named."""
        ...


@frozen(kw_only=True)
class Artifact:
    """A file a run left.

    Attributes:
        name: its name, as the service gives it; not to be trusted as a path.
        path: where the service has it, as the service gives it.

    Example:
        >>> for artifact in result.artifacts:
        ...     print(await artifact.download("outputs"))
    """

    name: str
    path: str = field(repr=False)
    _source: ArtifactSource | None = field(default=None, repr=False, eq=False, alias="source")

    def __reduce__(self) -> tuple[object, ...]:
        # The client, with its token and connections, stays in this process.
        return _elsewhere, (self.name, self.path)

    async def download(
        self, directory: str | os.PathLike[str], *, name: str | None = None, **options: Unpack[CallOptions]
    ) -> Path:
        """Save the file into a folder, whole or not at all, in constant memory.

        Args:
            directory: an existing folder.
            name: name to save it under; default its own. If the folder has such a file already, " (2)" and so on is
                added: nothing is overwritten.
            **options: see CallOptions; `timeout` spans the whole download, so give large files more, or None.

        Raises:
            ValueError: its own name cannot be that of a file in that folder.
            NotFoundError: the service no longer has it.
            CallError: it did not arrive whole.
            OSError: the folder is missing, or the file cannot be written.

        Returns:
            The path of the file.
        """
        target = safe_name(self.name if name is None else name)
        if self._source is None:
            raise RuntimeError(
                f"artifact {self.name!r} was read in another process; read the run again with client.runs.get(run_id)"
            )
        async with self._source.open(self.path, **options) as body:
            if body.content_type in _PAGES and not self.name.lower().endswith((".html", ".htm", ".xhtml")):
                raise body.unexpected(f"A web page came instead of the file {self.name!r}; check base_url and token")
            return await save(body, directory, target)


def _elsewhere(name: str, path: str) -> Artifact:
    return Artifact(name=name, path=path)
