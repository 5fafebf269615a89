"""The sample corpus and the golden questions over it: whole, attributed, and true to each other."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from index.document import Document
from index.readers import read
from index.sentences import sentences

Case = dict[str, Any]

ROOT = Path(__file__).parents[1]
BUILT = ("crisis-2026.pdf", "social-missions.docx")
WRITTEN = (
    *("figures.html", "glossary.md", "health-science.html"),
    *("sources-and-method.md", "timeline.md", "voices.txt"),
)
PATHS = [ROOT / "documents" / name for name in BUILT + WRITTEN]  # users add files of their own
CASES = [
    json.loads(line)
    for name in ("golden.jsonl", "golden_more.jsonl")
    for line in (ROOT / "evals/datasets" / name).read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [case for case in CASES if case["answerable"]]
AT_LEAST = {
    "fact": 35,
    "list": 10,
    "followup": 15,
    "conflict": 6,
    "unanswerable": 30,
    "partial": 4,
}
STATUS = {"conflict": "conflicting", "unanswerable": "not_found", "partial": "partial"}
RUN = 9  # words; the longest name in the article has eight
CHARGED = {
    *("aggression", "imperialist", "imperialism", "colonization", "blockade", "occupation"),
    *("regime", "dictator", "dictators", "dictatorship", "kidnapping", "kidnapped", "invasion"),
}


@cache
def document(name: str) -> Document:
    return read(ROOT / "documents" / name)


@cache
def sentences_of(name: str) -> list[str]:
    text = document(name).text
    return [text[start:end] for start, end in sentences(text)]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def by_id(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in cases]


def quotes(case: Case) -> list[dict[str, str]]:
    return [*(quote for group in case["evidence"] for quote in group), *case["also"]]


# The corpus


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_document_says_what_it_is(path: Path) -> None:
    read_back = document(path.name)

    assert read_back.title
    assert read_back.title == read_back.text.split("\n", 1)[0]
    assert "2026" in read_back.metadata["published"]
    assert 250 <= len(words(read_back.text)) <= 700
    assert re.search(
        r"article.{0,60}dated? ?13\s+January\s+2026|article of 13 January 2026|"
        r"it is dated 13 January 2026",
        read_back.text,
        re.DOTALL,
    )
    assert not re.search(r"<\s*/?\s*[a-z]|javascript:|\*\*", read_back.text, re.IGNORECASE)


def test_every_format_is_there_and_the_pdf_has_pages() -> None:
    assert {path.suffix for path in PATHS} == {".md", ".txt", ".html", ".pdf", ".docx"}
    assert len(document("crisis-2026.pdf").pages) >= 2


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_charged_words_stand_in_quotation_marks(path: Path) -> None:
    own_voice = re.sub(r'"[^"]*"|“[^”]*”', " ", document(path.name).text)

    assert not set(words(own_voice)) & CHARGED


def test_nothing_is_copied_from_the_article() -> None:
    shared = Path(os.environ.get("FOOTNOTE_SHARED", ROOT.parent / "shared"))
    articles = sorted((shared / "seeds").glob("*.txt"))
    if not articles:
        pytest.skip(f"the article is not at hand: no text in {shared / 'seeds'}")
    article = words(" ".join(path.read_text(encoding="utf-8") for path in articles))
    runs = {tuple(article[i : i + RUN]) for i in range(len(article))}

    for path in PATHS:
        for sentence in sentences_of(path.name):
            own = words(sentence)
            copied = {tuple(own[i : i + RUN]) for i in range(len(own) - RUN + 1)} & runs
            assert not copied, f"{path.name}: {sentence}"


def test_the_built_documents_are_what_the_script_builds(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        script = ROOT / "tools" / "build_documents.py"
        subprocess.run([sys.executable, script, folder], check=True)

    for name in BUILT:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
        assert read(folders[0] / name) == document(name)


# The golden questions


def test_there_are_enough_cases_of_each_kind_in_both_splits() -> None:
    kinds = Counter(case["kind"] for case in CASES)
    kinds_by_split = Counter((case["kind"], case["split"]) for case in CASES)

    assert len(CASES) >= 200
    assert all(kinds[kind] >= least for kind, least in AT_LEAST.items())
    assert kinds["why"] + kinds["how"] >= 15
    for kind in kinds:
        assert abs(kinds_by_split[kind, "dev"] - kinds_by_split[kind, "test"]) <= 4, kind


def test_ids_are_unique_and_questions_differ() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len({(case["question"].lower(), str(case["history"])) for case in CASES}) == len(CASES)


def test_a_chain_stays_in_one_split() -> None:
    chains: dict[str, set[str]] = {}
    for case in CASES:
        if case["history"]:
            chains.setdefault(case["id"].rsplit("-", 1)[0], set()).add(case["split"])

    assert len(chains) >= 8
    assert all(len(splits) == 1 for splits in chains.values())


@pytest.mark.parametrize("case", by_id(CASES))
def test_a_case_is_well_formed(case: Case) -> None:
    assert case["question"] == case["question"].strip() != ""
    assert case["split"] in {"dev", "test"}
    assert case["status"] == STATUS.get(case["kind"], "answered")
    assert [turn["role"] for turn in case["history"]] == ["user", "assistant"] * (
        len(case["history"]) // 2
    )
    assert all(turn["content"].strip() for turn in case["history"])
    assert bool(case["history"]) or case["kind"] != "followup"
    assert case["answerable"] == (case["kind"] != "unanswerable")
    assert case["answerable"] == bool(case["answer"]) == bool(case["evidence"])
    assert bool(case.get("missing")) == (case["kind"] in {"unanswerable", "partial"})


@pytest.mark.parametrize("case", by_id(ANSWERABLE))
def test_every_quote_is_one_sentence_of_its_document(case: Case) -> None:
    for quote in quotes(case):
        text = document(quote["document"]).text
        assert text.count(quote["quote"]) == 1, quote
        assert quote["quote"] in sentences_of(quote["document"]), quote


@pytest.mark.parametrize("case", by_id(ANSWERABLE))
def test_the_answer_stands_in_the_evidence(case: Case) -> None:
    evidence = [quote["quote"].lower() for group in case["evidence"] for quote in group]

    assert all(case["evidence"]), "an empty group of evidence"
    for group in case["answer"]:
        for alternative in group:
            whole = re.compile(rf"(?<!\w){re.escape(alternative.lower())}(?!\w)")
            assert any(whole.search(quote) for quote in evidence), alternative


@pytest.mark.parametrize("case", by_id(ANSWERABLE))
def test_no_quote_is_both_evidence_and_also(case: Case) -> None:
    evidence = [str(quote) for group in case["evidence"] for quote in group]
    also = [str(quote) for quote in case["also"]]

    assert not set(evidence) & set(also)
    assert len(set(also)) == len(also)
    assert all(len({str(q) for q in group}) == len(group) for group in case["evidence"])


@pytest.mark.parametrize("case", by_id([case for case in CASES if not case["answerable"]]))
def test_an_unanswerable_case_has_no_evidence(case: Case) -> None:
    assert case["answer"] == case["evidence"] == case["also"] == []
