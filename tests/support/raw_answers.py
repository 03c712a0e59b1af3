"""Whole answers as bytes: what breaks parsers of HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def _for_ever(piece: bytes) -> Iterable[bytes]:
    return itertools.repeat(piece)


def _after(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def edge_cases() -> dict[str, Iterable[bytes]]:
    """Give the pieces of each answer by its name; some never end."""
    return {
        "nothing": [],
        "one byte": [b"H"],
        "no HTTP": [b"SSH-2.0-OpenSSH_9.0\r\n"],
        "HTTP/0.9": [b'{"run": {}}'],
        "HTTP/2 preface": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
        "HTTP/9.9": [b"HTTP/9.9 200 OK\r\n\r\n"],
        "NUL in the status line": [b"HTTP/1.1 200 O\0K\r\ncontent-length: 0\r\n\r\n"],
        "status of two digits": [b"HTTP/1.1 20 OK\r\n\r\n"],
        "status of four digits": [b"HTTP/1.1 2000 OK\r\n\r\n"],
        "status that is no number": [b"HTTP/1.1 abc OK\r\n\r\n"],
        "status 999": [b"HTTP/1.1 999 Huh\r\ncontent-length: 0\r\n\r\n"],
        "reason in latin-1": [b"HTTP/1.1 500 \xfcbel\r\ncontent-length: 0\r\n\r\n"],
        "reason of 100 kB": [b"HTTP/1.1 500 " + b"A" * 100_000 + b"\r\ncontent-length: 0\r\n\r\n"],
        "header of 100 kB": [OK + b"x-request-id: " + b"A" * 100_000 + b"\r\ncontent-length: 0\r\n\r\n"],
        "header name of 100 kB": [OK + b"A" * 100_000 + b": 1\r\n\r\n"],
        "100,000 headers": [OK + b"a: b\r\n" * 100_000 + b"\r\n"],
        "endless headers": _after(OK, _for_ever(b"x-more: and more\r\n" * 100)),
        "endless header": _after(OK + b"x-more: ", _for_ever(b"A" * 4096)),
        "endless status line": _after(b"HTTP/1.1 200 ", _for_ever(b"A" * 4096)),
        "folded header": [OK + b"x-request-id: a\r\n b\r\n\tc\r\ncontent-length: 2\r\n\r\n{}"],
        "header without a colon": [OK + b"hello\r\ncontent-length: 0\r\n\r\n"],
        "header without a name": [OK + b": hello\r\ncontent-length: 0\r\n\r\n"],
        "NUL in a header": [OK + b"x-request-id: a\0b\r\ncontent-length: 0\r\n\r\n"],
        "bare carriage return": [OK + b"x-request-id: a\rb\r\ncontent-length: 0\r\n\r\n"],
        "header not in UTF-8": [b"HTTP/1.1 404 No\r\nx-request-id: \xff\xfe\r\ncontent-length: 0\r\n\r\n"],
        "line feeds alone": [b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}"],
        "negative length": [OK + b"content-length: -1\r\n\r\n{}"],
        "length that is no number": [OK + b"content-length: ten\r\n\r\n{}"],
        "length of 5000 digits": [OK + b"content-length: " + b"9" * 5000 + b"\r\n\r\n{}"],
        "two lengths": [OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}x"],
        "length and chunks": [OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
        "more than announced": [OK + b"content-length: 2\r\n\r\n{}{}{}"],
        "less than announced": [OK + b"content-length: 20\r\n\r\n{}"],
        "chunk size that is no number": [CHUNKED + b"ZZ\r\n{}\r\n"],
        "chunk of negative size": [CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n"],
        "chunk of giant size": [CHUNKED + b"F" * 40 + b"\r\n{}\r\n"],
        "chunk without an end": [CHUNKED + b"2\r\n{}XX0\r\n\r\n"],
        "chunks without the last": [CHUNKED + b"2\r\n{}\r\n"],
        "endless chunk extension": _after(CHUNKED + b"2;", _for_ever(b"x" * 4096)),
        "endless trailers": _after(CHUNKED + b"0\r\n", _for_ever(b"x-more: 1\r\n" * 100)),
        "unknown transfer encoding": [OK + b"transfer-encoding: rot13\r\n\r\n{}"],
        "gzip that is none": [OK + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"],
        "1000 times 100 Continue": [b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + OK + b"content-length: 2\r\n\r\n{}"],
        "100 Continue for ever": _for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        "103 Early Hints and no more": [b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"],
        "101 Switching Protocols": [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhi"],
        "204 with a body": [b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}"],
        "304 to a fresh request": [b"HTTP/1.1 304 Not Modified\r\n\r\n"],
        "redirect to nowhere": [b"HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n"],
        "redirect to no port": [b"HTTP/1.1 302 Found\r\nlocation: http://h:port/\r\ncontent-length: 0\r\n\r\n"],
    }  # fmt: skip
