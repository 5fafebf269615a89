"""The golden cases over the user's article: spans and figures only, its text may not be copied."""

import hashlib
import itertools
import json
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from index.readers import read
from index.sentences import sentences

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / os.environ.get("FOOTNOTE_SHARED", "../shared")
LINES = (ROOT / "evals/datasets/article.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
ARTICLE = "000_3104660c576454d6.txt"
STATUS = {"unanswerable": "not_found", "conflict": "conflicting", "partial": "partial"}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])


@pytest.fixture(scope="module")
def text():
    path = SHARED / "seeds" / ARTICLE
    if not path.is_file():
        pytest.skip(f"the user's article is not at {path}; set FOOTNOTE_SHARED to its folder")
    return read(path).text


@pytest.fixture(scope="module")
def boundaries(text):
    spans = sentences(text)
    return {start for start, _ in spans}, {end for _, end in spans}


def spans_of(case):
    return [*itertools.chain(*case["evidence"]), *case["also"]]


def own_words(case):
    """Everything in a case that a person wrote."""
    answers = itertools.chain(*case["answer"])
    turns = [turn["content"] for turn in case["history"]]
    return [*turns, *answers, case["question"], case["missing"], case["note"]]


def words(string):
    plain = unicodedata.normalize("NFKD", string.casefold())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))


def runs(string, length):
    tokens = words(string)
    return {tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1)}


def test_ids_and_questions_are_unique():
    assert max(Counter(case["id"] for case in CASES).values()) == 1
    asked = Counter(str([case["history"], case["question"].casefold()]) for case in CASES)
    assert max(asked.values()) == 1


def test_there_are_enough_cases_of_each_sort():
    count = Counter(case["kind"] for case in CASES)
    assert len(CASES) >= 80
    assert len(CASES) - count["unanswerable"] >= 44
    assert count["unanswerable"] >= 36
    assert count["followup"] >= 6
    assert count["conflict"] >= 2


def test_splits_hold_as_many_of_each_kind():
    count = Counter((case["kind"], case["split"]) for case in CASES)
    assert {split for _, split in count} == {"dev", "test"}
    for kind in {case["kind"] for case in CASES}:
        assert abs(count[kind, "dev"] - count[kind, "test"]) <= 1, kind


@each_case
def test_fields_agree_with_each_other(case):
    if case["kind"] == "followup":
        assert case["history"]
        assert case["status"] in {"answered", "conflicting"}
    else:
        assert case["status"] == STATUS.get(case["kind"], "answered")
    assert [turn["role"] for turn in case["history"]] == ["user", "assistant"] * (
        len(case["history"]) // 2
    )
    answerable = case["status"] != "not_found"
    assert case["answerable"] == bool(case["answer"]) == bool(case["evidence"]) == answerable
    assert bool(case["missing"]) == (case["status"] in {"not_found", "partial"})
    assert (case["status"] != "conflicting") or len(case["answer"]) == len(case["evidence"]) == 2


@each_case
def test_no_span_is_both_needed_and_optional(case):
    needed = [span["start"] for span in itertools.chain(*case["evidence"])]
    also = [span["start"] for span in case["also"]]
    assert not set(needed) & set(also)
    assert len(needed + also) == len(set(needed + also))


def test_the_article_is_the_one_the_cases_were_written_for(text):
    assert {case["text_sha256"] for case in CASES} == {hashlib.sha256(text.encode()).hexdigest()}


@each_case
def test_spans_are_whole_sentences(case, text, boundaries):
    starts, ends = boundaries
    for span in spans_of(case):
        assert span["document"] == ARTICLE
        assert 0 <= span["start"] < span["end"] <= len(text)
        assert span["start"] in starts
        assert span["end"] in ends


@each_case
def test_any_choice_of_evidence_holds_the_whole_answer(case, text):
    for choice in itertools.product(*case["evidence"]):
        quoted = " ".join(text[span["start"] : span["end"]] for span in choice).casefold()
        for group in case["answer"]:
            assert any(alternative.casefold() in quoted for alternative in group), group


def test_both_sides_of_a_conflict_come_from_different_sentences(text):
    for case in (case for case in CASES if case["status"] == "conflicting"):
        for group, evidence in itertools.product(case["answer"], case["evidence"]):
            holds = [
                any(alternative in text[span["start"] : span["end"]] for alternative in group)
                for span in evidence
            ]
            same_side = case["answer"].index(group) == case["evidence"].index(evidence)
            assert all(holds) if same_side else not any(holds), case["id"]


def test_no_five_words_in_a_row_are_the_articles(text):
    copied = runs(text, 5)
    for case in CASES:
        for string in own_words(case):
            assert not runs(string, 5) & copied, (case["id"], string)
