"""Is a sentence supported by the text it cites, and does an answer keep the contract?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.index import Index
from rag.language import parse
from rag.schema import Answer, Sentence
from rag.terms import Term, same_term, stem, terms

_COUNTING = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million billion dozen half third quarter twice"
)
_NUMBER_WORDS = frozenset(stem(word) for word in _COUNTING.split())


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a sentence is supported, how sure that is in [0, 1], and why not."""

    supported: bool
    support: float
    reason: str | None = None


class BrokenContract(AssertionError):
    """An answer would have left that breaks an invariant; says which. It is not shown."""


def check(sentence: str, cited: str, question: str = "") -> Check:
    """Check ``sentence`` against the text it cites.

    A sentence that stands in the cited text word for word is supported. Of any other, every
    figure and every name must stand in the cited text or in the question, and its support is the
    share of its content words that do; from 0.6 on it counts as supported.
    """
    if sentence.strip() and _stands_in(sentence, cited):
        return Check(True, 1.0)
    said = terms(sentence)
    if not said:
        return Check(False, 0.0, "it says nothing that could be checked")
    given = terms(f"{cited}\n{question}")
    missing = [term for term in said if not _given(term, given)]
    names = _proper(sentence)
    for term in missing:
        if term.number is not None or term.stem in _NUMBER_WORDS:
            return Check(False, 0.0, f"the figure {term.text} is not in the source")
        if term.name or term.start in names:
            return Check(False, 0.0, f"{term.text} is not named in the source")
    total = len(said)
    share = 1 - len(missing) / total
    if share < 0.6:
        reason = f"only {total - len(missing)} of its {total} content words are in the source"
        return Check(False, share, reason)
    return Check(True, share)


def enforce(answer: Answer, index: Index) -> Answer:
    """Return ``answer`` if it keeps every invariant of the contract.

    Raises:
        BrokenContract: if a quote is not the text it points at, a shown sentence is not cited or
            not supported, a marker is missing, unused or out of order, or a refusal claims.
    """
    _quotes_stand(answer, index)
    _markers_run(answer)
    cited = {citation.marker: citation.quote for citation in answer.citations}
    for sentence in answer.sentences:
        _is_supported(sentence, cited, f"{answer.question} {answer.standalone_question}")
    if answer.status in ("not_found", "needs_clarification") and answer.sentences:
        raise BrokenContract("a refusal makes a claim")
    if answer.status in ("answered", "partial", "conflicting") and not answer.sentences:
        raise BrokenContract(f"an answer that is {answer.status} has no sentence")
    return answer


def _quotes_stand(answer: Answer, index: Index) -> None:
    for citation in answer.citations:
        try:
            text = index.text(citation.document)
            unchanged = index.document(citation.document).content_hash == citation.content_hash
        except KeyError:
            raise BrokenContract(f"[{citation.marker}] cites a document that is gone") from None
        stands = text[citation.start : citation.end] == citation.quote
        if not (unchanged and stands and citation.quote):
            raise BrokenContract(f"[{citation.marker}] does not quote {citation.source}")


def _markers_run(answer: Answer) -> None:
    used = [marker for sentence in answer.sentences for marker in sentence.citations]
    in_order = list(dict.fromkeys(used))
    if in_order != list(range(1, len(in_order) + 1)):
        raise BrokenContract(f"markers are {in_order}, not 1 to {len(in_order)} in reading order")
    if [citation.marker for citation in answer.citations] != in_order:
        raise BrokenContract("citations and markers differ")


def _is_supported(sentence: Sentence, cited: dict[int, str], question: str) -> None:
    if not sentence.citations or sentence.verdict != "supported":
        raise BrokenContract(f"a sentence without support is shown: {sentence.text!r}")
    quotes = "\n".join(cited[marker] for marker in sentence.citations)
    if not (outcome := check(sentence.text, quotes, question)).supported:
        raise BrokenContract(f"{outcome.reason}: {sentence.text!r}")


def _given(term: Term, given: list[Term]) -> bool:
    return any(same_term(term, other) for other in given)


def _proper(sentence: str) -> set[int]:
    """Where the proper nouns of ``sentence`` begin, also at its start, where all is capital."""
    return {token.idx for token in parse(sentence) if token.pos_ == "PROPN"}


def _stands_in(sentence: str, cited: str) -> bool:
    """Whether ``cited`` holds ``sentence`` word for word: no word or figure of it cut."""
    words = re.escape(_flat(sentence))
    return re.search(rf"(?<!\w)(?<!\d[.,]){words}(?!\w)(?![.,]\d)", _flat(cited)) is not None


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
