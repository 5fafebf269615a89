"""The contract of an answer (docs: invariants 1 to 4), checked without Footnote's own checks."""

from __future__ import annotations

import re
from hashlib import sha256

from index import Index
from rag.schema import Answer

FACT = re.compile(r"\d[\d.,]*\d|\d|(?<=\w )[A-ZÀ-Þ]\w+")  # figures; names that open no sentence


def assert_keeps_contract(answer: Answer, index: Index) -> None:
    """Check every invariant of ``answer`` that can be seen in one answer."""
    assert_quotes_stand(answer, index)
    assert_markers_run(answer)
    assert_facts_are_cited(answer)
    assert bool(answer.sentences) == (answer.status in ("answered", "partial", "conflicting"))
    assert answer.sentences or answer.message
    for passage in answer.passages:
        assert index.text(passage.document)[passage.start : passage.end] == passage.text
    scores = [passage.score for passage in answer.passages]
    assert scores == sorted(scores, reverse=True)


def assert_quotes_stand(answer: Answer, index: Index) -> None:
    """Invariant 1: a citation is a slice of the text that its hash is the hash of."""
    passages = {passage.id: passage for passage in answer.passages}
    for citation in answer.citations:
        text = index.text(citation.document)
        assert citation.quote.strip()
        assert text[citation.start : citation.end] == citation.quote
        assert sha256(text.encode()).hexdigest() == citation.content_hash
        passage = passages[citation.passage]
        assert passage.start <= citation.start < citation.end <= passage.end


def assert_markers_run(answer: Answer) -> None:
    """Invariant 2: each sentence is cited, and markers run from 1 in reading order."""
    used = [marker for sentence in answer.sentences for marker in sentence.citations]
    assert list(dict.fromkeys(used)) == list(range(1, len(answer.citations) + 1))
    assert [citation.marker for citation in answer.citations] == sorted(set(used))
    for sentence in answer.sentences:
        assert sentence.citations
        assert sentence.verdict == "supported"
        assert all(0 <= start < end <= len(sentence.text) for start, end in sentence.highlights)
    for sentence in answer.withheld:
        assert sentence.verdict == "unsupported"
        assert sentence.reason


def assert_facts_are_cited(answer: Answer) -> None:
    """Invariant 3: figures and names of a sentence stand in what it cites, or were asked with."""
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    for sentence in answer.sentences:
        given = " ".join([answer.question, *(quotes[marker] for marker in sentence.citations)])
        assert not [fact for fact in FACT.findall(sentence.text) if fact not in given]
