"""A model that a setting names and that cannot be loaded: what is said of it, at every door."""

from __future__ import annotations

import sys

import pytest
from fastapi.testclient import TestClient
from lindow import BUILT, write_documents
from pair_models import write_pair_model

from index.embedder import SentenceEmbedding
from index.models import ModelUnusable, why_unloaded
from rag.errors import BadModel
from rag.pairs import PairModel
from rag.settings import Settings
from ui import cli
from ui.http import create_app
from ui.service import Service, is_lasting
from ui.web import Conversation, Page


def no_folder(folder):
    return folder / "nowhere"


def no_home(folder):
    return "~no-one-at-all/model"


def no_name(folder):
    return " "


def not_cached(folder):
    return "no-one/has-this"


def a_file(folder):
    path = folder / "model.gguf"
    path.write_text("GGUF")
    return path


def no_model(folder):
    return folder


def whole(folder):
    write_pair_model(folder, ["LABEL_0"], (0.0,))
    return folder


def cut_weights(folder):
    weights = whole(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:999])
    return folder


def no_weights(folder):
    (whole(folder) / "model.safetensors").unlink()
    return folder


def garbled(folder):
    (whole(folder) / "config.json").write_text("{")
    return folder


WHY = [
    (no_folder, "is not there: there is no such folder; give a folder"),
    (no_home, "is not there: there is no such folder; give a folder"),
    (no_name, "is no name; give a folder"),
    (not_cached, "is neither a folder nor in the hub's cache, and nothing is downloaded; give"),
    (a_file, "is a file, not the folder it lies in; give"),
    (no_model, "holds no model: there is no config.json in it; give"),
    (cut_weights, "cannot be loaded (SafetensorError: "),
    (no_weights, "cannot be loaded (OSError: "),
    (garbled, "cannot be loaded (OSError: "),
]


@pytest.mark.parametrize(("make", "why"), WHY)
def test_an_embedding_model_that_does_not_load_is_told_with_the_reason(tmp_path, make, why):
    name = str(make(tmp_path))
    with pytest.raises(ModelUnusable) as caught:
        SentenceEmbedding(name=name).load()
    assert str(caught.value).startswith(f"FOOTNOTE_EMBEDDING_MODEL={name!r} {why}")
    assert "unset it to use the packaged all-MiniLM-L6-v2" in str(caught.value)


@pytest.mark.parametrize(("make", "why"), WHY)
def test_a_model_of_pairs_that_does_not_load_is_told_with_the_reason(tmp_path, make, why):
    name = str(make(tmp_path)).strip()
    with pytest.raises(BadModel) as caught:
        PairModel(name, "FOOTNOTE_RERANKER").load()
    assert str(caught.value).startswith(f"FOOTNOTE_RERANKER={name!r} {why}")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_a_model_too_large_for_this_machine_is_not_called_damaged(tmp_path, error):
    assert why_unloaded(str(whole(tmp_path)), error).startswith("does not fit into memory; close")


def test_a_package_that_a_model_needs_is_named(tmp_path):
    error = ImportError("requires the protobuf library")
    assert "protobuf library); install it" in why_unloaded(str(whole(tmp_path)), error)


# -- at the doors --------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path):
    documents = write_documents(tmp_path / "documents")
    named = "no-one/has-this"
    return Settings(documents=documents, data=tmp_path / "data", embedding_model=named)


COMMANDS = [["index"], ["ask", BUILT], ["serve", "--port", "0"], ["eval", "--limit", "1"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_terminal_says_so_in_a_line_and_exits_with_3(settings, monkeypatch, capsys, command):
    monkeypatch.setenv("FOOTNOTE_EMBEDDING_MODEL", settings.embedding_model)
    monkeypatch.setenv("FOOTNOTE_DOCUMENTS", str(settings.documents))
    monkeypatch.setenv("FOOTNOTE_DATA", str(settings.data))
    monkeypatch.setattr(sys, "argv", ["footnote", *command])
    with pytest.raises(SystemExit) as exited:
        cli.main()
    err = capsys.readouterr().err
    assert exited.value.code == 3
    assert "Traceback" not in err
    *_, line = err.splitlines()
    assert line.startswith("footnote")
    assert ": FOOTNOTE_EMBEDDING_MODEL='no-one/has-this' is neither a folder" in line


def test_the_page_and_the_interface_say_so(settings, caplog):
    service = Service(settings)
    service.start()
    service._thread.join(120)
    said = "FOOTNOTE_EMBEDDING_MODEL='no-one/has-this' is neither a folder"
    assert is_lasting(service.failure)
    assert "Traceback" not in caplog.text
    *_, (talk, *_), _ = Page(service)._ask(BUILT, Conversation())
    assert "no-one/has-this" in talk
    client = TestClient(create_app(service), base_url="http://127.0.0.1")
    for response in (client.get("/readyz"), client.post("/v1/answer", json={"question": BUILT})):
        assert response.status_code == 503
        assert said in response.json()["detail"]
    service.close()
