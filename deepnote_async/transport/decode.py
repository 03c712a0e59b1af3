"""Read an answer with the generated parser, and say where it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any, TypeVar

import httpx

from deepnote_async.errors import DecodeError
from deepnote_async.transport.mapping import facts
from deepnote_async.transport.options import CallContext

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
        kind = response.headers.get("content-type", "without a content type")
        raise _error(
            f"The answer is not JSON ({kind}, {len(response.content)} bytes): {error}", "", response, context
        ) from None
    if not isinstance(document, dict):
        raise _error(f"The answer is a JSON {_json_type(document)}, not an object", "", response, context)
    try:
        return read(document)
    except _READING_ERRORS as error:
        pointer = _pointer(document, error)
        trouble = "is missing" if isinstance(error, KeyError) else "cannot be read"
    raise _error(f"{pointer or 'The answer'} {trouble} in the answer", pointer, response, context)


def _error(message: str, pointer: str, response: httpx.Response, context: CallContext) -> DecodeError:
    error = DecodeError(message, **facts(context, response))
    error.pointer = pointer
    return error


def _json_type(value: object) -> str:
    names = {list: "list", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    return names.get(type(value), "value")


def _pointer(document: JsonObject, error: Exception) -> str:
    """Find what a generated `from_dict` failed on: the object its innermost frame was reading, then the field in it."""
    frames = [frame for frame in _frames(error.__traceback__) if frame.f_code.co_name == "from_dict"]
    if not frames:
        return ""
    model, source = frames[-1].f_locals.get("cls"), frames[-1].f_locals.get("src_dict")
    base = _path_to(document, source)
    if base is None:
        return ""
    field = _missing_key(error) or _unreadable_key(model, source)
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in [*base, *field])


def _frames(traceback: TracebackType | None) -> list[FrameType]:
    frames = []
    while traceback is not None:
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


def _missing_key(error: Exception) -> list[str]:
    return [str(error.args[0])] if isinstance(error, KeyError) and error.args else []


def _unreadable_key(model: Any, source: object) -> list[str]:
    """Leave one field out at a time: without the unreadable one the complaint is another, or none."""
    if not isinstance(source, Mapping):
        return []
    for key in source:
        try:
            model.from_dict({name: value for name, value in source.items() if name != key})
        except KeyError as error:
            if error.args and error.args[0] == key:
                return [str(key)]
        except _READING_ERRORS:
            continue
        else:
            return [str(key)]
    return []
