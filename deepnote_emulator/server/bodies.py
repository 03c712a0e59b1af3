"""Reading JSON bodies as strictly as the contract describes them."""

from __future__ import annotations

import json
from collections.abc import Collection

from aiohttp import web

from deepnote_emulator.documents.plain import check_plain
from deepnote_emulator.server.answers import JsonObject, bad_request, checked_uuid


class Body:
    """A JSON object whose fields are read by kind; a field of another kind is a 400."""

    def __init__(self, fields: JsonObject) -> None:
        self.fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def text(self, name: str, default: str = "", *, may_be_empty: bool = False) -> str:
        """Read a string."""
        value = self.fields.get(name, default)
        if not isinstance(value, str) or (name in self.fields and not value and not may_be_empty):
            bad_request(f"{name} must be a {'' if may_be_empty else 'non-empty '}string")
        return value

    def uuid(self, name: str) -> str:
        """Read a string that is a UUID."""
        return checked_uuid(self.text(name), name)

    def flag(self, name: str) -> bool:
        """Read a boolean, false when it is left out."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            bad_request(f"{name} must be a boolean")
        return value

    def whole(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        """Read a whole number; JSON Schema counts 5.0 among them."""
        value = self.fields.get(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        if not isinstance(value, int) or isinstance(value, bool) or value < least or (most and value > most):
            bad_request(f"{name} must be a whole number {bounds}")
        return value

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Read one of some strings."""
        value = self.fields.get(name, default)
        if not isinstance(value, str) or value not in choices:
            bad_request(f"{name} must be {' or '.join(choices)}")
        return value

    def different_texts(self, name: str) -> tuple[str, ...]:
        """Read a list of at least one string and none twice."""
        value = self.fields[name]
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            bad_request(f"{name} must be a list of at least one string")
        if len(set(value)) != len(value):
            bad_request(f"{name} must not name a block twice")
        return tuple(value)

    def part(self, name: str) -> JsonObject:
        """Read an object, an empty one when it is left out."""
        value = self.fields.get(name, {})
        if not isinstance(value, dict):
            bad_request(f"{name} must be an object")
        return value


async def json_body(request: web.Request, *, required: Collection[str] = (), optional: Collection[str] = ()) -> Body:
    """Read a JSON object with no other fields than the contract's; anything else is a 400."""
    if request.content_type != "application/json":
        bad_request(f"Content-Type must be application/json, not {request.content_type}")
    try:
        fields = json.loads(await request.read())
        check_plain(fields)
    except web.HTTPRequestEntityTooLarge:
        bad_request("The body is too large")
    except (ValueError, RecursionError) as error:
        bad_request(f"The body is not valid JSON: {error}")
    if not isinstance(fields, dict):
        bad_request("The body must be a JSON object")
    check_names(fields, required, optional, "The body")
    return Body(fields)


def check_names(fields: JsonObject, required: Collection[str], optional: Collection[str], where: str) -> None:
    """Refuse an object that lacks fields or has unknown ones."""
    if missing := [name for name in required if name not in fields]:
        bad_request(f"{where} lacks {', '.join(missing)}")
    if unknown := sorted(set(fields) - {*required, *optional}):
        bad_request(f"{where} has unknown fields: {', '.join(unknown)}")


def run_inputs(body: Body) -> JsonObject:
    """Read the inputs of a run or session."""
    inputs = body.part("inputs")
    for name, value in inputs.items():
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not texts and not isinstance(value, str | bool):
            bad_request(f'Input "{name}" must be a string, a boolean or a list of strings')
    return inputs
