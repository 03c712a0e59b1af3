"""`client.blocks`: the blocks of a notebook, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from deepnote_async.models import NotebookBlock
from deepnote_async.resources.wire import block_record, enveloped
from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.blocks import create_block, delete_block, get_block, update_block
from deepnote_async_api.types import UNSET


class Blocks:
    """Blocks of notebooks. `client.notebooks.reorder_blocks` moves them.

    https://deepnote.com/docs/api-reference/blocks
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, block_id: str, **options: Unpack[CallOptions]) -> NotebookBlock:
        """Read a block with its settings, which `client.notebooks.get` leaves out.

        Raises:
            NotFoundError: there is no such block.
        """
        request = get_block.build_request(path_id(block_id, "block_id"))
        return block_record(await self._transport.call(get_block, request, _read, **options))

    async def create(
        self,
        notebook_id: str,
        type: str = "code",  # noqa: A002  (the API's own word)
        *,
        content: str | None = None,
        metadata: Mapping[str, object] | None = None,
        integration_id: str | None = None,
        position: int | None = None,
        **options: Unpack[CallOptions],
    ) -> NotebookBlock:
        """Create a block. Sending it twice creates two.

        Args:
            notebook_id: the notebook.
            type: kind of block, such as "code", "sql", "markdown" or "input-text".
            content: its source.
            metadata: its settings; for an input block its variable, value and bounds.
            integration_id: the connection of an sql block.
            position: its place in the notebook, from 0; None puts it at the end.
            **options: see CallOptions.

        Raises:
            BadRequestError: the service does not take this block; its message says why.
            ValueError: the position is negative.
        """
        if position is not None and position < 0:
            raise ValueError(f"position must not be negative, got {position}; leave it out for the end")
        body = wire.CreateBlockBody(
            notebook_id=path_id(notebook_id, "notebook_id"),
            type_=type,
            content=UNSET if content is None else content,
            metadata=UNSET if metadata is None else wire.CreateBlockBodyMetadata.from_dict(metadata),
            integration_id=UNSET if integration_id is None else integration_id,
            position=UNSET if position is None else position,
        )
        request = create_block.build_request(body=body)
        return block_record(await self._transport.call(create_block, request, _read, **options))

    async def update(
        self,
        block_id: str,
        *,
        content: str | None = None,
        integration_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Change the source or the connection of a block; its kind and settings cannot be changed.

        Raises:
            ValueError: neither was given.
            NotFoundError: there is no such block.
        """
        if content is None and integration_id is None:
            raise ValueError("blocks.update takes content, integration_id or both")
        body = wire.UpdateBlockBody(
            content=UNSET if content is None else content,
            integration_id=UNSET if integration_id is None else integration_id,
        )
        request = update_block.build_request(path_id(block_id, "block_id"), body=body)
        await self._transport.acknowledge(update_block, request, **options)

    async def delete(self, block_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a block.

        Raises:
            NotFoundError: there is no such block, perhaps because it was deleted before.
        """
        request = delete_block.build_request(path_id(block_id, "block_id"))
        await self._transport.acknowledge(delete_block, request, **options)


def _read(body: dict[str, Any]) -> wire.Block:
    return wire.GetBlockResponse.from_dict(enveloped(body, "block")).block
