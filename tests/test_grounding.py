"""Support of a sentence by its source, and the contract of an answer."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sentences import TEXTS

from rag.grounding import SUPPORTED, UNSUPPORTED, BrokenContract, check, enforce, stands_in
from rag.schema import Citation
from rag.support.comparison import Comparison, products
from rag.support.features import _copied, _quantile
from rag.support.reading import Reading
from rag.support.trees import trees

SOURCE = (
    "The Marlow clinic employs 120 doctors and treats 1.5 million patients.\n"
    "Rene\u0301 Fournier founded it in 2003 in Oslo with two nurses."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The Marlow clinic employs 120 doctors and treats 1.5 million patients.",
        "René Fournier founded it in 2003 in Oslo with two nurses.",
        "The Marlow   clinic employs\n120 doctors",
        "The clinic treats 1,500,000 patients.",
        "120 doctors are employed by the Marlow clinic.",
    ],
)
def test_what_the_source_says_is_supported(sentence):
    outcome = check(sentence, SOURCE)
    assert outcome.supported
    assert outcome.support >= SUPPORTED
    assert outcome.reason is None


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The Marlow clinic employs 121 doctors and treats 1.5 million patients.", "121"),
        ("The Marlow clinic treats 1.5 billion patients.", "1.5 billion"),
        ("The Marlow clinic treats 1 million patients.", "1 million"),
        ("It was founded in 2004 in Oslo by René Fournier.", "2004"),
        ("The clinic was founded in Bergen in 2003.", "Bergen"),
        ("It was founded in 2003 in Oslo by Paula Stein.", "Paula"),
        ("Paula Stein founded it in 2003 in Oslo with two nurses.", "not named"),
        ("Rubio founded it in 2003 in Oslo with two nurses.", "Rubio"),
        ("René Fournier founded it in 2003 in Oslo with three nurses.", "three"),
        ("The patients complain about rude staff and dirty rooms.", "content words"),
        ("The Marlow clinic does not employ 120 doctors.", "does not negate"),
        # Word for word in the source, but only as part of another figure or name.
        ("The Marlow clinic employs 120 doctors and treats 1.", "1"),
        ("20 doctors and treats 1.5 million patients.", "20"),
        ("", ""),
    ],
)
def test_what_the_source_does_not_say_is_not_supported(sentence, reason):
    outcome = check(sentence, SOURCE)
    assert not outcome.supported
    assert outcome.support < UNSUPPORTED
    assert outcome.reason
    assert reason in outcome.reason


def test_names_and_figures_of_the_question_may_be_used():
    sentence = "In Halden in 2011 the clinic employs 120 doctors."
    assert not check(sentence, SOURCE).supported
    assert check(sentence, SOURCE, "How many doctors in Halden in 2011?").supported


@given(TEXTS.filter(lambda text: any(c.isalnum() for c in text)))
def test_a_text_supports_itself(text):
    assert check(text, f"Before it.\n{text}\nAfter it.").supported


@pytest.fixture(scope="module")
def answer(assistant):
    """Two sentences of one document."""
    answer = assistant.ask("When was the Halden bridge opened and how much did the repairs cost?")
    assert len(answer.sentences) == len(answer.citations) == 2
    return enforce(answer, assistant.index)


def with_citation(answer, **changes):
    first = answer.citations[0].model_copy(update=changes)
    return answer.model_copy(update={"citations": (first, *answer.citations[1:])})


def with_sentence(answer, **changes):
    first = answer.sentences[0].model_copy(update=changes)
    return answer.model_copy(update={"sentences": (first, *answer.sentences[1:])})


def shifted(answer):
    start = answer.citations[0].start + 1
    return with_citation(answer, start=start, end=answer.citations[0].end + 1)


BROKEN = {
    "shifted offsets": shifted,
    "altered quote": lambda a: with_citation(a, quote=a.citations[0].quote.replace("1904", "1905")),
    "end beyond the text": lambda a: with_citation(a, end=10**9),
    "empty quote": lambda a: with_sentence(
        with_citation(a, quote="", end=a.citations[0].start), text=""
    ),
    "wrong hash": lambda a: with_citation(a, content_hash="0" * 64),
    "document gone": lambda a: with_citation(a, document="0" * 16),
    "unused citation": lambda a: a.model_copy(update={"sentences": a.sentences[:1]}),
    "unknown marker": lambda a: a.model_copy(update={"citations": a.citations[:1]}),
    "markers out of order": lambda a: a.model_copy(update={"sentences": a.sentences[::-1]}),
    "markers from two": lambda a: with_sentence(with_citation(a, marker=3), citations=(3,)),
    "marker twice": lambda a: a.model_copy(update={"citations": (*a.citations, a.citations[1])}),
    "uncited sentence": lambda a: with_sentence(a, citations=()),
    "unsupported verdict": lambda a: with_sentence(a, verdict="unsupported"),
    "invented figure": lambda a: with_sentence(a, text="The Halden bridge was opened in 1905."),
    "invented name": lambda a: with_sentence(a, text="The bridge was opened by Paula Stein."),
    "refusal with a claim": lambda a: a.model_copy(update={"status": "not_found"}),
    "clarification with a claim": lambda a: a.model_copy(update={"status": "needs_clarification"}),
    "answer without a sentence": lambda a: a.model_copy(update={"sentences": (), "citations": ()}),
    "refusal with a citation": lambda a: a.model_copy(
        update={"status": "not_found", "sentences": ()}
    ),
}


@pytest.mark.parametrize("breaking", BROKEN)
def test_an_answer_that_breaks_the_contract_does_not_leave(answer, assistant, breaking):
    with pytest.raises(BrokenContract) as error:
        enforce(BROKEN[breaking](answer), assistant.index)
    assert str(error.value)


def test_a_refusal_leaves(assistant, answer):
    refusal = answer.model_copy(update={"status": "not_found", "sentences": (), "citations": ()})
    assert enforce(refusal, assistant.index) is refusal
    assert isinstance(answer.citations[0], Citation)


@given(st.text("a1., \n", min_size=1, max_size=6), st.text("a1., \n", max_size=20))
def test_what_stands_there_is_cut_at_no_word_or_figure(sentence, cited):
    said, text = (re.sub(r"\s+", " ", part).strip() for part in (sentence, cited))
    whole = re.compile(rf"(?<!\w)(?<!\d[.,]){re.escape(said)}(?!\w)(?![.,]\d)")
    assert not said or stands_in(sentence, cited) == bool(whole.search(text))


@pytest.mark.parametrize(("rows", "others"), [(1, 3), (1, 700), (25, 160), (40, 3000)])
def test_products_in_parts_are_the_product(rows, others):
    chance = np.random.default_rng(0)
    one, other = (chance.random((n, 384), dtype=np.float32) / 12 for n in (rows, others))
    assert np.abs(products(one, other) - one @ other.T).max() < 1e-5


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30))
def test_a_quantile_is_numpys(numbers):
    ordered = np.sort(np.array(numbers, dtype=np.float32))
    assert _quantile(ordered, 0.15) == np.quantile(ordered, 0.15)


@given(*[st.text("abc", max_size=12).map(" ".join)] * 2)
def test_copied_words_are_those_in_runs_of_the_source(claim, source):
    said, given = claim.split(), source.split()
    found = _copied(Comparison(Reading(claim), Reading(source), with_vectors=False))
    for name, size in (("bigrams", 2), ("trigrams", 3), ("fivegrams", 5)):
        runs = [given[n : n + size] for n in range(len(given) - size + 1)]
        starts = [n for n in range(len(said) - size + 1) if said[n : n + size] in runs]
        copied = {n + step for n in starts for step in range(size)}
        assert found[name] == len(copied) / max(len(said), 1)


def test_trees_are_walked_to_their_leaves():
    model = trees("support")
    row = np.random.default_rng(0).random(len(model.features)).astype(np.float32)
    odds = model.bias
    for node in model.roots:
        while model.left[node] != node:
            small = row[model.feature[node]] <= model.threshold[node]
            node = (model.left if small else model.right)[node]
        odds += model.value[node]
    chance = 1 / (1 + np.exp(-(model.slope * odds + model.shift)))
    assert model.probability([row])[0] == pytest.approx(chance)
