"""What an answer cost: the model's own count where it tells one, else a marked estimate."""

from types import SimpleNamespace

import pytest
from llama_index.core.llms import ChatMessage
from scripted_llm import DONE, delta

from evals.results import Cost
from rag.schema import Answer, Usage
from rag.writers.usage import Meter

OPENED = "When was the Halden bridge opened?"
TRUE = "The Halden bridge was opened in 1904 by the engineer Maria Lopez [1]."
pytest_plugins = ["scripted_llm"]

ASKED = [ChatMessage(role="user", content="x" * 400)]


@pytest.mark.parametrize(
    "parts",
    [
        [SimpleNamespace(usage=SimpleNamespace(prompt_tokens=12, completion_tokens=3))],
        [{"usage": None}, {"usage": {"prompt_tokens": 12, "completion_tokens": 3}}],
        [{"message": {"usage": {"input_tokens": 12, "output_tokens": 1}}},
         {"usage": {"output_tokens": 3}}],
        [{"done": False}, {"prompt_eval_count": 12, "eval_count": 3}],
    ],
    ids=["openai", "a last chunk", "anthropic", "ollama"],
)  # fmt: skip
def test_a_providers_own_count_is_taken(parts):
    meter = Meter()
    meter.ask(ASKED)
    for part in parts:
        meter.hear("word", part)
    assert meter.usage == Usage(calls=1, tokens_in=12, tokens_out=3)


def test_without_a_count_it_is_an_estimate_and_says_so():
    meter = Meter()
    meter.ask(ASKED)
    meter.hear("y" * 40, SimpleNamespace(usage=None))
    assert meter.usage == Usage(calls=1, tokens_in=104, tokens_out=10, estimated=True)
    meter.ask(ASKED)
    meter.hear("", {"usage": {"prompt_tokens": 12, "completion_tokens": 0}})
    assert meter.usage == Usage(calls=2, tokens_in=116, tokens_out=10, estimated=True)
    assert Meter().usage == Usage()


def test_an_answer_tells_what_its_model_took(over, endpoint, assistant):
    told = b'data: {"id":"x","object":"chat.completion.chunk","created":0,"model":"m","choices":'
    told += b'[],"usage":{"prompt_tokens":321,"completion_tokens":20,"total_tokens":341}}\n\n'
    endpoint.script = lambda: iter([delta(TRUE), delta("", "stop"), told, DONE])
    answer = over(endpoint.llm).ask(OPENED)
    assert answer.usage == Usage(calls=1, tokens_in=321, tokens_out=20)
    endpoint.says(TRUE)
    guessed = over(endpoint.llm).ask(OPENED).usage
    assert guessed.estimated
    assert guessed.tokens_out == pytest.approx(len(TRUE) / 4, abs=2)
    assert assistant.ask(OPENED).usage == Usage()


def test_every_try_is_a_call(over, endpoint):
    endpoint.status = 503
    answer = over(endpoint.llm).ask(OPENED)
    assert answer.writer == "quotes"
    assert answer.usage.calls == len(endpoint.requests) == 3


def test_the_cost_of_a_run_is_a_mean_over_all_its_answers():
    def answer(**usage):
        fields = {"status": "not_found", "question": "q", "standalone_question": "q"}
        return Answer(writer="w", usage=Usage(**usage), **fields)

    cost = Cost.of([answer(), answer(calls=2, tokens_in=3000, tokens_out=50, estimated=True)])
    assert (cost.calls, cost.tokens_in, cost.tokens_out, cost.estimated) == (1, 1500, 25, 1)
    assert str(cost) == (
        "An answer takes 1.00 calls of a language model, 1,500 tokens in and 25 out, on average; "
        "1 of 2 are estimates."
    )
    assert str(Cost.of([answer()])) == "No language model was asked: 0 calls, 0 tokens."
