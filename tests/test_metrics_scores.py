"""Metrics of texts, scores and pairs of runs, against values worked out by hand."""

import numpy as np
import pytest

from evals.cases import Evidence, Place
from evals.classification import (
    auroc,
    balanced_accuracy,
    best_threshold,
    calibration_error,
    caught_at,
    estimated,
    macro_f1,
    reliability,
    transferred,
)
from evals.compare import permutation_p
from evals.metrics import document_ranks, selection_f1
from evals.texts import rouge_l, token_f1
from rag.schema import Answer, Citation, Passage

YES = np.array([True, True, False, False])


def test_token_f1_is_over_a_bag_of_words_without_articles():
    assert token_f1("The bridge opened.", "a bridge opened") == 1
    assert token_f1("red red bridge", "red bridge") == pytest.approx(0.8)
    assert token_f1("", "bridge") == 0
    assert token_f1("", "") == 1


def test_rouge_l_counts_words_in_order_not_in_a_row():
    assert rouge_l("police killed the gunman", "police kill the gunman") == pytest.approx(0.75)
    assert rouge_l("the gunman kill police", "police kill the gunman") == pytest.approx(0.5)
    assert rouge_l("it's 1,500", "It s 1 500") == 1
    assert rouge_l("", "police") == 0


def test_auroc_counts_ties_half():
    assert auroc(YES, np.array([0.9, 0.4, 0.4, 0.1])) == pytest.approx(0.875)
    assert auroc(YES, np.array([0.1, 0.2, 0.8, 0.9])) == 0
    assert np.isnan(auroc(YES[:2], np.array([0.1, 0.2])))


def test_balanced_accuracy_is_not_fooled_by_the_larger_class():
    labels = np.array([True] * 9 + [False])
    assert balanced_accuracy(labels, np.ones(10)) == 0.5
    assert macro_f1(labels, np.ones(10)) == pytest.approx((18 / 19) / 2)


def test_what_is_caught_at_a_rate_of_false_alarms():
    labels = np.array([True] * 10 + [False] * 4)
    scores = np.array([0.1, *np.linspace(0.5, 0.9, 9), 0.05, 0.2, 0.49, 0.7])
    assert caught_at(0.10)(labels, scores) == 0.75
    assert caught_at(0.0)(labels, scores) == 0.25


def test_the_best_threshold_lies_between_and_ties_fall_on_one_side():
    assert best_threshold(YES, np.array([0.9, 0.7, 0.3, 0.1])) == pytest.approx(0.5)
    tied = best_threshold(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]))
    assert 0.1 < tied <= 0.5


def test_a_threshold_is_never_chosen_on_what_it_decides():
    """One group's scores lie all above the other's: its own threshold would be perfect."""
    labels = np.array([True, True, False, False] * 2)
    scores = np.array([0.4, 0.4, 0.1, 0.1, 0.9, 0.9, 0.6, 0.6])
    decided = transferred(labels, scores, ["low"] * 4 + ["high"] * 4)
    assert decided.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert balanced_accuracy(labels, decided) == 0.5
    alone = transferred(labels[:4], scores[:4], ["one"] * 4, folds=2)
    assert alone.tolist() == [1, 1, 0, 0]


def test_calibration_by_hand():
    labels = np.array([True, False, True, True])
    scores = np.array([0.55, 0.55, 0.95, 1.0])
    assert reliability(labels, scores) == [
        (pytest.approx(0.55), 0.5, 2),
        (pytest.approx(0.975), 1.0, 2),
    ]
    assert calibration_error(labels, scores) == pytest.approx((0.05 * 2 + 0.025 * 2) / 4)


def test_an_interval_is_seeded_and_holds_the_value():
    labels = np.array([True, False] * 30)
    scores = np.linspace(0, 1, 60) + labels * 0.3
    found = estimated(auroc, labels, scores)
    assert found == estimated(auroc, labels, scores)
    assert found.low < found.value < found.high
    assert estimated(auroc, labels[:0], scores[:0]) is None
    assert estimated(auroc, labels[::2], scores[::2]) is None, "one class"


def pairs(before, after):
    return (np.array([[x, 1.0] for x in side]) for side in (before, after))


def test_a_difference_by_chance_is_told_from_one_that_is_not():
    assert permutation_p(*pairs([0] * 20, [1] * 20)) < 0.001
    assert permutation_p(*pairs([0, 1] * 10, [1, 0] * 10)) == 1
    small = permutation_p(*pairs([0, 0, 0, 1], [1, 1, 1, 1]))
    assert small == pytest.approx(2 * 0.5**3, abs=0.03), "all three that differ go one way"


def passage(source):
    fields = {"id": source, "document": source, "title": "", "text": "x", "start": 0, "end": 1}
    return Passage(source=source, **fields)


def test_a_document_ranks_where_its_best_passage_does():
    found = [passage("a"), passage("a"), passage("b"), passage("c")]
    assert document_ranks(["b", "z", "a"], found) == [2, None, 1]


def cited(marker, start, end):
    place = {"document": "d", "title": "", "source": "", "start": start, "end": end}
    return Citation(marker=marker, quote="x", content_hash="", passage="d:0", **place)


def test_sentences_chosen_are_compared_with_the_nearest_annotator():
    units = tuple(Place("d", n * 10, n * 10 + 10) for n in range(4))
    answer = Answer(
        status="answered",
        question="q",
        standalone_question="q",
        writer="quotes",
        citations=(cited(1, 0, 10), cited(2, 14, 20), cited(3, 27, 30)),
    )
    evidence = Evidence(units=units)
    assert selection_f1(answer, evidence, [[0, 1]]).points == 1, "a third of the last is not it"
    assert selection_f1(answer, evidence, [[3], [1, 2]]).points == pytest.approx(0.5)
    refusal = answer.model_copy(update={"citations": ()})
    assert selection_f1(refusal, evidence, [[0]]).points == 0
