"""Judge requests and answers by a contract, with a JSON Schema validator that the project did not write."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parent.parent.parent
METHODS = {"get", "post", "put", "patch", "delete"}


class Contract:
    """A contract of the project, by the path of its document."""

    def __init__(self, document: str) -> None:
        self._path = ROOT / document

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document with every reference replaced by what it names."""
        raw = yaml.safe_load(self._path.read_text(encoding="utf-8"))

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

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """List method, path template and operation object of every operation."""
        return [
            (method.upper(), path, operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        ]

    def operation_of(self, method: str, path: str) -> dict[str, Any]:
        """Find the operation that a request belongs to; the path is percent-encoded and without a query."""
        for candidate, template, operation in self.operations():
            if candidate == method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
                return operation
        raise AssertionError(f"the contract has no operation {method} {path}")

    def knows(self, method: str, path: str) -> bool:
        """Whether a request belongs to an operation of the contract."""
        try:
            return bool(self.operation_of(method, path))
        except AssertionError:
            return False

    def check_answer(self, response: httpx.Response) -> None:
        """Assert that an answer has a documented status, and a documented media type or a body of its schema."""
        operation = self.operation_of(response.request.method, _path_of(response.request))
        documented = operation["responses"]
        status = str(response.status_code)
        assert status in documented, f"{operation['operationId']} answered {status}, which the contract does not list"
        content = documented[status].get("content")
        if content is None:
            assert response.content == b""
            return
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in content
        if kind == "application/json":
            _validate(json.loads(response.content), content[kind]["schema"])

    def check_request(self, request: httpx.Request) -> None:
        """Assert that a request has only documented query parameters and a body of its schema."""
        operation = self.operation_of(request.method, _path_of(request))
        item = next(item for item in self.document["paths"].values() if operation in item.values())
        parameters = {p["name"]: p for p in [*item.get("parameters", []), *operation.get("parameters", [])]}
        for name, value in request.url.params.items():
            assert name in parameters, f"{operation['operationId']} has no query parameter {name}"
            schema = parameters[name]["schema"]
            is_text = schema.get("type") not in {"integer", "boolean", "number"}
            _validate(value if is_text else json.loads(value), schema)
        if "requestBody" in operation:
            _validate(json.loads(request.content), operation["requestBody"]["content"]["application/json"]["schema"])
        else:
            assert request.content == b""


def _path_of(request: httpx.Request) -> str:
    return request.url.raw_path.decode().partition("?")[0]


def _validate(value: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


DEEPNOTE = Contract("openapi.yaml")
DATALORE = Contract("datalore/openapi.yaml")

operations = DEEPNOTE.operations
operation_of = DEEPNOTE.operation_of
check_answer = DEEPNOTE.check_answer
check_request = DEEPNOTE.check_request


def document() -> dict[str, Any]:
    """Give Deepnote's contract."""
    return DEEPNOTE.document
