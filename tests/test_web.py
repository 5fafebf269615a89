"""The page without a browser: what is served, what is not, and what its handlers show."""

from __future__ import annotations

import http.client
import json
import os
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from lindow import BUILT, UNKNOWN
from sample_answers import answered, refused
from starlette.routing import Mount

from ui.service import Service
from ui.web import Conversation, Page

pytest_plugins = ["serving"]

SECRET = "the canary sings at midnight"


@pytest.fixture(scope="module")
def ready(service, address):
    assert service.wait(120), service.state
    return service


@pytest.fixture(scope="module")
def page(ready):
    return Page(ready)


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.txt"
    path.write_text(SECRET)
    return path


def paths_of(routes, prefix=""):
    for route in routes:
        if isinstance(route, Mount):
            yield from paths_of(route.routes, prefix + route.path.rstrip("/"))
        else:
            yield prefix + route.path


def fetch(address, path, method="GET", body=None):
    """Request ``path`` as it is written; a client library would tidy it up first."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    headers = {"content-type": "application/json"} if body else {}
    connection.request(method, path, body, headers)
    try:
        return connection.getresponse().read(1_000_000)
    except TimeoutError:
        return b""
    finally:
        connection.close()


def test_no_route_serves_a_file_from_outside(address, ready, canary):
    app = httpx.get(f"{address}/openapi.json").json()["paths"]
    gradio = [f"/gradio_api/{name}" for name in ("file=", "file/", "proxy=", "stream/", "runs/")]
    bases = [*app, *gradio, "/", "/assets/", "/static/", "/svelte/", "/config/", "/v1/documents/"]
    target = str(canary)
    climb = "../" * 12 + target.lstrip("/")
    for base in bases:
        base = base.partition("{")[0]
        for name in (target, target.lstrip("/"), climb, quote(climb, safe=""), f"file://{target}"):
            body = fetch(address, f"{base}{name}")
            assert SECRET.encode() not in body, base
            assert SECRET.encode() not in fetch(address, f"{base}?path={quote(name)}&file={name}")


def test_no_event_of_the_page_fetches_a_file_from_outside(address, ready, canary):
    file = {"path": str(canary), "meta": {"_type": "gradio.FileData"}, "orig_name": "canary.txt"}
    events = len(httpx.get(f"{address}/config").json()["dependencies"])
    for number in range(events):
        call = {"data": [file] * 3, "fn_index": number, "session_hash": f"canary{number}"}
        fetch(address, "/gradio_api/queue/join", "POST", json.dumps(call))
        with httpx.stream(
            "GET", f"{address}/gradio_api/queue/data?session_hash=canary{number}", timeout=5
        ) as response:
            for line in response.iter_lines():
                assert SECRET not in line
                if "process_completed" in line or "close_stream" in line:
                    break
    cache = Path(os.environ.get("GRADIO_TEMP_DIR", Path(tempfile.gettempdir()) / "gradio"))
    assert not [p for p in cache.rglob("canary*") if p.is_file()]


def test_gradios_own_checks_are_on(ready):
    from ui.http import create_app
    from ui.web import mount_page

    app = mount_page(create_app(Service(ready.settings)), ready)
    (mount,) = [route for route in app.routes if isinstance(route, Mount)]
    blocks = mount.app.get_blocks()
    assert blocks.has_launched
    assert not blocks.allowed_paths
    assert not blocks.show_error
    assert not blocks.enable_queue or blocks._queue.max_size == 64


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=x"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1/"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/monitoring"),
        ("POST", "/login"),
        ("GET", "/redoc"),
    ],
)
def test_what_the_page_does_not_need_is_closed(address, method, path):
    assert httpx.request(method, f"{address}{path}").status_code == 404


def test_the_page_is_up_before_the_model_is_loaded(settings):
    from fastapi.testclient import TestClient

    from ui.http import create_app
    from ui.web import mount_page

    idle = Service(settings)
    app = mount_page(create_app(idle), idle)
    page = TestClient(app, base_url="http://127.0.0.1").get("/")
    assert page.status_code == 200
    assert "Loading the model" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_a_question_goes_through_its_steps_to_a_panel(page):
    conversation = Conversation()
    *steps, (talk, panel, _, kept), last = page._ask(BUILT, conversation)
    assert any("Searching" in shown[0] for shown in steps)
    assert 'href="#cite-0-1"' in talk
    assert "1871" in panel
    assert "<mark>" in panel
    assert len(kept.answers) == 1
    assert last[2].submit_btn == "Ask"


def test_an_older_answer_is_found_again(page):
    conversation = Conversation([answered(), refused()])

    class Followed:
        turn = 0

    assert 'id="cite-0-2"' in page._cite(conversation, Followed)
    Followed.turn = 7
    assert "earlier visit" in page._cite(conversation, Followed)
    Followed.turn = "0"
    assert "earlier visit" in page._cite(conversation, Followed)


def test_follow_ups_are_asked_with_what_was_said(page):
    conversation = Conversation()
    list(page._ask(BUILT, conversation))
    list(page._ask("How tall is its tower?", conversation))
    first, second = conversation.answers
    assert "43" in second.text
    assert [m.role for m in conversation.history()] == ["user", "assistant"] * 2
    assert conversation.history()[0].content == first.question


def test_an_empty_question_is_not_asked(page):
    conversation = Conversation()
    list(page._ask("  \n", conversation))
    assert not conversation.answers


def test_a_question_that_cannot_be_answered_says_why(ready):
    narrow = Service(ready.settings, concurrent=1, waiting=0)
    narrow._assistant, _ = ready.assistant, narrow._ready.set()
    held = narrow.stream(UNKNOWN)
    next(held)
    conversation = Conversation()
    *_, (talk, *_), _ = Page(narrow)._ask(BUILT, conversation)
    assert 'role="alert">Too many questions' in talk
    assert not conversation.answers
    held.close()


def test_a_service_that_failed_says_why_on_the_page(settings, tmp_path):
    lost = Service(settings.model_copy(update={"documents": tmp_path / "lost"}))
    lost.settings = lost.settings.model_copy(update={"data": tmp_path / "data"})
    lost.start()
    lost._thread.join(120)
    page = Page(lost)
    assert "there is no folder" in page._status()
    *_, (talk, *_), _ = page._ask(BUILT, Conversation())
    assert "there is no folder" in talk
    lost.close()


def test_reindexing_tells_each_step_and_the_result(page, settings):
    (settings.documents / "mill.md").write_text("# Mill\n\nThe Lindow mill was sold in 1950.\n")
    *steps, (status, documents, report) = page._sync()
    assert any("Reading" in step[2] for step in steps)
    assert "mill.md" in documents
    assert "1 added" in report
    assert "4 documents" in status


def test_a_server_stops_while_it_is_still_loading(settings, tmp_path):
    service = Service(settings.model_copy(update={"data": tmp_path / "data"}))
    service.start()
    closing = threading.Thread(target=service.close)
    closing.start()
    closing.join(120)
    assert not closing.is_alive()
    assert not service.ready or service._assistant is None
