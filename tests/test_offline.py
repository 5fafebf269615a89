"""Nothing leaves this machine: everything is used in a child process that is watched."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from lindow import BUILT, write_documents

TESTS = Path(__file__).parent
GUARD = TESTS / "network_guard"
PACKAGES = ("index", "rag", "ui", "evals")
SWITCHES = ("hf_", "transformers_", "gradio_", "anonymized_", "footnote_", "http_", "https_")


@pytest.fixture
def attempts_of(tmp_path):
    """Run Python code in a watched child process; return what it tried to reach, and its output."""
    noted = tmp_path / "attempts"
    env = {name: v for name, v in os.environ.items() if not name.lower().startswith(SWITCHES)}
    path = os.pathsep.join(map(str, (GUARD, TESTS, TESTS.parent)))
    env |= {"PYTHONPATH": path, "NETWORK_ATTEMPTS": str(noted)}

    def run(code, *arguments):
        child = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        attempts = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
        return attempts, child

    return run


def test_nothing_touches_the_network(attempts_of, tmp_path):
    code = "import sys, test_offline; test_offline.use_everything(sys.argv[1])"
    attempts, child = attempts_of(code, tmp_path)
    assert child.returncode == 0, child.stderr
    assert attempts == []


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80), 1)",
        "socket.socket().connect_ex(('192.0.2.1', 80))",
        "socket.getaddrinfo('example.org', 443)",
        "socket.gethostbyname('example.org')",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))",
        "urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
        "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
        "subprocess.run([sys.executable, '-c', 'import socket; "
        'socket.create_connection(("192.0.2.1", 80), 1)\'], check=True)',
    ],
)
def test_the_guard_sees_and_stops_an_attempt(attempts_of, attempt):
    modules = "import asyncio, socket, subprocess, sys, urllib.request"
    attempts, child = attempts_of(f"{modules}\n{attempt}")
    assert child.returncode != 0
    assert len(attempts) == 1
    assert "192.0.2.1" in attempts[0] or "example.org" in attempts[0]


def test_the_guard_lets_this_machine_talk_to_itself(attempts_of):
    attempts, child = attempts_of(
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(('localhost', server.getsockname()[1])).close()"
    )
    assert (child.returncode, attempts) == (0, []), child.stderr


# -- in the child process ------------------------------------------------------------------


def use_everything(base: str) -> None:
    """Import every module, index documents, ask in Python, serve the page and ask over HTTP."""
    from rag import Assistant, Settings

    for name in modules():
        import_module(name)
    settings = Settings(documents=write_documents(Path(base, "documents")), data=Path(base, "data"))
    with Assistant.open(settings) as assistant:
        assert len(assistant.sync().added) == 3
        assert "1871" in assistant.ask(BUILT).text
    serve_and_ask(settings)


def modules() -> list[str]:
    """Return the name of every module, but of those that run the program when imported."""
    names = []
    for package in PACKAGES:
        found = pkgutil.walk_packages(import_module(package).__path__, f"{package}.")
        names += [module.name for module in found if not module.name.endswith(".__main__")]
    return names


def serve_and_ask(settings) -> None:
    from ui.server import address_of, bind, build_server
    from ui.service import Service

    service = Service(settings)
    with bind("127.0.0.1", 0) as listener:
        server = build_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = address_of(listener)
        with urlopen(address, timeout=60) as page:
            assert b"Footnote" in page.read()
        assert service.wait(120), service.state
        body = json.dumps({"question": BUILT}).encode()
        request = Request(f"{address}/v1/answer", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            assert json.load(response)["status"] == "answered"
        server.should_exit = True
        thread.join(30)
