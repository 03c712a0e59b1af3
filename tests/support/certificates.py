"""A certificate authority of our own, made with the `openssl` command for the length of a test session."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from attrs import frozen

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@frozen
class Authority:
    """An authority that has issued one server certificate.

    Attributes:
        server: TLS settings of a server that shows the certificate.
        trusting: TLS settings of a client that trusts the authority.
    """

    server: ssl.SSLContext
    trusting: ssl.SSLContext


def make_authority(folder: Path, host: str) -> Authority:
    """Make an authority and let it issue a certificate for a host; skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command to make certificates with")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S607

    (folder / "names").write_text(
        f"basicConstraints=critical,CA:false\nsubjectAltName=DNS:{host}\nauthorityKeyIdentifier=keyid\n"
    )
    openssl("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
            "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    openssl("req", *_KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Authority(server, ssl.create_default_context(cafile=folder / "ca.pem"))
