"""The HTTP doors over real documents: answers, documents, and what is refused."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi.testclient import TestClient
from lindow import BUILT, UNKNOWN
from pydantic import SecretStr

from index.readers import SUFFIXES
from index.types import document_id
from rag.schema import Answer
from ui import guard
from ui.guard import UnsafeBinding, check_binding
from ui.http import create_app
from ui.service import Service

pytest_plugins = ["serving"]


def ask(client, question=BUILT, **fields):
    return client.post("/v1/answer", json={"question": question, **fields})


def upload(client, *files, replace=False):
    parts = [("files", (name, content, "text/plain")) for name, content in files]
    return client.post("/v1/documents", files=parts, params={"replace": replace})


def sources(client):
    return {info["source"]: info for info in client.get("/v1/documents").json()["documents"]}


def assert_problem(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert all(word in problem["detail"] for word in words), problem


def events(response):
    for frame in response.text.removesuffix("\n\n").split("\n\n"):
        name, data = frame.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.fixture
def closed(settings):
    """The interface over settings of a test's own, its service not started."""

    def build(**changes):
        app = create_app(Service(settings.model_copy(update=changes)))
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    return build


# -- answers -------------------------------------------------------------------------------


def test_an_answer_quotes_the_stored_text(client, service):
    response = ask(client)
    assert response.status_code == 200
    answer = Answer.model_validate(response.json())
    assert answer.status == "answered"
    assert "1871" in answer.text
    for citation in answer.citations:
        text = service.assistant.index.text(citation.document)
        assert text[citation.start : citation.end] == citation.quote


def test_what_the_documents_do_not_say_is_refused_with_passages(client):
    answer = Answer.model_validate(ask(client, UNKNOWN).json())
    assert (answer.status, answer.sentences) == ("not_found", ())
    assert answer.passages


def test_a_streamed_answer_ends_in_the_answer(client):
    response = ask(client, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    names, data = zip(*events(response), strict=True)
    assert names[:3] == ("status", "status", "status")
    assert "sentence" in names
    whole = ask(client).json()
    assert (names[-1], data[-1]["sentences"]) == ("answer", whole["sentences"])
    assert [d for n, d in zip(names, data, strict=True) if n == "sentence"] == whole["sentences"]


@pytest.mark.parametrize("stream", [False, True])
def test_the_text_of_an_answer_can_be_sent_back_as_history(client, stream):
    response = ask(client, stream=stream)
    first = list(events(response))[-1][1] if stream else response.json()
    assert first["text"] == f"{first['sentences'][0]['text']}[1]"
    said = [{"role": "user", "content": BUILT}, {"role": "assistant", "content": first["text"]}]
    assert "43" in ask(client, "How tall is its tower?", history=said).json()["text"]


def test_an_answer_can_be_limited_to_some_documents(client):
    answer = ask(client, documents=["*.html"]).json()
    assert {passage["source"] for passage in answer["passages"]} == {"harbour.html"}
    assert_problem(ask(client, documents=["*.xyz"]), 422, "*.xyz")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"question": "   "}, "#/question"),
        ({"question": "x" * 4001}, "#/question"),
        ({"question": 5}, "#/question"),
        ({"question": "Why?", "top_k": 51}, "#/top_k"),
        ({"question": "Why?", "history": [{"role": "user", "content": ""}] * 51}, "#/history"),
        ({"question": "Why?", "history": [{"role": "system", "content": ""}]}, "#/history/0/role"),
        ({"question": "Why?", "verbose": True}, "#/verbose"),
    ],
)
def test_a_bad_request_is_told_where_it_is_wrong(client, fields, pointer):
    response = client.post("/v1/answer", json=fields)
    assert_problem(response, 422, pointer)
    assert [flaw["pointer"] for flaw in response.json()["errors"]] == [pointer]


def test_a_body_that_is_not_json_is_a_problem(client):
    headers = {"content-type": "application/json"}
    assert_problem(client.post("/v1/answer", content=b"{bad", headers=headers), 422, "not JSON")
    assert_problem(client.get("/v1/answer"), 405)
    assert_problem(client.get("/v1/nothing"), 404)


def test_one_question_too_many_is_told_to_come_back(service):
    narrow = Service(service.settings, concurrent=1, waiting=0)
    narrow._assistant, _ = service.assistant, narrow._ready.set()
    first = narrow.stream(BUILT)
    next(first)
    busy = ask(TestClient(create_app(narrow), base_url="http://127.0.0.1"))
    assert_problem(busy, 503, "Too many")
    assert busy.headers["retry-after"]
    first.close()
    assert ask(TestClient(create_app(narrow), base_url="http://127.0.0.1")).status_code == 200


@pytest.mark.parametrize("odd", ["\0", "'\"*()^:-", "😀" * 50, "é\u0301 \u202e x", "a " * 1990])
def test_odd_questions_get_an_answer(client, odd):
    answer = Answer.model_validate(ask(client, f"{BUILT[:-1]} {odd}"[:4000]).json())
    assert answer.question


def test_a_question_that_is_not_text_is_refused(client):
    headers = {"content-type": "application/json"}
    lone = client.post("/v1/answer", content=b'{"question": "\\ud800?"}', headers=headers)
    assert_problem(lone, 422, "#/question")


# -- documents -----------------------------------------------------------------------------


def test_a_document_can_be_added_asked_about_and_deleted(client, settings):
    pier = ("pier & crane.md", b"# Pier\n\nThe Lindow pier is 210 metres long.\n")
    stored = upload(client, pier)
    assert stored.status_code == 201, stored.text
    assert stored.json()["stored"] == ["pier & crane.md"]
    assert stored.json()["sync"]["added"] == ["pier & crane.md"]
    assert "210" in Answer.model_validate(ask(client, "How long is the Lindow pier?").json()).text

    found = sources(client)["pier & crane.md"]
    deleted = client.delete(f"/v1/documents/{found['id']}")
    assert deleted.json()["sync"]["deleted"] == ["pier & crane.md"]
    assert not (settings.documents / "pier & crane.md").exists()
    assert "pier & crane.md" not in sources(client)
    assert_problem(client.delete(f"/v1/documents/{found['id']}"), 404, found["id"])


def test_a_document_is_only_replaced_on_request(client, settings):
    upload(client, ("note.txt", b"The note is old."))
    assert_problem(upload(client, ("note.txt", b"The note is new.")), 409, "note.txt", "replace")
    assert (settings.documents / "note.txt").read_bytes() == b"The note is old."
    assert upload(client, ("note.txt", b"The note is new."), replace=True).status_code == 201
    assert (settings.documents / "note.txt").read_bytes() == b"The note is new."
    assert not list(settings.documents.glob(".*"))


def test_of_several_files_all_are_stored_or_none(client, settings):
    fresh, known = ("fresh.txt", b"Fresh."), ("lighthouse.md", b"Again.")
    assert_problem(upload(client, fresh, known), 409, "lighthouse.md")
    assert_problem(upload(client, fresh, fresh), 422, "same name")
    assert_problem(upload(client, fresh, ("fresh.exe", b"")), 415)
    assert not (settings.documents / "fresh.txt").exists()


def test_a_file_that_cannot_be_read_is_stored_and_named(client):
    report = upload(client, ("broken.pdf", b"not a PDF")).json()["sync"]
    assert [skipped["source"] for skipped in report["skipped"]] == ["broken.pdf"]
    assert report["skipped"][0]["reason"]


def test_a_file_that_could_not_be_read_can_be_deleted(client, settings):
    upload(client, ("broken.pdf", b"not a PDF"))
    report = client.delete(f"/v1/documents/{document_id('broken.pdf')}").json()["sync"]
    assert report["skipped"] == []
    assert not (settings.documents / "broken.pdf").exists()
    assert_problem(client.delete(f"/v1/documents/{document_id('broken.pdf')}"), 404)


def test_every_format_that_is_read_can_be_uploaded(client, settings):
    files = [(f"file{suffix}", b"?") for suffix in sorted(SUFFIXES)]
    assert upload(client, *files).json()["stored"] == [name for name, _ in files]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("../escape.md", 422),
        ("folder/inside.md", 422),
        ("back\\slash.md", 422),
        (".hidden.md", 422),
        ("con.md", 422),
        ("a" * 250 + ".md", 422),
        ("program.exe", 415),
        ("none", 415),
    ],
)
def test_a_name_that_is_not_a_plain_file_name_is_refused(client, settings, name, status):
    before = sorted(settings.documents.parent.rglob("*.md"))
    assert_problem(upload(client, (name, b"text")), status)
    assert sorted(settings.documents.parent.rglob("*.md")) == before


def test_a_link_out_of_the_folder_is_neither_written_nor_deleted(client, settings, tmp_path):
    outside = tmp_path / "outside.md"
    outside.write_text("The outside words stay.")
    (settings.documents / "link.md").symlink_to(outside)
    assert_problem(upload(client, ("link.md", b"overwritten"), replace=True), 409)
    (settings.documents / "away").symlink_to(tmp_path)
    client.post("/v1/documents/sync")
    assert_problem(client.delete(f"/v1/documents/{sources(client)['away/outside.md']['id']}"), 409)
    assert outside.read_text() == "The outside words stay."
    (settings.documents / "away").unlink()
    client.delete(f"/v1/documents/{sources(client)['link.md']['id']}")
    assert outside.exists()


def test_requests_are_limited_in_size(client, monkeypatch):
    monkeypatch.setattr(guard, "UPLOAD_LIMIT", 3 * guard.BODY_LIMIT)
    assert_problem(upload(client, ("big.txt", b"x" * (4 * guard.BODY_LIMIT))), 413, "3 MB")
    unannounced = (b" " * 100_000 for _ in range(11))
    headers = {"content-type": "application/json"}
    assert_problem(client.post("/v1/answer", content=unannounced, headers=headers), 413, "1 MB")
    boundary = {"content-type": "multipart/form-data; boundary=b"}
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'
    parts = iter([head, *[b"x" * 1_000_000] * 4, b"\r\n--b--\r\n"])
    assert_problem(client.post("/v1/documents", content=parts, headers=boundary), 413, "3 MB")


# -- health, docs, doors -------------------------------------------------------------------


def test_a_service_that_is_still_loading_says_so(closed):
    client = closed()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert_problem(client.get("/readyz"), 503, "Loading")
    assert_problem(ask(client), 503, "Loading")
    assert_problem(client.get("/v1/documents"), 503)


def test_a_ready_service_says_so(client):
    assert client.get("/readyz").json() == {"phase": "ready", "detail": "Ready"}


def test_the_interface_documents_itself_offline(client):
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "//" not in page.text.replace("http://127.0.0.1", "")


def test_every_response_carries_the_security_headers(client):
    for response in (client.get("/healthz"), client.get("/nothing"), ask(client, "")):
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"])
def test_another_host_name_is_refused(client, host):
    assert_problem(client.get("/healthz", headers={"host": host}), 421)


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1:80", "[::1]:7860", "LOCALHOST"])
def test_the_names_of_this_machine_are_served(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:81"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_another_sites_page_may_not_change_anything(client, headers):
    assert_problem(client.post("/v1/documents/sync", headers=headers), 403)
    assert_problem(client.delete("/v1/documents/x", headers=headers), 403)


def test_the_pages_own_origin_may(client):
    headers = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    assert client.post("/v1/documents/sync", headers=headers).status_code == 200


def test_a_key_is_asked_for_where_one_is_set(closed):
    client = closed(api_key=SecretStr("s3cret-ü"))
    encoded = base64.b64encode("anyone:s3cret-ü".encode()).decode()
    bearer, basic = "Bearer s3cret-ü".encode(), f"Basic {encoded}".encode()
    for wrong in (None, b"Bearer wrong", b"Bearer ", b"Basic !!", b"Digest s3cret-\xc3\xbc"):
        headers = {"authorization": wrong} if wrong else {}
        response = client.get("/v1/documents", headers=headers)
        assert_problem(response, 401)
        assert "Basic" in response.headers["www-authenticate"]
    for right in (bearer, basic):
        assert_problem(client.get("/v1/documents", headers={"authorization": right}), 503)
    assert client.get("/healthz").status_code == 200


def test_the_network_is_not_served_without_a_key(settings):
    open_door = settings.model_copy(update={"host": "0.0.0.0"})
    with pytest.raises(UnsafeBinding, match="FOOTNOTE_API_KEY"):
        create_app(Service(open_door))
    with pytest.raises(UnsafeBinding):
        check_binding(open_door.model_copy(update={"api_key": SecretStr(" ")}))
    check_binding(open_door.model_copy(update={"api_key": SecretStr("key")}))
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        check_binding(settings.model_copy(update={"host": host}))


def test_a_folder_that_is_not_there_is_told_by_readyz(settings, tmp_path):
    lost = settings.model_copy(update={"documents": tmp_path / "lost", "data": tmp_path / "data"})
    service = Service(lost)
    with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
        service._thread.join(120)
        assert_problem(client.get("/readyz"), 503, "there is no folder", "lost")
