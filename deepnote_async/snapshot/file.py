"""A document as a whole: read from text, bytes or a file, and written again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot import emit, yaml12
from deepnote_async.snapshot.display import documents, exported, notebook
from deepnote_async.snapshot.execution import Environment, Execution
from deepnote_async.snapshot.fields import text
from deepnote_async.snapshot.project import Metadata, Project, SnapshotNotebook
from deepnote_async.snapshot.whole import replace_file


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
        replace_file(path, content)

    def to_ipynb(self, notebook_id: str | None = None) -> dict[str, object]:
        """Give a notebook as a Jupyter notebook in nbformat 4.5, ready for `json.dump`.

        Every block becomes a cell: code and SQL with their outputs, inputs as code that sets their variable to the
        value saved, text as Markdown, and what else is executed as a comment with its outputs. Whatever more the
        document says of a block is in the metadata of its cell, under "deepnote". Numbers that are not finite become
        null, as JSON has none.

        Args:
            notebook_id: the notebook; not needed if there is only one.

        Raises:
            ValueError: there is no such notebook, or there are several and no id. The message names them.

        Example:
            >>> document = "project: {notebooks: [{id: n, name: A, blocks: [{id: b, type: code, content: x = 1}]}]}"
            >>> [cell["source"] for cell in Snapshot.parse(document).to_ipynb()["cells"]]
            ['x = 1']
        """
        return notebook.to_ipynb(notebook.source_of(self, notebook.notebook_of(self, notebook_id)))

    def to_html(self, path: str | os.PathLike[str], notebook_id: str | None = None) -> None:
        """Write a notebook to an HTML file: whole, or not at all. A file that is there is replaced.

        It needs nbconvert, from the extra `html`. The page stands alone: it runs no script and fetches nothing,
        whatever the document holds. Of HTML in Markdown and in outputs, text, tables, lists, links, `data:` images and
        plain styles stay; scripts, style sheets, forms, frames, drawings and pictures from elsewhere are taken out,
        and formulas stay LaTeX. Interactive charts are left out unless their output has a picture beside.

        It is synchronous, and takes a second and more: where there is an event loop, call it in a worker thread.

        Args:
            path: the file.
            notebook_id: the notebook; not needed if there is only one.

        Raises:
            ImportError: nbconvert is not installed.
            ValueError: there is no such notebook, or there are several and no id. The message names them.
            OSError: the file cannot be written.
        """
        exported.write_html(path, notebook.source_of(self, notebook.notebook_of(self, notebook_id)))

    def _repr_html_(self) -> str:
        return documents.snapshot_page(self)

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
