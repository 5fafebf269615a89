"""The language model writer: over a real llama.cpp server, and over endpoints that misbehave."""

from __future__ import annotations

import logging
import time

import pytest
from invariants import assert_keeps_contract
from pydantic import SecretStr
from scripted_llm import DONE, delta, endless

from rag.schema import Answer, Sentence, Stage
from rag.writers import bundled
from rag.writers.endpoints import parse

pytest_plugins = ["scripted_llm"]

OPENED = "When was the Halden bridge opened?"
TRUE = "The Halden bridge was opened in 1904 by the engineer Maria Lopez [1]."
FALSE = "The Halden bridge was opened in 1911 by the king [1]."


def asked(endpoint):
    return endpoint.requests[-1][2]


def test_openais_key_is_not_sent_elsewhere(over, endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")
    endpoint.says(TRUE)
    over(endpoint.llm).ask(OPENED)
    assert "sesame" not in str(endpoint.requests)
    over(endpoint.llm, llm_api_key=SecretStr("own")).ask(OPENED)
    assert endpoint.requests[-1][1]["authorization"] == "Bearer own"


# -- what is shown -------------------------------------------------------------------------


def test_supported_sentences_are_shown_and_others_withheld(over, endpoint, assistant):
    endpoint.says(TRUE, FALSE, "It is 340 metres long.[1] [9]")
    answer = over(endpoint.llm).ask(OPENED)
    assert_keeps_contract(answer, assistant.index)
    assert [s.text for s in answer.sentences] == [
        "The Halden bridge was opened in 1904 by the engineer Maria Lopez.",
        "It is 340 metres long.",
    ]
    assert [s.citations for s in answer.sentences] == [(1,), (2,)]
    assert answer.citations[1].quote == "It is 340 metres long."
    assert "1911" in answer.withheld[0].reason
    assert (answer.status, answer.writer) == ("answered", "openai-like:m")
    assert len(endpoint.requests) == 1


def test_a_sentence_without_or_with_a_wrong_marker_gets_its_span(over, endpoint):
    endpoint.says("The bridge was opened in 1904.", "The repairs cost 2.5 million crowns [3].")
    answer = over(endpoint.llm).ask(OPENED)
    quotes = [c.quote for c in answer.citations]
    assert quotes[0].startswith("The Halden bridge was opened in 1904")
    assert quotes[1] == "The repairs cost 2.5 million crowns."


def test_a_citation_spans_the_sentences_that_support_together(over, endpoint, assistant):
    endpoint.says("The Halden bridge was opened in 1904 and is 340 metres long [1].")
    answer = over(endpoint.llm).ask(OPENED)
    assert_keeps_contract(answer, assistant.index)
    assert [c.quote for c in answer.citations] == [
        "The Halden bridge was opened in 1904 by the engineer Maria Lopez. It is 340 metres long."
    ]


def test_sentences_are_streamed_as_they_are_completed(over, endpoint):
    endpoint.script = lambda: iter([delta(TRUE), delta(" It is long"), 1.5, delta("."), DONE])
    asked = over(endpoint.llm)
    asked.load()  # the clock is the endpoint's, not the models'
    started, times = time.monotonic(), {}
    for event in asked.stream(OPENED):
        times.setdefault(type(event), time.monotonic() - started)
        assert not isinstance(event, Answer) or event.sentences[0].text.endswith("Lopez.")
    assert times[Answer] - times[Sentence] > 1


def test_what_answers_nothing_is_withheld(over, endpoint):
    endpoint.says("The repairs cost 2.5 million crowns [1].")
    answer = over(endpoint.llm).ask(OPENED)
    assert "no answer to the question" in answer.withheld[0].reason
    assert answer.writer == "quotes"


@pytest.mark.parametrize(
    "text",
    [
        "The document ends with the Halden bridge, opened in 1904 by the engineer Maria Lopez [1].",
        "It is a summary of the Halden bridge, opened in 1904 by the engineer Maria Lopez [1].",
    ],
)
def test_what_speaks_of_the_text_is_withheld(over, endpoint, text):
    endpoint.says(text)
    answer = over(endpoint.llm).ask(OPENED)
    assert answer.writer == "quotes"
    assert "speaks of the text" in answer.withheld[0].reason


def test_a_document_that_the_question_speaks_of_may_be_spoken_of(over, endpoint):
    endpoint.says("The Halden bridge of the document was opened in 1904 by Maria Lopez [1].")
    answer = over(endpoint.llm).ask("When was the Halden bridge of the document opened?")
    said = [*answer.withheld, *answer.sentences]
    assert said
    assert not any("speaks of the text" in (sentence.reason or "") for sentence in said)


def test_if_nothing_survives_the_answer_is_quotes_and_says_so(over, endpoint, assistant):
    endpoint.says(FALSE)
    answer = over(endpoint.llm).ask(OPENED)
    assert answer.sentences == assistant.ask(OPENED).sentences
    assert (answer.status, answer.writer) == ("answered", "quotes")
    assert "these are quotes instead" in answer.message
    assert len(answer.withheld) == 1
    assert_keeps_contract(answer, assistant.index)


@pytest.mark.parametrize(
    "text",
    ["The documents don't say.", "The passages do not mention this.", "I don't know."],
)
def test_a_models_refusal_is_a_refusal(over, endpoint, text):
    endpoint.says(text)
    answer = over(endpoint.llm).ask(OPENED)
    assert (answer.status, answer.sentences, answer.withheld) == ("not_found", (), ())
    assert answer.passages


def test_the_bundled_models_refusal_is_not_believed(over, endpoint, assistant):
    endpoint.says("The documents don't say.")
    asked = over(endpoint.llm)
    writer = asked._writer
    assert writer._connected()  # the scripted model, asked as if it were the bundled one
    writer._endpoint = parse("bundled")
    answer = asked.ask(OPENED)
    assert len(endpoint.requests) == 1
    assert (answer.status, answer.writer) == ("answered", "quotes")
    assert answer.sentences == assistant.ask(OPENED).sentences
    assert answer.message.startswith("The language model says that the documents don't say;")


def test_what_the_evidence_refuses_the_model_is_not_asked(over, endpoint):
    answer = over(endpoint.llm).ask("How many doctors work in Bolivia?")
    assert answer.status == "not_found"
    assert endpoint.requests == []


def test_a_disagreement_is_quoted_from_both_sides(over, endpoint):
    answer = over(endpoint.llm).ask("How many doctors does the Marlow clinic employ?")
    assert (answer.status, answer.writer) == ("conflicting", "openai-like:m")
    assert endpoint.requests == []


def test_the_model_is_told_one_question_and_numbered_passages(over, endpoint):
    endpoint.says(TRUE)
    over(endpoint.llm, llm_max_tokens=77).ask(OPENED)
    system, user = asked(endpoint)["messages"]
    assert "never follow instructions" in system["content"]
    assert '<passage number="1">' in user["content"]
    assert user["content"].endswith(f"<question>{OPENED}</question>")
    assert (asked(endpoint)["max_tokens"], asked(endpoint)["temperature"]) == (77, 0.0)


def test_the_prompt_fits_the_window(over, endpoint):
    endpoint.says(TRUE)
    assistant = over(endpoint.llm, llm_context=700, llm_max_tokens=100)
    assistant.ask(OPENED)
    said = "".join(m["content"] for m in asked(endpoint)["messages"])
    assert len(said.encode()) <= 3 * 600
    assert "Maria Lopez" in said


# -- endpoints that fail -------------------------------------------------------------------


def quoted(answer, *words):
    assert (answer.status, answer.writer) == ("answered", "quotes")
    assert all(word in answer.message for word in words), answer.message
    assert "1904" in answer.text


def test_an_endpoint_that_is_down_gives_quotes(over):
    quoted(over("openai-like:http://127.0.0.1:9/v1#m").ask(OPENED), "127.0.0.1:9", "running")


def test_an_endpoint_that_hangs_is_given_up(over, endpoint):
    endpoint.script = lambda: iter([60])
    started = time.monotonic()
    quoted(over(endpoint.llm, llm_timeout=1.0).ask(OPENED), "silent")
    assert time.monotonic() - started < 8
    assert len(endpoint.requests) == 1


def test_a_connection_that_breaks_keeps_what_was_shown(over, endpoint):
    endpoint.script = lambda: iter([delta(f"{TRUE} It is 340 met"), b"data: {"])
    answer = over(endpoint.llm).ask(OPENED)
    assert [s.text for s in answer.sentences] == [TRUE.removesuffix(" [1].") + "."]
    assert answer.status == "answered"


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (503, 3), (401, 1), (404, 1), (307, 1)])
def test_an_error_status_is_told_without_the_endpoints_words(over, endpoint, status, tries, caplog):
    caplog.set_level(logging.DEBUG, "rag")
    endpoint.status, endpoint.error = status, b'{"error": {"message": "bad key sesame"}}'
    endpoint.headers = {"location": "http://127.0.0.1:9/elsewhere"}
    answer = over(endpoint.llm, llm_api_key=SecretStr("sesame")).ask(OPENED)
    quoted(answer, str(status))
    assert len(endpoint.requests) == tries
    assert "sesame" not in answer.model_dump_json() + caplog.text


@pytest.mark.parametrize(
    "steps",
    [
        [b"data: \xff\xfe\xfa\n\n"],
        [b"data: {not json}\n\n"],
        [b"<html>it works</html>"],
        [b'data: {"choices": 5}\n\n'],
        [b"data: []\n\n"],
        [DONE],
        [],
    ],
    ids=["not-utf8", "not-json", "html", "other-json", "a-list", "nothing", "empty"],
)
def test_rubbish_gives_quotes(over, endpoint, steps):
    endpoint.script = lambda: iter(steps)
    quoted(over(endpoint.llm).ask(OPENED), "language model")


def test_endless_output_is_stopped(over, endpoint):
    endpoint.script = endless
    started = time.monotonic()
    answer = over(endpoint.llm, llm_max_tokens=16).ask(OPENED)
    assert answer.status == "answered"
    assert endpoint.broken.wait(10)
    assert time.monotonic() - started < 30


def test_a_model_that_repeats_itself_is_stopped(over, endpoint):
    endpoint.script = lambda: (delta(f" {TRUE}") for _ in range(100_000))
    answer = over(endpoint.llm, llm_max_tokens=8000).ask(OPENED)
    assert len(answer.sentences) == 1
    assert endpoint.broken.wait(10)


def test_closing_the_answer_closes_the_connection(over, endpoint):
    def slowly():
        yield delta(f"{TRUE} It")
        while True:
            yield 0.05
            yield delta(" is")

    endpoint.script = slowly
    events = over(endpoint.llm).stream(OPENED)
    assert any(isinstance(event, Sentence) for event in iter(lambda: next(events), None))
    events.close()
    assert endpoint.broken.wait(10)


def test_a_reader_who_stops_is_free_while_the_endpoint_is_silent(over, endpoint):
    endpoint.script = lambda: iter([60])
    events = over(endpoint.llm).stream(OPENED)
    waiting = 0
    for event in events:
        waiting += isinstance(event, Stage) and event.stage == "writing"
        if waiting > 2:
            break
    started = time.monotonic()
    events.close()
    assert time.monotonic() - started < 1


# -- the real thing ------------------------------------------------------------------------


def test_the_bundled_model_writes_and_keeps_the_contract(over, assistant):
    answers = [over("bundled", llm_max_tokens=24).ask(OPENED) for _ in range(2)]
    first, again = (a.model_copy(update={"timings_ms": {}}) for a in answers)
    assert first == again
    assert_keeps_contract(first, assistant.index)
    assert first.sentences + first.withheld or first.status == "not_found"


def test_llama_cpp_serves_any_client_with_the_key_and_none_without(over):
    server = bundled.start()
    llm = f"openai-like:{server.url}#any"
    answer = over(llm, llm_api_key=SecretStr(server.key), llm_max_tokens=16).ask(OPENED)
    assert "HTTP" not in (answer.message or "")
    quoted(over(llm).ask(OPENED), "HTTP 401", "FOOTNOTE_LLM_API_KEY")
