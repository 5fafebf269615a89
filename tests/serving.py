"""Three small documents, and the doors open on them: in-process and on a real socket.

The model, the index and the server are the real ones. Use with ``pytest_plugins = ["serving"]``.
"""

from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient
from lindow import write_documents

from rag.settings import Settings

READY = 120  # seconds the model may take to load on a busy machine


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("served")
    return Settings(documents=write_documents(base / "documents"), data=base / "data")


@pytest.fixture(scope="module")
def service(settings):
    from ui.service import Service

    return Service(settings)


@pytest.fixture(scope="module")
def client(service):
    """The HTTP interface in-process, ready."""
    from ui.http import create_app

    app = create_app(service)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert service.wait(READY), service.state
        yield client


@pytest.fixture(scope="module")
def address(service):
    """Address of a real server with the page, on a free port; it may still be loading."""
    from ui.server import address_of, bind, build_server

    with bind("127.0.0.1", 0) as listener:
        server = build_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield address_of(listener)
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
