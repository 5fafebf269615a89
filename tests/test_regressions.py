"""More than thirty faults, each planted on purpose: the evaluation must notice every one of them.

A healthy run over a small real index sets the thresholds. A fault is noticed if the gate then
misses the one of the metric that is there for it, or if the assistant itself refuses to let the
answer leave. Faults after the assistant's last check are planted in what it answered once.
"""

import pytest
from planted import (
    AFTER_THE_CHECK,
    CASES,
    CLAIMS,
    DOCUMENTS,
    TURNS,
    quote_of_another_sentence,
)

import rag.assistant
import rag.grounding
import rag.writers.conflicts
import rag.writers.quotes
from evals.gate import shortfalls
from evals.run import Plan, run_answers, run_claims, run_rewrites
from evals.systems import Footnote
from rag import Assistant, Settings
from rag.grounding import BrokenContract, Check
from rag.retriever import HybridRetriever
from rag.schema import Citation


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An assistant over the documents, shared: a fault is planted by patching, then taken out."""
    base = tmp_path_factory.mktemp("town")
    (base / "documents").mkdir()
    for name, text in DOCUMENTS.items():
        (base / "documents" / name).write_text(text)
    settings = Settings(documents=base / "documents", data=base / "data")
    with Assistant.open(settings) as assistant:
        assistant.sync()
        yield assistant


def thresholds(run):
    return {name: found.value for name, found in run.overall.items()}


@pytest.fixture(scope="module")
def healthy(town):
    run = run_answers(Footnote(town), CASES, Plan())
    assert run.overall["unsupported"].value == 0
    assert run.overall["contract"].value == 1
    assert run.overall["correct"].value >= 0.75, [r.id for r in run.rows if not r.right]
    assert run.overall["refusal_recall"].value == 1
    return run


def missed(run, healthy):
    """The metrics by which ``run`` falls short of the healthy one."""
    return {shortfall.metric for shortfall in shortfalls(run, thresholds(healthy))}


class Broken(Footnote):
    """The assistant with a fault after its last check: ``fault`` changes what it answered."""

    def __init__(self, assistant, healthy, fault):
        super().__init__(assistant)
        self._answers = {row.id: row.answer for row in healthy.rows}
        self._fault = fault

    def answer(self, case):
        return self._fault(self._answers[case.id], self._assistant.index)


@pytest.mark.parametrize("name", AFTER_THE_CHECK)
def test_a_fault_after_the_check_is_noticed(town, healthy, name):
    fault, metric = AFTER_THE_CHECK[name]
    assert metric in missed(run_answers(Broken(town, healthy, fault), CASES, Plan()), healthy)


def test_what_is_grounded_in_itself_is_noticed_as_beside_the_point_only(town, healthy):
    run = run_answers(Broken(town, healthy, quote_of_another_sentence), CASES, Plan())
    assert missed(run, healthy).isdisjoint({"unsupported", "contract", "support_precision"})


RETRIEVAL = {
    "off by one": (lambda found: found[1:], "evidence_at_1"),
    "upside down": (lambda found: found[::-1], "evidence_at_1"),
    "one passage only": (lambda found: found[:1], "evidence_at_5"),
    "lost": (lambda found: [], "recall_at_5"),
}


@pytest.mark.parametrize("name", RETRIEVAL)
def test_a_fault_of_retrieval_is_noticed(town, healthy, monkeypatch, name):
    change, metric = RETRIEVAL[name]
    search = HybridRetriever.search
    monkeypatch.setattr(HybridRetriever, "search", lambda *args, **kw: change(search(*args, **kw)))
    assert metric in missed(run_answers(Footnote(town), CASES, Plan()), healthy)


# A threshold of the writer, moved; "LEAST" is what lets the figure of the other side be shown.
MOVED = {
    "REFUSE": (rag.writers.quotes, 0.99, "attempted"),
    "LEAST": (rag.writers.conflicts, 0.99, "citation_recall"),
}


@pytest.mark.parametrize("name", MOVED)
def test_a_threshold_that_moved_is_noticed(town, healthy, monkeypatch, name):
    module, value, metric = MOVED[name]
    monkeypatch.setattr(module, name, value)
    assert metric in missed(run_answers(Footnote(town), CASES, Plan()), healthy)


def test_a_refusal_that_is_switched_off_is_noticed(town, healthy, monkeypatch):
    monkeypatch.setattr(rag.writers.quotes, "REFUSE", 0.0)
    monkeypatch.setattr(rag.writers.quotes, "fit", lambda evidence: [0])
    assert "refusal_recall" in missed(run_answers(Footnote(town), CASES, Plan()), healthy)


def test_a_conversation_that_is_forgotten_is_noticed_in_the_follow_ups(town, healthy, monkeypatch):
    stream = Assistant.stream

    def forgetful(self, question, history=(), *args, **kwargs):
        return stream(self, question, (), *args, **kwargs)

    monkeypatch.setattr(Assistant, "stream", forgetful)
    run = run_answers(Footnote(town), CASES, Plan())
    assert "correct" in missed(run, healthy)
    fallen = {
        kind
        for kind, found in run.by_group.items()
        if found["right"].value < healthy.by_group[kind]["right"].value
    }
    assert fallen == {"followup"}


def test_an_offset_that_is_off_never_leaves_the_assistant(town, monkeypatch):
    def shifted(**fields):
        return Citation(**fields | {"start": fields["start"] + 1})

    monkeypatch.setattr(rag.assistant, "Citation", shifted)
    with pytest.raises(BrokenContract):
        run_answers(Footnote(town), CASES, Plan())


@pytest.fixture(scope="module")
def checked():
    run = run_claims(CLAIMS, Plan())
    assert run.overall["balanced_accuracy"].value > 0.75, [row.problems for row in run.rows]
    return run


CHECKS = {
    "passes everything": (lambda sentence, cited, question: Check(True, 1.0), "macro_f1"),
    "withholds everything": (lambda sentence, cited, question: Check(False, 0.0), "macro_f1"),
    "looks at length": (
        lambda sentence, cited, question: Check(len(sentence) < len(cited), len(sentence) / 100),
        "auroc",
    ),
    "has its verdicts swapped": (
        lambda sentence, cited, question: Check("1905" in sentence, float("1905" in sentence)),
        "auroc",
    ),
    "is always half sure": (
        lambda sentence, cited, question: Check("1905" not in sentence, 0.5),
        "calibration_error",
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_broken_grounding_check_is_noticed(checked, name):
    check, metric = CHECKS[name]
    assert metric in missed(run_claims(CLAIMS, Plan(), check), checked)


@pytest.mark.parametrize("supported", [0.05, 0.95])
def test_a_threshold_of_the_check_that_moved_is_noticed(checked, monkeypatch, supported):
    monkeypatch.setattr(rag.grounding, "SUPPORTED", supported)
    assert "balanced_accuracy" in missed(run_claims(CLAIMS, Plan()), checked)


def test_follow_ups_left_as_they_are_are_noticed(embedder):
    fine = run_rewrites(TURNS, Plan(), embedder.embed)
    run = run_rewrites(TURNS, Plan(), embedder.embed, lambda question, history: question)
    assert "rewrite_f1" in missed(run, fine)
