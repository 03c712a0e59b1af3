"""A small HTTP service and a small HTTP proxy on loopback, in threads: they serve asyncio and trio alike."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from attrs import define, field

Head = tuple[str, dict[str, str]]
"""The first line of a request, and its headers by lower-case name."""

_SECONDS = 20.0
"""What a connection may take before a test is given up."""


class Stream(Protocol):
    """What a head can be read from."""

    def readline(self) -> bytes: ...
    def read(self, size: int, /) -> bytes | None: ...


@define
class Peer:
    """A server under test conditions.

    Attributes:
        port: where it listens, on 127.0.0.1.
        seen: the heads of the requests it has read.
        arrived: set when the first one has been read.
        ending: set when the test is over; whoever hangs waits for it.
    """

    port: int = 0
    seen: list[Head] = field(factory=list)
    arrived: threading.Event = field(factory=threading.Event)
    ending: threading.Event = field(factory=threading.Event)

    def read(self, stream: Stream) -> Head | None:
        """Read the head of a request and drop its body; None at the end of the connection."""
        line = stream.readline().decode("latin-1").strip()
        if not line:
            return None
        headers = {}
        while text := stream.readline().decode("latin-1").strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        stream.read(int(headers.get("content-length", "0")))
        self.seen.append((line, headers))
        self.arrived.set()
        return line, headers


Serve = Callable[[Peer, socket.socket], None]


@contextmanager
def serving(serve: Serve) -> Iterator[Peer]:
    """Serve each connection in a thread of its own, on a free port of the loopback interface."""
    peer = Peer()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(_SECONDS)
            with suppress(OSError):
                serve(peer, self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        peer.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield peer
        finally:
            peer.ending.set()
            server.shutdown()
            thread.join()


def answering(body: bytes, tls: ssl.SSLContext | None = None, status: str = "200 OK") -> Serve:
    """Make a service that answers every request alike and keeps its connections."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"

    def serve(peer: Peer, raw: socket.socket) -> None:
        with tls.wrap_socket(raw, server_side=True) if tls is not None else raw as connection:
            stream = connection.makefile("rb")
            while peer.read(stream) is not None:
                connection.sendall(head.encode() + body)

    return serve


def silent(peer: Peer, connection: socket.socket) -> None:
    """Take a connection and say nothing until the test is over."""
    stream = connection.makefile("rb")
    peer.read(stream)
    peer.ending.wait(_SECONDS)


def hanging_up(peer: Peer, connection: socket.socket) -> None:
    """Read a request and close the connection."""
    stream = connection.makefile("rb")
    peer.read(stream)


def forwarding(target: Peer, credentials: str | None = None) -> Serve:
    """Make a proxy whose every road leads to one service, whatever host is asked for.

    Args:
        target: the service.
        credentials: what Proxy-Authorization must hold.
    """

    def serve(peer: Peer, connection: socket.socket) -> None:
        stream = connection.makefile("rb", buffering=0)  # what follows CONNECT is not for the proxy to read
        request = peer.read(stream)
        if request is None:
            return
        line, headers = request
        if credentials is not None and headers.get("proxy-authorization") != credentials:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", target.port), _SECONDS) as upstream:
            if line.startswith("CONNECT "):
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, url, version = line.split()
                path = "/" + url.split("/", 3)[3]
                upstream.sendall(f"{method} {path} {version}\r\nhost: {headers['host']}\r\n\r\n".encode())
            _relay(connection, upstream)

    return serve


def _relay(left: socket.socket, right: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(right, left))
    back.start()
    _pump(left, right)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
