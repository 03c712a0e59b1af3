"""`client.notebooks`: notebooks, their blocks and their inputs."""

from __future__ import annotations

from typing import Any, Unpack

from deepnote_async.models import Notebook
from deepnote_async.resources.wire import notebook_record
from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.notebooks import get_notebook


class Notebooks:
    """Notebooks of the workspace.

    https://deepnote.com/docs/api-reference/notebooks
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, notebook_id: str, **options: Unpack[CallOptions]) -> Notebook:
        """Read a notebook with its blocks and the inputs it declares.

        Args:
            notebook_id: id of the notebook.
            **options: see CallOptions.

        Raises:
            NotFoundError: there is no such notebook, or the token's owner cannot see it.
            BadRequestError: the project is suspended, or the id is not one.
            ValueError: the id cannot be one.

        Example:
            >>> notebook = await client.notebooks.get(notebook_id)
            >>> [declared.name for declared in notebook.inputs]
            ['region', 'n']
        """
        request = get_notebook.build_request(path_id(notebook_id, "notebook_id"))
        return notebook_record(await self._transport.call(get_notebook, request, _read_notebook, **options))


def _read_notebook(body: dict[str, Any]) -> wire.NotebookDetail:
    if "notebook" in body:
        return wire.GetNotebookResponse.from_dict(body).notebook
    return wire.NotebookDetail.from_dict(body)
