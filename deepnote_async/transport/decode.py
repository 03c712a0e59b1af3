"""Read an answer with the generated parser, and say where it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any, TypeVar

import httpx

from deepnote_async.errors import DecodeError
from deepnote_async.transport.limits import MAX_JSON_DEPTH
from deepnote_async.transport.mapping import facts
from deepnote_async.transport.options import CONTEXT_KEY, CallContext

T = TypeVar("T")
JsonObject = Mapping[str, Any]

_READING_ERRORS = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def decode(response: httpx.Response, read: Callable[[dict[str, Any]], T], context: CallContext) -> T:
    """Parse the JSON object of an answer and hand it to a reader, such as the `from_dict` of a generated model.

    Raises:
        DecodeError: it is no JSON object, or the reader could not take it.
    """
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        failure = _error(_not_json(response, error), "", response, context)
    else:
        return _read(document, read, response, context)
    # Raised here and not above: the parser's exception holds the whole body.
    raise failure


def _read(document: object, read: Callable[[dict[str, Any]], T], response: httpx.Response, context: CallContext) -> T:
    _refuse_depth(document, response, context)
    if not isinstance(document, dict):
        raise _error(f"The answer is a JSON {_json_type(document)}, not an object", "", response, context)
    try:
        return read(document)
    except _READING_ERRORS as error:
        pointer = _pointer(document, error)
        trouble = "is missing" if isinstance(error, KeyError) else "cannot be read"
    raise _error(f"{pointer or 'The answer'} {trouble} in the answer", pointer, response, context)


def guarded(parse: Callable[[], T], response: httpx.Response) -> T:
    """Run the parser of a generated function; what it raises becomes the DecodeError that a typed call would raise.

    Raises:
        DecodeError: the answer is not JSON, or not what the parser expects.
    """
    context = response.request.extensions[CONTEXT_KEY]
    try:
        if _may_be_deep(response.content):
            _refuse_depth(json.loads(response.content), response, context)
        return parse()
    except json.JSONDecodeError as error:
        failure = _error(_not_json(response, error), "", response, context)
    except _READING_ERRORS as error:
        frames = _reading_frames(error)
        root = frames[0].f_locals.get("src_dict") if frames else None
        pointer = _pointer(root, error) if isinstance(root, Mapping) else ""
        trouble = "is missing" if pointer and isinstance(error, KeyError) else "cannot be read"
        failure = _error(f"{pointer or 'The answer'} {trouble} in the answer", pointer, response, context)
    raise failure


def refuse_page(response: httpx.Response, context: CallContext) -> None:
    """Raise DecodeError for a web page where an answer of the API, or none, was to come."""
    if "html" in response.headers.get("content-type", "").lower():
        raise _error("The answer is a web page, not one of the API; check base_url", "", response, context)


def _refuse_depth(document: object, response: httpx.Response, context: CallContext) -> None:
    if not _may_be_deep(response.content):
        return
    level = [document]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for node in level for child in _containers_in(node)]
        if not level:
            return
    raise _error(f"The answer is nested more than {MAX_JSON_DEPTH} deep", "", response, context)


def _may_be_deep(content: bytes) -> bool:
    """Whether there are brackets enough; of most answers this glance is all it takes."""
    return content.count(b"{") + content.count(b"[") > MAX_JSON_DEPTH


def _containers_in(node: object) -> list[object]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [value for value in values if isinstance(value, dict | list)]


def _error(message: str, pointer: str, response: httpx.Response, context: CallContext) -> DecodeError:
    error = DecodeError(message, **facts(context, response))
    error.pointer = pointer
    return error


def _not_json(response: httpx.Response, error: Exception) -> str:
    kind = response.headers.get("content-type", "without a content type")
    return f"The answer is not JSON ({kind}, {len(response.content)} bytes): {error}"


def _json_type(value: object) -> str:
    names = {list: "list", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    return names.get(type(value), "value")


def _pointer(document: JsonObject, error: Exception) -> str:
    """Find what a generated `from_dict` failed on: the object its innermost frame was reading, then the field in it."""
    frames = _reading_frames(error)
    if not frames:
        return ""
    base = _path_to(document, frames[-1].f_locals.get("src_dict"))
    if base is None:
        return ""
    field = [str(error.args[0])] if isinstance(error, KeyError) and error.args else _unread_field(frames[-1])
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in [*base, *field])


def _reading_frames(error: Exception) -> list[FrameType]:
    """List the frames of generated `from_dict` methods that an error passed, outermost first."""
    frames = []
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == "from_dict":
            frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return frames


def _path_to(node: object, target: object) -> list[str | int] | None:
    if node is target:
        return []
    children: list[tuple[str | int, object]] = []
    if isinstance(node, Mapping):
        children = list(node.items())
    elif isinstance(node, list):
        children = list(enumerate(node))
    for key, child in children:
        below = _path_to(child, target)
        if below is not None:
            return [key, *below]
    return None


def _unread_field(frame: FrameType) -> list[str]:
    """Name the field that a `from_dict` had taken out of its object, but not yet turned into a local of its own."""
    source, left = frame.f_locals.get("src_dict"), frame.f_locals.get("d")
    if not isinstance(source, Mapping) or not isinstance(left, Mapping):
        return []
    read = {_plain(name) for name in frame.f_locals if not name.startswith("_")}
    return [str(key) for key in source if key not in left and _plain(str(key)) not in read][:1]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
