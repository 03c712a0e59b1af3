"""A document as a whole: read from text, bytes or a file, and written again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot import emit, yaml12
from deepnote_async.snapshot.execution import Environment, Execution
from deepnote_async.snapshot.fields import text
from deepnote_async.snapshot.project import Metadata, Project, SnapshotNotebook


@frozen(kw_only=True)
class Snapshot:
    """A `.deepnote` document: a snapshot of a project after a run, or a project without one.

    What stands in the document beyond these attributes is in the `raw` of its part, and is written again.

    Attributes:
        notebooks: every notebook of the project; only the one that ran has fresh outputs.
        raw: the document as YAML 1.2 reads it.
        version: version of the document's format.
        project: the project with its notebooks.
        metadata: when and by what the document was made.
        environment: where the notebook ran; None if the document has no such section.
        execution: the execution; None if the document has no such section, and so is no snapshot.
    """

    notebooks: tuple[SnapshotNotebook, ...]
    raw: Mapping[str, Any] = field(repr=False)
    version: str = ""
    project: Project
    metadata: Metadata = field(factory=Metadata, repr=False)
    environment: Environment | None = field(default=None, repr=False)
    execution: Execution | None = None

    @classmethod
    def parse(cls, document: str | bytes) -> Self:
        """Read a document; a large one takes a second or two, so call it in a worker thread where there is a loop.

        Args:
            document: its text, or its bytes in UTF-8, or in UTF-16 with a byte order mark.

        Raises:
            SnapshotError: it is not YAML 1.2, hostile, or no snapshot.

        Example:
            >>> snapshot = Snapshot.parse("project: {id: p, name: Sales, notebooks: []}")
            >>> snapshot.project.name
            'Sales'
        """
        return cls._of(yaml12.load(document))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file; see `parse`.

        Raises:
            SnapshotError: it is not YAML 1.2, hostile, or no snapshot.
            OSError: the file cannot be read.
        """
        with Path(path).open("rb") as file:
            # One byte more than is allowed is enough to find a file too large.
            return cls.parse(file.read(yaml12.MAX_CHARACTERS + 1))

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Self:
        """Make one of a document's content, which is copied.

        Raises:
            SnapshotError: it has no `project.notebooks`, or holds what a document cannot: other values than text,
                numbers, true, false and null, mappings and lists, or more of them than is read again.
        """
        return cls._of(emit.plain_copy(document))

    def to_dict(self) -> dict[str, Any]:
        """Give the content of the document, with what is unknown here, as a copy of one's own.

        Raises:
            SnapshotError: it was changed, and holds now what a document cannot.
        """
        return emit.plain_copy(self.raw)

    def to_yaml(self) -> str:
        """Write the document as YAML 1.2, so that `parse` and Deepnote's own tools read the same values from it.

        Raises:
            SnapshotError: it was changed, and holds now what a document cannot.
        """
        return emit.dump(self.raw)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the document to a file: whole, or not at all. A file that is there is replaced.

        Raises:
            SnapshotError: it was changed, and holds now what a document cannot.
            OSError: the file cannot be written.
        """
        content = self.to_yaml().encode()
        if len(content) > yaml12.MAX_CHARACTERS:
            raise SnapshotError(f"the document has a length of {len(content)}, more than {yaml12.MAX_CHARACTERS}")
        target = Path(path)
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    @property
    def init_notebook(self) -> SnapshotNotebook | None:
        """The notebook that runs before every other one, if the project has one."""
        init_id = self.project.init_notebook_id
        return None if init_id is None else self.notebook(init_id)

    def notebook(self, notebook_id: str | None) -> SnapshotNotebook | None:
        """Find a notebook by id; without an id, the only one there is."""
        if notebook_id is None:
            return self.notebooks[0] if len(self.notebooks) == 1 else None
        return next((notebook for notebook in self.notebooks if notebook.id == notebook_id), None)

    @classmethod
    def _of(cls, raw: object) -> Self:
        project = raw.get("project") if isinstance(raw, Mapping) else None
        notebooks = project.get("notebooks") if isinstance(project, Mapping) else None
        if not isinstance(raw, Mapping) or not isinstance(project, Mapping) or not isinstance(notebooks, list):
            raise SnapshotError("the document has no project.notebooks, so it is no snapshot")
        read = Project.from_dict(project)
        metadata, environment, execution = (raw.get(key) for key in ("metadata", "environment", "execution"))
        return cls(
            notebooks=read.notebooks,
            raw=raw,
            version=text(raw.get("version")),
            project=read,
            metadata=Metadata.from_dict(metadata) if isinstance(metadata, Mapping) else Metadata(),
            environment=Environment.from_dict(environment) if isinstance(environment, Mapping) else None,
            execution=Execution.from_dict(execution) if isinstance(execution, Mapping) else None,
        )
