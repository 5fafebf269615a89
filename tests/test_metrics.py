"""Every metric on answers worked out by hand, and on those that would fool a simpler one."""

import hashlib
import math

import pytest

from evals import metrics
from evals.cases import Evidence, Place
from evals.intervals import estimate, percentile, risk_coverage
from evals.matching import holds, overlap, verbatim
from evals.metrics import Score
from rag.schema import Answer, Citation, Passage, Sentence

TEXTS = {
    "bridges": "The bridge opened in 1932. It cost 1,500,000 pounds. It is painted grey.",
    "towers": "The tower opened in 1932. It has 42 floors.",
}
OPENED, COST, GREY = (
    "The bridge opened in 1932.",
    "It cost 1,500,000 pounds.",
    "It is painted grey.",
)
TOWER = "The tower opened in 1932."


def place(document, words):
    start = TEXTS[document].index(words)
    return Place(document, start, start + len(words))


def cite(marker, document, words, **changes):
    _, start, end = place(document, words)
    text_hash = hashlib.sha256(TEXTS[document].encode()).hexdigest()
    fields = {"title": document, "source": document, "passage": f"{document}:0", "quote": words}
    fields |= {"start": start, "end": end, "content_hash": text_hash} | changes
    return Citation(marker=marker, document=document, **fields)


def say(text, *markers, verdict="supported"):
    return Sentence(text=text, citations=markers, support=1, verdict=verdict)


def passage(document, words):
    _, start, end = place(document, words)
    return Passage(
        id=f"{document}:{start}",
        document=document,
        title="",
        source="",
        start=start,
        end=end,
        text=words,
    )


def answer(*sentences, citations=(), status="answered", **fields):
    return Answer(
        status=status,
        question="q",
        standalone_question="q",
        sentences=sentences,
        citations=citations,
        writer="quotes",
        **fields,
    )


EVIDENCE = Evidence(
    groups=((place("bridges", OPENED),), (place("bridges", COST),)),
    also=(place("bridges", GREY),),
)
GOOD = answer(
    say(OPENED, 1), say(COST, 2), citations=(cite(1, "bridges", OPENED), cite(2, "bridges", COST))
)


def unsupported(given):
    return metrics.unsupported(given, TEXTS.__getitem__)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("some 1,500,000 people", "1500000"),
        ("some 1\u202f500\u202f000 people", "1,500,000"),
        ("the Cuba–Venezuela pact", "cuba-venezuela"),
        ("a non\u2011breaking hyphen", "non-breaking"),
        ("a long-term plan", "long term"),
        ("Hugo Cha\u0301vez Frías", "chávez frias"),
        ("two\n words", "Two words"),
        ("it was 40 % of them", "40%"),
        ("for US$800 each", "$800"),
        ("opened in 2005.", "2005"),
        ("he said “yes”", '"yes"'),
        ("co\u00adoperation", "cooperation"),
    ],
)
def test_differences_a_reader_would_not_mind_are_ignored(text, phrase):
    assert holds(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("1.5 million people", "5 million"),
        ("in 2005", "20"),
        ("in 2005", "200"),
        ("1,571 clinics", "571"),
        ("some 15 people", "1.5"),
        ("version 1.5.2", "1.5"),
        ("the north", "no"),
        ("in the years 2004,2005", "20042005"),
        ("anything", ""),
    ],
)
def test_a_part_of_a_word_or_number_does_not_count(text, phrase):
    assert not holds(text, phrase)


def test_places_overlap_by_half_of_the_shorter():
    assert overlap(Place("a", 0, 10), Place("a", 5, 15))
    assert overlap(Place("a", 0, 1000), Place("a", 5, 15))
    assert not overlap(Place("a", 0, 10), Place("a", 6, 16))
    assert not overlap(Place("a", 0, 10), Place("a", 10, 20))
    assert not overlap(Place("a", 0, 10), Place("b", 0, 10))


def test_retrieval_counts_groups_by_the_first_passage_that_shows_them():
    passages = [passage("towers", TOWER), passage("bridges", OPENED), passage("bridges", OPENED)]
    ranks = metrics.first_ranks(EVIDENCE, passages)
    assert ranks == [2, None]
    assert metrics.recall_at(ranks, 1) == Score(0)
    assert metrics.recall_at(ranks, 2) == Score(0.5)
    assert metrics.evidence_at(ranks, 3) == Score(0)
    assert metrics.evidence_at([2, 3], 3) == Score(1)
    assert metrics.evidence_at([2, 3], 2) == Score(0)


def test_any_alternative_shows_its_group():
    either = Evidence(groups=((place("bridges", OPENED), place("towers", TOWER)),))
    assert metrics.first_ranks(either, [passage("towers", TOWER)]) == [1]


def test_reciprocal_rank_and_ndcg():
    rr, ndcg = metrics.ranking([2, None])
    assert rr == Score(0.5)
    ideal = 1 + 1 / math.log2(3)
    assert ndcg.points == pytest.approx((1 / math.log2(3)) / ideal)
    assert [s.points for s in metrics.ranking([1, 1])] == [1, 1]
    assert [s.points for s in metrics.ranking([None])] == [0, 0]
    assert metrics.ranking([11])[1].points == 0
    assert [s.points for s in metrics.ranking([2], (1, 5))[1:]] == [
        0,
        pytest.approx(1 / math.log2(3)),
    ]


def test_correct_needs_every_group_and_any_alternative():
    assert metrics.correct(GOOD, [["1932"], ["1.5 million", "1,500,000"]]) == Score(1)
    assert metrics.correct(GOOD, [["1932"], ["2 million"]]) == Score(0)


def test_a_refusal_is_not_correct_whatever_it_shows():
    refusal = answer(status="not_found", message="The nearest passage says 1932.")
    assert metrics.correct(refusal, [["1932"]]) == Score(0)
    assert metrics.attempted(refusal, answerable=True) == Score(0)
    assert metrics.refusal_precision(refusal, answerable=True) == Score(0)
    shown = answer(say(OPENED, 1), citations=(cite(1, "bridges", OPENED),), status="not_found")
    assert metrics.correct(shown, [["1932"]]) == Score(0)
    assert metrics.contract_faults(shown) == ["a refusal makes a claim"]


def test_a_number_in_a_withheld_sentence_or_in_the_message_is_not_shown():
    withheld = answer(
        say(GREY, 1),
        citations=(cite(1, "bridges", GREY),),
        message="Not 1932.",
        withheld=(say(OPENED, verdict="unsupported"),),
    )
    assert metrics.correct(withheld, [["1932"]]) == Score(0)
    assert metrics.missing_groups(withheld, [["1932"], ["grey"]]) == [["1932"]]


def test_a_conflict_needs_both_sides():
    one = answer(say(OPENED, 1), citations=(cite(1, "bridges", OPENED),), status="conflicting")
    assert metrics.correct(one, [["1932"], ["1,500,000"]]) == Score(0)
    assert metrics.correct(GOOD, [["1932"], ["1,500,000"]]) == Score(1)


def test_citations_against_the_golden_evidence():
    assert metrics.citation_precision(GOOD, EVIDENCE) == Score(1)
    assert metrics.citation_recall(GOOD, EVIDENCE) == Score(1)
    also = answer(
        say(OPENED, 1),
        say(GREY, 2),
        say(TOWER, 3),
        citations=(cite(1, "bridges", OPENED), cite(2, "bridges", GREY), cite(3, "towers", TOWER)),
    )
    assert metrics.citation_precision(also, EVIDENCE).points == pytest.approx(2 / 3)
    assert metrics.citation_recall(also, EVIDENCE) == Score(0.5)
    refusal = answer(status="not_found")
    assert metrics.citation_precision(refusal, EVIDENCE) is None
    assert metrics.citation_recall(refusal, EVIDENCE) == Score(0)


def test_a_verbatim_but_irrelevant_citation_is_grounded_and_not_precise():
    beside = answer(say(TOWER, 1), citations=(cite(1, "towers", TOWER),))
    assert unsupported(beside) == Score(0, 1)
    assert metrics.support_recall(beside) == Score(1)
    assert metrics.correct(beside, [["1932"]]) == Score(1)
    assert metrics.citation_precision(beside, EVIDENCE) == Score(0)
    assert metrics.citation_recall(beside, EVIDENCE) == Score(0)


def test_citing_a_whole_page_is_precise_and_not_focused():
    page = answer(say(OPENED, 1), citations=(cite(1, "bridges", TEXTS["bridges"]),))
    only = Evidence(groups=((place("bridges", OPENED),),))
    assert metrics.citation_precision(page, only) == Score(1)
    assert metrics.citation_focus(page, only).points == len(OPENED) / len(TEXTS["bridges"])


def test_the_right_sentence_with_the_wrong_marker_is_unsupported():
    swapped = answer(
        say(OPENED, 1),
        say(COST, 2),
        citations=(cite(1, "bridges", COST), cite(2, "bridges", OPENED)),
    )
    assert metrics.correct(swapped, [["1932"]]) == Score(1)
    assert metrics.citation_precision(swapped, EVIDENCE) == Score(1)
    assert metrics.support_recall(swapped) == Score(0)
    assert metrics.support_precision(swapped) == Score(0)
    assert unsupported(swapped) == Score(2, 2)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"start": 1, "end": 27}, "[1] is not what stands at 1-27"),
        ({"content_hash": "0" * 64}, "[1] carries the hash of another text"),
        ({"quote": OPENED + " "}, "[1] is not what stands at 0-26"),
    ],
)
def test_a_citation_is_checked_against_the_stored_text(changes, fault):
    shifted = answer(say(OPENED, 1), citations=(cite(1, "bridges", OPENED, **changes),))
    assert metrics.verify(shifted.citations[0], TEXTS.__getitem__) == fault
    assert unsupported(shifted) == Score(1, 1)


def test_a_document_that_is_gone_is_no_support():
    gone = cite(1, "bridges", OPENED).model_copy(update={"document": "gone"})
    assert "not in the index" in metrics.verify(gone, TEXTS.__getitem__)


def test_a_sentence_needs_its_verdict_and_its_citation():
    good = cite(1, "bridges", OPENED)
    assert unsupported(answer(say(OPENED, 1), citations=(good,))) == Score(0, 1)
    assert unsupported(answer(say(OPENED, 1, verdict="unsupported"), citations=(good,))).points == 1
    assert unsupported(answer(say(OPENED), citations=(good,))) == Score(1, 1)
    assert unsupported(answer(say(OPENED, 1, 2), citations=(good,))) == Score(1, 1)
    assert unsupported(answer(say("It opened in 1933.", 1), citations=(good,))) == Score(1, 1)
    assert unsupported(answer(status="not_found")) is None


def test_support_precision_faults_the_citation_that_does_no_work():
    extra = answer(
        say(OPENED, 1, 2), citations=(cite(1, "bridges", OPENED), cite(2, "towers", TOWER))
    )
    assert metrics.support_recall(extra) == Score(1)
    assert metrics.support_precision(extra) == Score(0.5)


def test_support_precision_keeps_citations_that_only_work_together():
    both = answer(
        say("Opened in 1932 for 1,500,000.", 1, 2),
        citations=(cite(1, "bridges", OPENED), cite(2, "bridges", COST)),
    )

    def together(sentence, cited):
        return {"1932", "1,500,000"} <= set(" ".join(cited).replace(".", "").split())

    assert metrics.support_recall(both) == Score(0)
    assert metrics.support_precision(both, together) == Score(1)


def test_verbatim_allows_only_white_space_to_differ():
    assert verbatim("in 1932", ["opened in\n1932."])
    assert not verbatim("In 1932", ["opened in 1932."])
    assert not verbatim("", ["opened"])
    assert not verbatim("opened in", ["opened", "in"])


def test_contract_faults():
    assert metrics.contract_faults(GOOD) == []
    late = answer(say(OPENED, 2), citations=(cite(2, "bridges", OPENED),))
    assert metrics.contract_faults(late) == ["markers are used in the order [2]"]
    unused = answer(
        say(OPENED, 1), citations=(cite(1, "bridges", OPENED), cite(2, "bridges", COST))
    )
    assert metrics.contract_faults(unused) == ["the citations are [1, 2], the markers used [1]"]


def test_refusals_add_up_to_precision_recall_and_balanced_accuracy():
    """3 unanswerable, 2 of them refused; 4 answerable, 1 of them refused."""
    refusal, partial = answer(status="not_found"), answer(status="partial")
    given = [(refusal, False), (refusal, False), (partial, False)]
    given += [(refusal, True), (GOOD, True), (GOOD, True), (partial, True)]
    precision = estimate([metrics.refusal_precision(a, known) for a, known in given])
    recall = [metrics.refusal_recall(a, known) for a, known in given]
    kept = [metrics.attempted(a, known) for a, known in given]
    assert precision.value == pytest.approx(2 / 3)
    assert precision.cases == 3
    assert estimate(recall).value == pytest.approx(2 / 3)
    assert estimate(kept).value == 0.75
    assert estimate(recall, kept).value == pytest.approx((2 / 3 + 0.75) / 2)


def test_rates_are_over_what_is_counted_not_over_cases():
    assert estimate([Score(0, 9), Score(1, 1), None]).value == 0.1
    assert estimate([Score(0, 9), Score(1, 1), None]).cases == 2


def test_intervals_are_seeded_and_as_wide_as_binomial_ones():
    scores = [Score(1)] * 80 + [Score(0)] * 20
    found = estimate(scores)
    assert found == estimate(scores)
    spread = 1.96 * math.sqrt(0.8 * 0.2 / 100)
    assert found.low == pytest.approx(0.8 - spread, abs=0.015)
    assert found.high == pytest.approx(0.8 + spread, abs=0.015)


def test_nothing_measured_is_not_zero():
    assert estimate([]) is None
    assert estimate([None, None]) is None
    assert estimate([Score(1), None], [None, None]) is None
    assert percentile([], 50) is None
    assert percentile([1, 2, 3], 50) == 2


def test_risk_coverage_by_hand():
    graded = [(0.9, True), (0.8, False), (0.8, True), (0.1, False)]
    assert risk_coverage(graded) == [(0.25, 0), (0.75, pytest.approx(1 / 3)), (1, 0.5)]
    assert risk_coverage([]) == []
