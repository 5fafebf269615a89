"""What a run tells of the system it was of: enough to tell two apart, and nothing private."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from evals.peers import CitationEngine
from evals.systems import Footnote, without_folders
from rag import Settings
from rag.writers.endpoints import parse


def system(kind=Footnote, **given):
    settings = Settings(**given)
    index = SimpleNamespace(documents=lambda: [])
    return kind(SimpleNamespace(settings=settings, index=index))


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "jane"
    (home / "models" / "judge").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


@pytest.mark.parametrize("kind", [Footnote, CitationEngine])
def test_a_run_tells_no_path_address_or_key(home, kind):
    given = {
        "documents": home / "papers",
        "data": home / "index",
        "chroma_url": "http://jane.example:8000",
        "embedding_model": str(home / "models" / "encoder"),
        "reader": str(home / "models" / "larger"),
        "reranker": "~/models/order/",
        "checker": "models/judge",
        "llm": "openai-like:http://127.0.0.1:8000/v1#/home/jane/models/writer/",
        "api_key": SecretStr("jane-1"),
        "llm_api_key": SecretStr("jane-2"),
    }
    settings = system(kind, **given).settings
    assert "jane" not in str(settings)
    names = [settings[name] for name in ("embedding_model", "reader", "reranker", "checker")]
    assert names == ["encoder", "larger", "order", "judge"]
    assert settings["llm"] == "openai-like:http://127.0.0.1:8000/v1#writer"
    assert parse(settings["llm"]).name == parse(given["llm"]).name == "openai-like:writer"


def test_settings_that_name_no_model_of_ones_own_stay_as_they_are():
    settings = system().settings
    assert (settings["embedding_model"], settings["reranker"]) == ("all-MiniLM-L6-v2", None)
    assert settings["llm"] is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
        ("cross-encoder/ms-marco", "cross-encoder/ms-marco"),
        (" cross-encoder/ms-marco ", "cross-encoder/ms-marco"),
        ("models/judge", "judge"),
        ("models/judge/", "judge"),
        ("./models/judge/../judge", "judge"),
        ("/srv/jane/judge", "judge"),
        ("not/there/judge", "judge"),
    ],
)
def test_a_model_is_told_without_its_folders(home, given, told):
    assert without_folders(given) == told


def test_rows_are_kept_apart_for_models_in_folders_of_one_name(home):
    one, other = (system(reranker=f"/{place}/judge") for place in ("old", "new"))
    assert one.settings == other.settings
    assert one.depends_on != other.depends_on


def test_rows_are_taken_over_when_the_folders_moved(home):
    one, other = (system(documents=home / p, data=home / p / "data") for p in ("old", "new"))
    assert one.depends_on == other.depends_on
