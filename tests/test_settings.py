"""Settings: arguments, then the environment, then footnote.toml, then defaults."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rag import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to start from, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FOOTNOTE_{name.upper()}", raising=False)
    return tmp_path


def test_the_defaults_are_those_of_the_design():
    settings = Settings()
    assert (settings.documents, settings.data) == (Path("documents"), Path(".footnote"))
    assert (settings.host, settings.port, settings.api_key) == ("127.0.0.1", 7860, None)


def test_arguments_go_before_the_environment_and_that_before_the_file(folder, monkeypatch):
    (folder / "footnote.toml").write_text('port = 1\ntop_k = 1\nhost = "file"\n')
    monkeypatch.setenv("FOOTNOTE_PORT", "2")
    monkeypatch.setenv("FOOTNOTE_TOP_K", "2")
    settings = Settings(port=3)
    assert (settings.port, settings.top_k, settings.host) == (3, 2, "file")


def test_a_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("FOOTNOTE_API_KEY", "swordfish")
    settings = Settings()
    assert settings.api_key.get_secret_value() == "swordfish"
    assert "swordfish" not in f"{settings!r}{settings.model_dump_json()}"


@pytest.mark.parametrize("toml", ["prot = 1", "port = 'many'", "port = 65536", "top_k = 0"])
def test_a_file_that_does_not_fit_is_refused_by_its_key(folder, toml):
    (folder / "footnote.toml").write_text(toml)
    with pytest.raises(ValidationError, match=toml.split()[0]):
        Settings()


@pytest.mark.parametrize(("name", "value"), [("PORT", "-1"), ("TOP_K", "51"), ("PORT", "http")])
def test_an_environment_that_does_not_fit_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("FOOTNOTE_EMBEDDING_MODEL", "")
    monkeypatch.setenv("FOOTNOTE_API_KEY", "")
    settings = Settings()
    assert settings.embedding_model == "all-MiniLM-L6-v2"
    assert settings.api_key is None


def test_the_large_reader_is_used_where_it_was_installed(folder, monkeypatch):
    monkeypatch.setattr("rag.settings.LARGE_READER", folder / "mpnet")
    assert Settings().reader is None
    (folder / "mpnet").mkdir()
    assert Settings().reader is None  # nothing in it
    (folder / "mpnet" / "config.json").touch()
    assert Settings().reader == str(folder / "mpnet")
    for said in ("small", " Small "):
        monkeypatch.setenv("FOOTNOTE_READER", said)
        assert Settings().reader is None
    assert Settings(reader="elsewhere").reader == "elsewhere"


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1
