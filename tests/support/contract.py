"""Judge requests and answers by openapi.yaml, with a JSON Schema validator that the project did not write."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """Load the contract with every reference replaced by what it names."""
    raw = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target)
        return {key: resolve(value) for key, value in node.items()}

    resolved: dict[str, Any] = resolve(raw)
    return resolved


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """List method, path template and operation object of every operation."""
    return [
        (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def operation_of(method: str, path: str) -> dict[str, Any]:
    """Find the operation that a request belongs to."""
    for candidate, template, operation in operations():
        pattern = re.sub(r"\\{[^}]*\\}|\{[^}]*\}", "[^/]+", template)
        if candidate == method and re.fullmatch(pattern, path):
            return operation
    raise AssertionError(f"the contract has no operation {method} {path}")


def check_answer(response: httpx.Response) -> None:
    """Assert that an answer has a documented status and a body of its schema."""
    raw_path = response.request.url.raw_path.decode().partition("?")[0]
    operation = operation_of(response.request.method, raw_path)
    documented = operation["responses"]
    status = str(response.status_code)
    assert status in documented, f"{operation['operationId']} answered {status}, which the contract does not list"
    content = documented[status].get("content")
    if content is None:
        assert response.content == b""
        return
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    _validate(json.loads(response.content), content["application/json"]["schema"])


def check_request(request: httpx.Request) -> None:
    """Assert that a request has only documented query parameters and a body of its schema."""
    path = request.url.raw_path.decode().partition("?")[0]
    operation = operation_of(request.method, path)
    item = next(
        item for item in document()["paths"].values() if operation in item.values()
    )  # parameters of the path count too
    parameters = {p["name"]: p for p in [*item.get("parameters", []), *operation.get("parameters", [])]}
    for name, value in request.url.params.items():
        assert name in parameters, f"{operation['operationId']} has no query parameter {name}"
        schema = parameters[name]["schema"]
        _validate(json.loads(value) if schema.get("type") in {"integer", "boolean", "number"} else value, schema)
    if "requestBody" in operation:
        _validate(json.loads(request.content), operation["requestBody"]["content"]["application/json"]["schema"])
    else:
        assert request.content == b""


def _validate(value: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)
