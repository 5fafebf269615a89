"""Each provider's real client package, through our writer, over a server that speaks as it does."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack, closing

import pytest
from invariants import assert_keeps_contract
from llama_index.core.llms import ChatMessage
from providers import (
    KEY,
    READ,
    SERVERS,
    WROTE,
    AnthropicServer,
    OllamaServer,
    OpenAIServer,
    ReasoningServer,
)
from pydantic import SecretStr

from rag.schema import Sentence
from rag.writers.endpoints import connect, parse
from rag.writers.tokens import ModelFailed, pieces
from rag.writers.usage import Meter

pytest_plugins = ["scripted_llm"]

OPENED = "When was the Halden bridge opened?"
TRUE = "The Halden bridge was opened in 1904 by the engineer Maria Lopez [1]."
SHOWN = "The Halden bridge was opened in 1904 by the engineer Maria Lopez."
FALSE = "The Halden bridge was opened in 1911 by the king [1]."
ELSEWHERE = {  # what the packages take from the environment, meant for another address
    "OPENAI_API_KEY": "stray-1",
    "OPENAI_ADMIN_KEY": "stray-2",
    "OPENAI_ORG_ID": "stray-3",
    "OPENAI_PROJECT_ID": "stray-4",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/stray-5",
    "OPENAI_API_BASE": "http://127.0.0.1:9/stray-6",
    "ANTHROPIC_API_KEY": "stray-7",
    "ANTHROPIC_AUTH_TOKEN": "stray-8",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/stray-9",
    "OLLAMA_API_KEY": "stray-10",
    "OLLAMA_HOST": "http://127.0.0.1:9/stray-11",
}


@pytest.fixture(autouse=True)
def without_keys(monkeypatch):
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served():
    """``served(kind)``: a server of that kind, for as long as the test runs."""
    with ExitStack() as running:
        yield lambda kind: running.enter_context(closing(kind()))


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.name)
def provider(request, served):
    return served(request.param)


@pytest.fixture
def asking(over, provider):
    """An assistant that writes with the provider, and has its key."""
    return over(provider.llm, llm_api_key=SecretStr(KEY))


def written(served, key=KEY, meter=None):
    """The pieces that a provider's client makes of what the server sends; ours, in a list."""
    model = connect(parse(served.llm), key, 120, None, 99)
    said = [ChatMessage(role="system", content="Be brief."), ChatMessage(content=OPENED)]
    return [piece for piece in pieces(lambda: model, said, 120, 999, meter) if piece is not None]


# -- a whole answer ------------------------------------------------------------------------


def test_an_answer_is_streamed_checked_and_cited(asking, provider, assistant):
    seen = threading.Event()

    def waiting():
        first, last, end = provider.parts(f"{TRUE} {FALSE} It is long", ".")
        yield from first
        assert seen.wait(200)
        yield from (*last, *end)

    provider.script = waiting
    for event in asking.stream(OPENED):
        if isinstance(event, Sentence):
            seen.set()  # the rest is only sent now
    answer = event
    assert_keeps_contract(answer, assistant.index)
    assert (answer.status, answer.writer) == ("answered", f"{provider.name}:{provider.model}")
    assert answer.sentences[0].text == SHOWN
    assert answer.citations[0].quote.startswith("The Halden bridge was opened in 1904")
    assert "1911" in answer.withheld[0].reason
    assert [path for path, *_ in provider.requests] == [provider.path]
    assert answer.usage.calls == 1


def test_a_sentence_that_the_limit_cut_is_dropped(asking, provider):
    provider.says(TRUE, "It is 340 metres", cut=True)
    answer = asking.ask(OPENED)
    assert [sentence.text for sentence in answer.sentences] == [SHOWN]
    assert answer.withheld == ()


def test_an_error_is_told_in_our_words_and_quotes_answer(asking, provider, caplog):
    caplog.set_level(logging.DEBUG)
    provider.refuse(401)
    answer = asking.ask(OPENED)
    assert answer.message.startswith(f"The language model at {provider.url} refused the key; ")
    assert "HTTP 401" in answer.message
    assert "these are quotes instead" in answer.message
    assert (answer.status, answer.writer) == ("answered", "quotes")
    assert "1904" in answer.text
    assert KEY not in answer.model_dump_json() + caplog.text


def test_an_error_in_the_stream_keeps_what_was_shown(asking, provider):
    provider.script = lambda: provider.failing(TRUE, " It is 340 met")
    answer = asking.ask(OPENED)
    assert [sentence.text for sentence in answer.sentences] == [SHOWN]
    assert "reported an error while it wrote; this is what it had written" in answer.message
    assert KEY not in answer.model_dump_json()


# -- the clients ---------------------------------------------------------------------------


def test_tokens_are_counted_as_the_provider_counts_them(provider):
    provider.says(TRUE)
    meter = Meter()
    assert "".join(piece.text for piece in written(provider, meter=meter)) == TRUE
    if provider.name == "openai-like":  # not asked for: another server may refuse the question
        assert meter.usage.estimated
    else:
        usage = meter.usage
        assert (usage.tokens_in, usage.tokens_out, usage.estimated) == (READ, WROTE, False)


def test_an_answer_that_the_limit_cut_says_so(provider):
    provider.says(TRUE)
    assert not any(piece.cut for piece in written(provider))
    provider.says(TRUE, cut=True)
    assert any(piece.cut for piece in written(provider))


@pytest.mark.parametrize(
    ("status", "tries", "words"),
    [
        (401, 1, "refused the key"),
        (404, 1, "does not know the address or the model"),
        (429, 3, "allows no more requests"),
        (500, 3, "failed"),
    ],
)
def test_an_error_is_told_and_asked_again_where_that_may_help(provider, status, tries, words):
    provider.refuse(status)
    with pytest.raises(ModelFailed) as caught:
        written(provider)
    assert words in str(caught.value)
    assert f"(HTTP {status})" in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(provider.requests) == tries


def test_the_key_is_sent_as_the_provider_wants_it_and_never_logged(provider, caplog):
    caplog.set_level(logging.DEBUG)
    provider.says(TRUE)
    written(provider)
    assert provider.keyed(provider.requests[0][1])
    assert KEY not in caplog.text


def test_a_wrong_key_is_told_without_it(provider):
    with pytest.raises(ModelFailed, match="refused the key") as caught:
        written(provider, "another")
    assert "another" not in str(caught.value)


def test_an_address_gets_its_own_key_only(provider, monkeypatch):
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    provider.says(TRUE)
    assert written(provider)
    with pytest.raises(ModelFailed, match="refused the key"):
        written(provider, None)
    assert len(provider.requests) == 2
    assert "stray" not in str(provider.requests)


def test_a_redirect_is_not_followed(provider):
    provider.refuse(404)
    provider.status, provider.headers = 307, {"location": f"{provider.url}/elsewhere"}
    with pytest.raises(ModelFailed, match="HTTP 307"):
        written(provider)
    assert len(provider.requests) == 1


def test_closing_the_answer_closes_the_connection(provider):
    def slowly():
        first, more, _ = provider.parts("It", " is")
        yield from first
        while True:
            yield 0.05
            yield from more

    provider.script = slowly
    model = connect(parse(provider.llm), KEY, 120, None, 99)
    stream = pieces(lambda: model, [ChatMessage(role="system", content="Be brief."),
                                    ChatMessage(content=OPENED)], 120, 9999)  # fmt: skip
    assert any(piece and piece.text for piece in stream)
    stream.close()
    assert provider.broken.wait(60)


def test_anthropics_thoughts_are_no_answer(served):
    def thinking():
        start, block, ping, *rest = provider.frames([TRUE])
        yield start
        thought = {"type": "thinking", "thinking": "", "signature": ""}
        yield provider.event("content_block_start", index=0, content_block=thought)
        for delta in (
            {"type": "thinking_delta", "thinking": FALSE},
            {"type": "signature_delta", "signature": "EqQBCgIYAh"},
        ):
            yield provider.event("content_block_delta", index=0, delta=delta)
        yield provider.event("content_block_stop", index=0)
        yield from (step.replace(b'"index": 0', b'"index": 1') for step in (block, ping, *rest))

    provider = served(AnthropicServer)
    provider.script = thinking
    assert "".join(piece.text for piece in written(provider)) == TRUE


def test_ollamas_thoughts_are_no_answer(served):
    def thinking():
        thought = {"role": "assistant", "content": "", "thinking": FALSE}
        yield provider.line(thought, done=False)
        yield from provider.frames([TRUE])

    provider = served(OllamaServer)
    provider.script = thinking
    assert "".join(piece.text for piece in written(provider)) == TRUE


def test_a_model_of_openais_that_the_package_does_not_know_is_asked(served):
    provider, meter = served(OpenAIServer), Meter()
    provider.model = "gpt-99-new"
    provider.says(TRUE)
    assert written(provider, meter=meter)
    assert meter.usage.tokens_in == READ


@pytest.mark.parametrize("kind", ["openai", "openai-like"])
def test_a_reasoning_model_is_asked_as_it_wants_from_its_first_refusal_on(served, over, kind):
    provider = served(ReasoningServer)
    provider.name = kind
    provider.says(TRUE)
    asking = over(provider.llm, llm_api_key=SecretStr(KEY), llm_max_tokens=99)
    for requests in (3, 4):
        answer = asking.ask(OPENED)
        assert answer.sentences[0].text == SHOWN
        assert answer.message is None
        assert answer.usage.calls == 1
        assert answer.usage.estimated == (kind == "openai-like")
        assert len(provider.requests) == requests
    body = provider.requests[-1][2]
    assert (body["max_completion_tokens"], body["temperature"]) == (99, 1)


def test_a_request_refused_for_another_reason_is_not_put_again(served):
    provider = served(OpenAIServer)
    provider.accepts = lambda headers, body: False
    with pytest.raises(ModelFailed, match="HTTP 400"):
        written(provider)
    assert len(provider.requests) == 1


def test_ollama_needs_no_key(served):
    provider = served(OllamaServer)
    provider.keyed = lambda headers: "authorization" not in headers
    provider.says(TRUE)
    assert written(provider, None)


@pytest.mark.parametrize(
    ("text", "variable", "base"),
    [
        ("openai:gpt-4.1-mini", "OPENAI_API_KEY", "https://api.openai.com/v1/"),
        ("anthropic:claude-sonnet-4-5", "ANTHROPIC_API_KEY", "https://api.anthropic.com"),
    ],
)
def test_a_providers_own_key_goes_to_its_own_address(monkeypatch, text, variable, base):
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(variable, KEY)
    model = connect(parse(text), None, 1, None, 10)
    client = model._client if "anthropic" in text else model._get_client()
    assert client.api_key == KEY == os.environ[variable]
    assert str(client.base_url).rstrip("/") == base.rstrip("/")
    assert not client._client.follow_redirects
