"""Servers on loopback for tests of object storage: a real S3-compatible one, and one that misbehaves."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

MOTO = os.environ.get("CONTACTREP_MOTO_SERVER") or shutil.which("moto_server")
"""moto's server. It needs another python-dateutil than the newest, so it has an environment of its own:
`python -m venv .venv-s3 && .venv-s3/bin/pip install ".[s3-server]"`."""

needs_moto = pytest.mark.skipif(
    MOTO is None, reason="no moto_server: set CONTACTREP_MOTO_SERVER to the one in an environment of its own"
)


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a running S3-compatible server."""
    assert MOTO
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [MOTO, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=1).close()  # noqa: S310 - our own server
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return


class Misbehaving(ThreadingHTTPServer):
    """A web server of one file, `body`, whose next answers have the faults of `faults`: a status code, `cut`
    (half of the body and no more), `change` (another ETag), `unsized` (no length), or `stall` (nothing).
    """

    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = body
        self.faults: list[int | str] = []
        self.requests: list[str] = []
        self.addresses: list[str] = []
        self.over = Event()
        self.etag = '"1"'

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Misbehaving

    def do_GET(self) -> None:
        server = self.server
        server.requests.append(self.headers.get("Range", "whole"))
        server.addresses.append(self.path)
        fault = server.faults.pop(0) if server.faults else None
        if fault == "stall":
            server.over.wait(30)
            return
        if fault == "change":
            server.etag = '"2"'
        match = self.headers.get("If-Match")
        if match and (match != server.etag or match.startswith("W/")):
            fault = 412
        if isinstance(fault, int):
            self.send_response(fault)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        if fault != "unsized":
            self.send_header("Content-Length", str(len(server.body)))
        self.send_header("ETag", server.etag)
        self.end_headers()
        self.wfile.write(server.body[: len(server.body) // 2] if fault == "cut" else server.body)
        if fault == "cut":
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def misbehaving(body: bytes) -> Iterator[Misbehaving]:
    """A running Misbehaving."""
    with Misbehaving(body) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
