"""FOOTNOTE_LLM: what it may say, and what is said where it cannot be used."""

import pytest
from pydantic import ValidationError

from rag import Settings
from rag.errors import BadModel
from rag.writers.endpoints import Endpoint, connect, parse


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("bundled", Endpoint("bundled", "SmolLM2-135M-Instruct")),
        (
            "openai-like:http://127.0.0.1:8080/v1#a/b:c",
            Endpoint("openai-like", "a/b:c", "http://127.0.0.1:8080/v1"),
        ),
        ("ollama:llama3.2:1b", Endpoint("ollama", "llama3.2:1b", "http://127.0.0.1:11434")),
        ("ollama:http://box:1#m", Endpoint("ollama", "m", "http://box:1")),
        (" openai:gpt-4.1-mini ", Endpoint("openai", "gpt-4.1-mini")),
        ("anthropic:claude-sonnet-4-5", Endpoint("anthropic", "claude-sonnet-4-5")),
    ],
)
def test_one_setting_names_provider_address_and_model(text, endpoint):
    assert parse(text) == endpoint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gpt-4", "no provider"),
        ("openai:", "name of a model"),
        ("openai-like:http://127.0.0.1:8080/v1", "name of a model"),
        ("openai-like:127.0.0.1:8080#m", "http://"),
        ("openai-like:ftp://host/v1#m", "http://"),
        ("openai-like:http://host:99999999/v1#m", "http://"),
        ("bundled:other", "no provider"),
        ("openai-like:http://me:sesame@host/v1#m", "FOOTNOTE_LLM_API_KEY"),
        ("openai-like:http://host/v1?key=sesame#m", "FOOTNOTE_LLM_API_KEY"),
    ],
)
def test_a_bad_setting_says_why_and_gives_an_example(text, why):
    with pytest.raises(ValidationError) as caught:
        Settings(llm=text)
    problem = caught.value.errors()[0]["msg"]
    assert why in problem
    assert "openai-like:http://127.0.0.1:8080/v1#model" in problem or "password" in problem
    assert "sesame" not in problem


def test_a_key_is_only_taken_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "footnote.toml").write_text('llm = "openai:m"\nllm_api_key = "sesame"\n')
    with pytest.raises(ValueError, match="FOOTNOTE_LLM_API_KEY") as caught:
        Settings()
    assert "sesame" not in str(caught.value)
    (tmp_path / "footnote.toml").write_text('llm = "openai:m"\n')
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", "sesame")
    settings = Settings()
    assert settings.llm == "openai:m"
    assert settings.llm_api_key.get_secret_value() == "sesame"
    assert "sesame" not in repr(settings)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BadModel, match="OPENAI_API_KEY"):
        connect(parse("openai:gpt-4.1-mini"), None, 1, None, 10)
    monkeypatch.setattr("rag.writers.endpoints.find_spec", lambda name: None)
    with pytest.raises(BadModel, match=r"\[llm-ollama\]"):
        connect(parse("ollama:m"), None, 1, None, 10)
