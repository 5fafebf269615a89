"""Chroma servers on loopback: a real one, and one that hangs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import httpx

HEARTBEAT = "/api/v2/heartbeat"
IDENTITY = "/api/v2/auth/identity"
TENANT = "/api/v2/tenants/default_tenant"

# What the command ``chroma run`` does, without the second that its imports take; on Linux it ends
# with who started it, however that ended.
_RUN = """
import ctypes, sys
import chromadb_rust_bindings
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
chromadb_rust_bindings.cli(["chroma", "run", *sys.argv[1:]])
"""


class NotServing(RuntimeError):
    """The server ended, or does not answer."""


class Server:
    """``chroma run`` on a port of its own; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.process: subprocess.Popen | None = None

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it answers; raises NotServing if it does not in time."""
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--path", str(self.folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *place],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}{HEARTBEAT}", timeout=1).is_success:
                    return
            time.sleep(0.01)
        self.kill()
        raise NotServing(self.url)

    def kill(self) -> None:
        """End it as a crash does; it does not matter whether it runs."""
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def stuck_server(answered: Sequence[str]) -> Iterator[tuple[str, Event]]:
    """Serve an address where only the paths ``answered`` are; Chroma hangs so on a full disk.

    All others wait until the event is set.
    """
    over = Event()

    class Handler(BaseHTTPRequestHandler):
        def __getattr__(self, name):
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def answer(self):
            if self.path not in answered:
                over.wait()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(
                b'{"user_id": "", "tenant": "default_tenant", "databases": ["default_database"]}'
            )

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", over
    finally:
        over.set()
        server.shutdown()
        server.server_close()
