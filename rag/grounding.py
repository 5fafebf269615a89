"""Is a sentence supported by the text it cites, and does an answer keep the contract?

A sentence that stands in the cited text word for word is supported. Of any other, every figure and
name must be there, it must not turn round what the source says, and enough of it must be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.embedder import SentenceEmbedding
from index.index import Index
from rag.schema import Answer, Sentence
from rag.support.comparison import Comparison
from rag.support.composition import Score, score
from rag.support.doubts import doubts, misplaced
from rag.support.places import fades
from rag.support.polarity import Polarity, scope
from rag.support.reading import Reading

SUPPORTED = 0.4  # the support from which on a sentence counts as supported
UNSUPPORTED = 0.2  # under it a sentence counts as unsupported; between the two it is unclear

_STARTS, _ENDS = re.compile(r"(?<!\w)(?<!\d[.,])"), re.compile(r"(?!\w)(?![.,]\d)")

Verdict = Literal["supported", "unsupported", "unclear"]


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a sentence is supported, how sure that is in [0, 1], and why not."""

    supported: bool
    support: float
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        """``unclear`` where neither is sure; it is withheld all the same."""
        if self.supported:
            return "supported"
        return "unclear" if self.support >= UNSUPPORTED else "unsupported"


Checker = Callable[[str, str, str], Check]


class BrokenContract(AssertionError):
    """An answer would have left that breaks an invariant; says which. It is not shown."""


class GroundingCheck:
    """Checks sentences; keeps the sources it has read for the next. Thread-safe.

    With an ``embedder`` words are also compared by how they are used (their vectors in context);
    without one only by what they are.

    Example:
        check = GroundingCheck(embedder)
        check("It treats 2 million patients.", "It treats 1.5 million.").reason
        # 'the figure 2 million is not in the source'
    """

    def __init__(self, embedder: SentenceEmbedding | None = None, cache: int = 128) -> None:
        self._encode = embedder.encode if embedder else None
        self._read = lru_cache(maxsize=cache)(lambda text: Reading(text, self._encode))
        self._said = lru_cache(maxsize=cache)(lambda text: Reading(text, self._encode))

    def prepare(self, cited: str) -> None:
        """Read ``cited`` ahead, so that the first sentence checked against it need not wait."""
        source = self._read(cited)
        _ = source.kept(scope), source.kept(fades), source.figure_words, source.by_start
        if self._encode and source.words:
            _ = source.vectors

    def __call__(self, sentence: str, cited: str, question: str = "") -> Check:
        """Check ``sentence`` against the text it cites; see the module."""
        if sentence.strip() and stands_in(sentence, cited):
            return Check(True, 1.0)
        claim, source, asked = self._said(sentence), self._read(cited), self._said(question)
        if not any(word.content for word in claim.words) and not claim.figures:
            return Check(False, 0.0, "it says nothing that could be checked")
        if not source.words:
            return Check(False, 0.0, "there is no text to support it")
        named = asked.where.keys() - source.where.keys()
        if named and any(word.name and word.stem in named for word in claim.words):
            source = self._read(f"{cited}\n{question}")  # what the question names may be named
        comparison = Comparison(claim, source, with_vectors=self._encode is not None)
        polarity = Polarity(comparison)
        scored = score(polarity, frozenset(asked.where))
        against = next(doubts(polarity, asked, scored.places), None)
        if against:
            return Check(False, min(scored.support, 0.99) * UNSUPPORTED, against)
        if scored.support >= SUPPORTED:
            return Check(True, scored.support)
        return Check(False, scored.support, _weakness(comparison, scored))


def _weakness(comparison: Comparison, scored: Score) -> str:
    """Why a sentence without a plain fault is not supported enough, in words."""
    if scored.altered > 1 - scored.carried and scored.places:
        place, sure = max(scored.places, key=lambda found: found[1])
        if sure >= 0.5:
            return misplaced(place)
    content = [n for n, word in enumerate(comparison.claim.words) if word.content]
    given = int(sum(comparison.has[n] for n in content))
    if given == len(content):
        return "its words are in the source, but not said together like this"
    return f"only {given} of its {len(content)} content words are in the source"


@lru_cache(maxsize=1)
def _without_vectors() -> GroundingCheck:
    return GroundingCheck()


def check(sentence: str, cited: str, question: str = "") -> Check:
    """Check ``sentence`` against the text it cites without a model of the meaning of words."""
    return _without_vectors()(sentence, cited, question)


def enforce(answer: Answer, index: Index, checker: Checker = check) -> Answer:
    """Return ``answer`` if it keeps every invariant of the contract.

    ``checker`` is the check that its sentences passed.

    Raises:
        BrokenContract: if a quote is not the text it points at, a shown sentence is not cited or
            not supported, a marker is missing, unused or out of order, or a refusal claims.
    """
    _quotes_stand(answer, index)
    _markers_run(answer)
    cited = {citation.marker: citation.quote for citation in answer.citations}
    for sentence in answer.sentences:
        question = f"{answer.question} {answer.standalone_question}"
        _is_supported(sentence, cited, question, checker)
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


def _is_supported(
    sentence: Sentence, cited: dict[int, str], question: str, checker: Checker
) -> None:
    if not sentence.citations or sentence.verdict != "supported":
        raise BrokenContract(f"a sentence without support is shown: {sentence.text!r}")
    quotes = "\n".join(cited[marker] for marker in sentence.citations)
    if not (outcome := checker(sentence.text, quotes, question)).supported:
        raise BrokenContract(f"{outcome.reason}: {sentence.text!r}")


def stands_in(sentence: str, cited: str) -> bool:
    """Whether ``cited`` holds ``sentence`` word for word: no word or figure of it cut."""
    words, text = _flat(sentence), _flat(cited)
    at = text.find(words)
    while at >= 0:
        if _STARTS.match(text, at) and _ENDS.match(text, at + len(words)):
            return True
        at = text.find(words, at + 1)
    return False


def _flat(text: str) -> str:
    return " ".join(text.split())
