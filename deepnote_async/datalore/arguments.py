"""What users pass, checked and brought into the form the API takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from datalore_async_api import models as wire
from deepnote_async.transport import origin_of, path_id

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""A value that JSON can hold."""


def notebook_id_from(notebook: object, base_url: str) -> str:
    """Give the id the Run API takes, "user/notebook", out of itself or of the notebook's address in the browser.

    Args:
        notebook: "user/notebook" or `https://{host}/notebook/{user}/{notebook}`, with or without more behind it.
        base_url: address of the service; an address must be on the same host.

    Raises:
        TypeError: it is not a string.
        ValueError: it is neither, or an address on another host.

    Example:
        >>> notebook_id_from("https://datalore.jetbrains.com/notebook/u1/n1/?force=1", "https://datalore.jetbrains.com")
        'u1/n1'
    """
    if not isinstance(notebook, str):
        raise TypeError(f"notebook_id must be a string, not {type(notebook).__name__}")
    if "://" in notebook:
        user, name = _from_address(notebook, base_url)
    else:
        user, slash, name = notebook.partition("/")
        if not slash or "/" in name:
            raise ValueError(f"notebook_id {notebook!r} must be 'user/notebook', or the notebook's address")
    return f"{path_id(user, 'the user of notebook_id')}/{path_id(name, 'the notebook of notebook_id')}"


def parameters_from(parameters: Mapping[str, Json]) -> list[wire.RunParameter]:
    """Give the parameters of a run as the API's list, each value just as it is.

    Raises:
        TypeError: a name is no string, or a value is nothing JSON can hold.
        ValueError: a value holds NaN, infinity, half of a surrogate pair, or itself.
    """
    if not isinstance(parameters, Mapping):
        raise TypeError(f"parameters takes a mapping of names to values, not {type(parameters).__name__}")
    for name, value in parameters.items():
        _check_text(name, "the name of a parameter")
        try:
            _check(value, f"parameter {name!r}")
        except RecursionError:
            raise ValueError(f"parameter {name!r} is nested too deeply, or holds itself") from None
    return [wire.RunParameter(name=name, value=value) for name, value in parameters.items()]


def _from_address(address: str, base_url: str) -> tuple[str, str]:
    parts, base = urlsplit(address), urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or _machine(address) != _machine(base_url):
        raise ValueError(f"notebook_id {address!r} is on another host than {base_url}, where this client would run it")
    segments = parts.path.removeprefix(base.path).split("/")
    if len(segments) < 4 or segments[:2] != ["", "notebook"]:  # noqa: PLR2004  ("", "notebook", user, notebook)
        raise ValueError(f"notebook_id {address!r} must look like {base_url}/notebook/USER/NOTEBOOK")
    return unquote(segments[2]), unquote(segments[3])


def _machine(address: str) -> tuple[str, int | None]:
    parts = urlsplit(address)
    _scheme, host, port = origin_of(parts.scheme, parts.hostname or "", parts.port)
    return host, port


def _check(value: object, where: str) -> None:
    match value:
        case None | bool() | int():
            return
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where}: {value} is not a number JSON can hold")
        case str():
            _check_text(value, where)
        case list() | tuple():
            for index, item in enumerate(value):
                _check(item, f"{where}[{index}]")
        case dict():
            for key, item in value.items():
                _check_text(key, f"a key of {where}")
                _check(item, f"{where}[{key!r}]")
        case _:
            raise TypeError(f"{where}: JSON cannot hold a {type(value).__name__}; pass text, a number or a list")


def _check_text(value: object, where: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{where} must be a string, not {type(value).__name__}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{where} holds half of a surrogate pair")
