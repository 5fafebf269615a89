"""The server: a socket, the page and the HTTP interface on it, and an orderly end."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from rag.settings import Settings
from ui.errors import explain
from ui.guard import check_binding
from ui.http import create_app
from ui.service import Service, is_lasting
from ui.web import mount_page

_GRACE = 2  # seconds that open connections get when the server stops


def serve(settings: Settings, open_browser: bool, tell: Callable[[str], None]) -> None:
    """Serve the page and the HTTP interface until interrupted.

    The page is up before the model is loaded. ``tell`` is called with the address.

    Raises:
        UnsafeBinding: if the settings would serve the network without a key.
        FileNotFoundError: if there is no documents folder.
        OSError: if the address cannot be bound, in use for instance, or the data folder used.
        IndexLocked, IndexUnusable, BadModel, ModelUnusable: if the assistant can never be opened
            as it is set.
    """
    check_binding(settings)
    if not settings.documents.is_dir():
        raise FileNotFoundError(
            f"there is no folder {settings.documents}; create it and put your documents in, or "
            "name another one with --documents"
        )
    with bind(settings.host, settings.port) as listener:
        service = Service(settings, on_failure=lambda error: _failed(server, error, tell))
        server = build_server(service)
        address = address_of(listener)
        tell(f"Footnote is at {address} (Ctrl+C stops it)")
        if open_browser and _has_display():
            threading.Timer(1, webbrowser.open, [address]).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if service.failure and is_lasting(service.failure):
        raise service.failure


def _failed(server: uvicorn.Server, error: Exception, tell: Callable[[str], None]) -> None:
    """Stop where nothing can help but a person; else stay, and say on the page what happened."""
    if is_lasting(error):
        server.should_exit = True
    else:
        tell(f"Footnote cannot answer: {explain(error)}")


def build_server(service: Service) -> uvicorn.Server:
    """Return a server for the page and the HTTP interface over ``service``."""
    app = mount_page(create_app(service), service)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
        limit_concurrency=256,
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        OSError: if the address cannot be bound; the message names it and says what to do.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        unknown = isinstance(error, socket.gaierror)
        remedy = "check --host" if unknown else "choose another port with --port"
        raise OSError(f"cannot listen on {host}:{port} ({error.strerror}); {remedy}") from error


def address_of(listener: socket.socket) -> str:
    """Return the address a browser on this machine reaches ``listener`` by."""
    host, port = listener.getsockname()[:2]
    names = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return f"http://{names.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def _has_display() -> bool:
    """Without one, Linux would open a browser in the terminal that runs the server."""
    return sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
