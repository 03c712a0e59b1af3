"""Blocks one by one.

https://deepnote.com/docs/api-reference/blocks
"""

from __future__ import annotations

import uuid

from aiohttp import web

from deepnote_emulator.documents import BlockSource, NotebookSource
from deepnote_emulator.server.answers import STATE, JsonObject, answer, bad_request, check_query, no_content
from deepnote_emulator.server.bodies import json_body
from deepnote_emulator.server.lookups import block_of_path, notebook_named

INTEGRATION = "sql_integration_id"
"""Where a document keeps the integration of an SQL block; the API has a field of its own for it."""
_OPTIONAL = ("content", "metadata", "integrationId", "position", "includeNotebookBlockIds")


async def create_block(request: web.Request) -> web.Response:
    """Create a block; a run that is started later executes it."""
    check_query(request)
    body = await json_body(request, required=("notebookId", "type"), optional=_OPTIONAL)
    kind, content = body.text("type"), body.text("content", may_be_empty=True)
    metadata = body.part("metadata")
    integration = body.uuid("integrationId") if "integrationId" in body else None
    position = body.whole("position", 0, least=0)
    tell_all = body.flag("includeNotebookBlockIds")
    notebook = notebook_named(request, body.text("notebookId"))
    if INTEGRATION in metadata:
        bad_request(f"metadata.{INTEGRATION} is not allowed; use integrationId")
    if integration:
        _check_takes_integration(kind)
        metadata = metadata | {INTEGRATION: integration}
    block = BlockSource.of(
        {
            "blockGroup": str(uuid.uuid4()),
            "content": content,
            "id": uuid.uuid4().hex,
            "metadata": metadata,
            "sortingKey": "",  # set with the order
            "type": kind,
            "version": 1,
        }
    )
    blocks = list(notebook.blocks)
    blocks.insert(min(position, len(blocks)) if "position" in body else len(blocks), block)
    notebook = request.app[STATE].projects.set_blocks(notebook, blocks)
    answered: JsonObject = {"block": _block(notebook, block)}
    if tell_all:
        answered["notebookBlockIds"] = [block.id for block in notebook.blocks]
    return answer(answered, 201)


async def get_block(request: web.Request) -> web.Response:
    """Read a block with its metadata."""
    check_query(request)
    return answer({"block": _block(*block_of_path(request))})


async def update_block(request: web.Request) -> web.Response:
    """Change the content or the integration of a block."""
    check_query(request)
    body = await json_body(request, optional=("content", "integrationId"))
    content = body.text("content", may_be_empty=True)
    integration = body.uuid("integrationId") if "integrationId" in body else None
    if not body.fields:
        bad_request("The body must have content or integrationId")
    notebook, block = block_of_path(request)
    raw = block.raw | {"version": block.version + 1}
    if "content" in body:
        raw["content"] = content
    if integration:
        _check_takes_integration(block.type)
        raw["metadata"] = block.metadata | {INTEGRATION: integration}
    changed = BlockSource.of(raw)
    request.app[STATE].projects.set_blocks(
        notebook, [changed if other.id == block.id else other for other in notebook.blocks]
    )
    return answer({"block": {"id": changed.id, "version": changed.version}})


async def delete_block(request: web.Request) -> web.Response:
    """Delete a block."""
    check_query(request)
    notebook, block = block_of_path(request)
    request.app[STATE].projects.set_blocks(notebook, [other for other in notebook.blocks if other.id != block.id])
    return no_content()


def _check_takes_integration(kind: str) -> None:
    if kind != "sql":
        bad_request(f"integrationId is for sql blocks, not for {kind} blocks")


def _block(notebook: NotebookSource, block: BlockSource) -> JsonObject:
    integration = block.metadata.get(INTEGRATION)
    return {
        "id": block.id,
        "notebookId": notebook.id,
        "type": block.type,
        "content": block.content,
        "metadata": {name: value for name, value in block.metadata.items() if name != INTEGRATION},
        "integrationId": integration if isinstance(integration, str) else None,
        "version": block.version,
    }
