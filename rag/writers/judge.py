"""May a sentence of a language model be shown: does it rest on the passages, and answer?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.evidence import Candidate, EvidenceReader
from rag.grounding import Checker
from rag.language import parse
from rag.questions import analyse
from rag.refusal import gaps
from rag.schema import Passage
from rag.writers.base import Drafted
from rag.writers.markers import Written
from rag.writers.quotes import parts
from rag.writers.rivals import LEAST
from rag.writers.spans import SpanFinder

# What a model calls what it read, or what it was told to do with it.
_TEXTS = frozenset({"document", "documents", "passage", "passages", "paragraph", "summary"})


class Judge:
    """Judges the sentences of one answer in their order.

    A sentence must be supported. Besides, nothing is shown before a sentence that answers: one
    that meets the demands of the question, or of a part of it, and rests on words nearly as close
    to it as the closest. What a model says beside the point is thus withheld with the rest.
    """

    def __init__(
        self,
        question: str,
        passages: Sequence[Passage],
        check: Checker,
        reader: EvidenceReader,
    ) -> None:
        self._finder = SpanFinder(question, passages, check)
        self._reader = reader
        self._parts = [reader.read(analyse(part), passages) for part in parts(question)]
        self._answers = False  # whether a sentence so far does

    def judge(self, written: Written) -> Drafted:
        """Return the sentence with what it rests on, and why it is withheld if it is."""
        found = self._finder.find(written)
        reason = None if found.check.supported else found.check.reason
        reason = reason or self._of_the_text(written.text, found.sources)
        if reason is None and not self._answers:
            reason = self._beside_the_point(written.text, found.sources)
            self._answers = reason is None
        if reason is None and not _is_sentence(written.text) and not self._facts():
            reason = "it is no whole sentence, so it cannot be checked"
        return Drafted(written.text, found.sources, (), reason)

    def _beside_the_point(self, text: str, sources: Sequence[Candidate]) -> str | None:
        """Why a supported sentence does not answer any part of the question, None if it does."""
        reason = None
        for evidence in self._parts:
            near = any(  # what was not looked at may be near as well
                (evidence.chance[n] >= LEAST or n not in evidence.gaps)
                and any(_holds(source, candidate) for source in sources)
                for n, candidate in enumerate(evidence.candidates)
            )
            said = replace(sources[0], text=text)
            missing = [gap.missing for gap in gaps(evidence.question, said, self._reader.closeness)]
            if near and not missing:
                return None
            what = (
                f"it does not give {' or '.join(missing)}" if missing else "it is on another point"
            )
            reason = reason or f"supported, but no answer to the question: {what}"
        return reason

    def _of_the_text(self, text: str, sources: Sequence[Candidate]) -> str | None:
        """Why a sentence is withheld that speaks of a summary where no source and no asker does."""
        asked = (evidence.question.text for evidence in self._parts)
        given = _words(" ".join([*asked, *(source.passage.text for source in sources)]))
        words = sorted((_words(text) & _TEXTS) - given)
        return f"it speaks of the text (“{words[0]}”), not of what that says" if words else None

    def _facts(self) -> bool:
        """Whether a bare name, figure or date can answer."""
        kinds = ("date", "number", "person", "body", "place")
        return any(evidence.question.kind in kinds for evidence in self._parts)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _holds(span: Candidate, candidate: Candidate) -> bool:
    same = span.passage.id == candidate.passage.id
    return same and span.start <= candidate.start and candidate.end <= span.end


def _is_sentence(text: str) -> bool:
    return any(token.pos_ in ("VERB", "AUX") for token in parse(text))
