"""The OpenAI-compatible doors, and addresses and methods that nothing answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from lindow import BUILT, UNKNOWN, write_documents
from pydantic import SecretStr

from rag.schema import Answer
from ui.http import create_app
from ui.service import Service

pytest_plugins = ["serving"]


def complete(client, *said, **fields):
    turns = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": t} for n, t in enumerate(said)
    ]
    return client.post("/v1/chat/completions", json={"model": "any", "messages": turns, **fields})


def test_a_completion_holds_the_answer_as_markdown_and_whole(client):
    body = complete(client, BUILT, temperature=0.7, tools=[]).json()
    answer = Answer.model_validate(body["footnote"])
    content = body["choices"][0]["message"]["content"]
    assert (body["object"], body["choices"][0]["finish_reason"]) == ("chat.completion", "stop")
    assert "1871" in content
    assert "[^1]" in content
    assert f"[^{len(answer.citations)}]: " in content
    assert (body["footnote"]["status"], body["footnote"]["text"]) == ("answered", answer.text)


def test_a_refusal_is_a_completion_too(client):
    body = complete(client, UNKNOWN).json()
    assert body["footnote"]["status"] == "not_found"
    assert "[^" not in body["choices"][0]["message"]["content"]


def test_the_turns_before_are_the_conversation(client):
    body = complete(
        client, BUILT, "The lighthouse at Lindow was built in 1871.", "How tall is its tower?"
    )
    assert "43" in body.json()["choices"][0]["message"]["content"]


def test_a_streamed_completion_says_the_same(client):
    whole = complete(client, BUILT).json()
    response = complete(client, BUILT, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    frames = [f.removeprefix("data: ") for f in response.text.split("\n\n") if f]
    assert frames[-1] == "[DONE]"
    chunks = [json.loads(frame) for frame in frames[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    said = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks)
    assert said == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["footnote"]["sentences"] == whole["footnote"]["sentences"]


def test_parts_of_a_message_are_read_as_one(client):
    parts = [{"type": "text", "text": BUILT}, {"type": "image_url", "image_url": {"url": "x"}}]
    turns = [{"role": "system", "content": "Be rude."}, {"role": "user", "content": parts}]
    body = client.post("/v1/chat/completions", json={"messages": turns}).json()
    assert body["footnote"]["question"] == BUILT


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"messages": []}, 422),
        ({"messages": [{"role": "assistant", "content": "Hello"}]}, 400),
        ({"messages": [{"role": "user", "content": "  "}]}, 400),
        ({"messages": [{"role": "user", "content": "x" * 4001}]}, 400),
        ({"messages": "hello"}, 422),
        ({}, 422),
    ],
)
def test_errors_have_openais_shape(client, fields, status):
    response = client.post("/v1/chat/completions", json=fields)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["message"]
    assert error["type"] == "invalid_request_error"


def test_a_missing_key_is_told_in_openais_shape(settings):
    from fastapi.testclient import TestClient

    keyed = settings.model_copy(update={"api_key": SecretStr("sesame")})
    client = TestClient(create_app(Service(keyed)), base_url="http://127.0.0.1")
    response = client.get("/v1/models")
    assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")
    assert response.headers["www-authenticate"]
    assert client.get("/v1/models", headers={"authorization": "Bearer sesame"}).status_code == 200


def test_the_one_model_is_listed(client):
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["footnote"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/nothing", 404, None),
        ("POST", "/v1/documents/a/b", 404, None),
        ("GET", "/v1/answer", 405, "POST"),
        ("PUT", "/v1/documents", 405, "GET, POST"),
        ("POST", "/healthz", 405, "GET"),
        ("DELETE", "/readyz", 405, "GET"),
    ],
)
def test_with_the_page_mounted_the_rest_are_problems(client, service, method, path, status, allow):
    from fastapi.testclient import TestClient

    from ui.web import mount_page

    mounted = TestClient(mount_page(create_app(service), service), base_url="http://127.0.0.1")
    response = mounted.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.headers.get("allow") == allow


def test_a_server_that_can_never_answer_says_so_and_exits(tmp_path):
    data = tmp_path / "data"
    data.write_text("a file where the folder should be")
    documents = write_documents(tmp_path / "documents")
    code = "import sys; from ui.cli import main; sys.argv[0] = 'footnote'; main()"
    arguments = ["serve", "--port", "0", "--documents", str(documents), "--data", str(data)]
    command = [sys.executable, "-c", code, *arguments]
    child = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 3, child.stderr
    assert child.stderr.count(str(data)) == 1
    assert "Traceback" not in child.stderr
