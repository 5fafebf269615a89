"""Answers from quotes alone: the sentences that answer, word for word, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.embedder import Vectors
from rag.chances import ABOUT
from rag.conversation import standalone
from rag.evidence import Evidence, EvidenceReader
from rag.given import actors, bodies, counted, places, times
from rag.quantities import quantities
from rag.questions import Kind, analyse
from rag.refusal import Gap
from rag.schema import Message, Passage
from rag.terms import among, terms
from rag.writers.base import Draft, Drafted
from rag.writers.conflicts import contradicting, difference, either
from rag.writers.listing import cut_short, with_lists
from rag.writers.overview import overview
from rag.writers.rivals import LEAST, LIKELY, rows_asked_for

NOT_FOUND = "The documents don't say."

# Chosen on the dev halves of our sets (docs/experiments.md). Chance that the passages answer
# (rag.chances) under which they are taken not to, and from which on the kind of answer that was
# asked for may be missing: "who is protected?" can be answered by "the workers".
REFUSE, SURE = 0.17, 0.6
# Share of the best sentence's chance that one without open demands must have to take its place.
NEAR = 0.2
# The same of one that gives a name or a number, if the best only seems to lack it.
NEAR_NAMED = 0.4
# Share of the first sentence's chance that a further one has; members of a list are more alike.
KIN, KIN_LISTED = 0.4, 0.6
MOST = 6  # sentences of one part, and
MOST_FACTS = 2  # of one that a single name, figure or date answers; the second is likely, too

_FACTS: frozenset[Kind] = frozenset({"date", "number", "person", "body", "place"})
_NAMED = ("person", "body", "place")
_PARTS = re.compile(r",?\s+(?:and|or)\s+(?=(?:who|whom|when|where|why|how|what|which)\b)", re.I)

_REASON = re.compile(
    r"\W*(?:(?:the|one|its|their) (?:main )?reason|(?:this|that|it) (?:is|was) because)\b", re.I
)
_LEANING = re.compile(r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their)\b", re.I)


class QuotesWriter:
    """Selects and orders the sentences that answer; nothing can be invented. Deterministic."""

    name = "quotes"

    def __init__(self, reader: EvidenceReader) -> None:
        self._reader = reader

    def load(self) -> None:
        """Load the models that read now."""
        self._reader.load()

    def write(self, question: str, passages: Sequence[Passage]) -> Draft:
        """Return the sentences of ``passages`` that answer each part of ``question``."""
        if not terms(question):
            nothing = f"{NOT_FOUND} The question names nothing to look for."
            return Draft("not_found", message=nothing)
        readings = [self._reader.read(analyse(part), passages) for part in parts(question)]
        chosen = [self._choose(evidence) for evidence in readings]
        drafted = _unique(
            [
                self._drafted(evidence, n)
                for evidence, found in zip(readings, chosen, strict=True)
                for n in found
            ]
        )
        sure = max(evidence.answered for evidence in readings)
        unanswered = [e for e, found in zip(readings, chosen, strict=True) if not found]
        if not drafted:
            missing = _missing(unanswered[0])
            return Draft("not_found", message=f"{NOT_FOUND} {missing}".strip(), confidence=sure)
        if unanswered:
            open_parts = " or ".join(_asked(evidence.question.text) for evidence in unanswered)
            message = f"The documents answer part of this, but not {open_parts}."
            return Draft("partial", drafted, message, confidence=sure)
        for evidence, found in zip(readings, chosen, strict=True):
            if differing := difference(evidence, found, self._reader.closeness):
                return Draft("conflicting", drafted, differing, confidence=sure)
        cuts = (cut_short(e, found) for e, found in zip(readings, chosen, strict=True))
        cut = next((cut for cut in cuts if cut), None)
        more = f"The list is longer: {cut[0]} of its {cut[1]} items are shown." if cut else None
        return Draft("answered", drafted, more, confidence=sure)

    def _choose(self, evidence: Evidence) -> list[int]:
        """The sentences to show, in reading order; none if the passages do not answer."""
        order = fit(evidence) if evidence.answered >= REFUSE else []
        if evidence.question.about:
            likely = likeliest(evidence.chance, order, KIN) if order else []
            return _reading_order(evidence, overview(evidence, likely))
        if not order:
            return []
        if both := either(evidence, order):
            return _reading_order(evidence, both)
        share = KIN_LISTED if evidence.question.many else KIN
        chosen, differing = likeliest(evidence.chance, order, share), list[int]()
        if not evidence.question.many:
            differing = contradicting(evidence, order[0], self._reader.closeness)
        if evidence.question.kind == "other":
            chosen += [n for n in differing[:1] if n not in chosen]
        if evidence.question.kind in _FACTS and not evidence.question.many:
            named = evidence.question.kind in _NAMED
            more = differing or [n for n in chosen[1:] if named and evidence.chance[n] >= LIKELY]
            chosen = [order[0], *more][:MOST_FACTS]
        if not evidence.question.many:
            likely = [n for n in order if evidence.chance[n] >= LEAST]
            chosen = rows_asked_for(evidence, chosen, likely)
        if _leans(evidence, chosen[0]) and chosen[0] - 1 not in chosen:
            chosen.append(chosen[0] - 1)
        if evidence.question.kind == "reason":
            chosen += [n for n in _reasons_behind(evidence, chosen) if n not in chosen]
        return _reading_order(evidence, chosen if differing else with_lists(evidence, chosen))

    def _drafted(self, evidence: Evidence, n: int) -> Drafted:
        candidate = evidence.candidates[n]
        return Drafted(candidate.text, (candidate,), self._highlights(evidence, n))

    def _highlights(self, evidence: Evidence, n: int) -> tuple[tuple[int, int], ...]:
        """The words of the sentence that are of the kind asked for."""
        text, question = evidence.candidates[n].text, evidence.question
        match question.kind:
            case "date":
                return tuple(times(text, question))
            case "number":
                found = counted(question, evidence.candidates[n], self._reader.closeness)
                return tuple((q.start, q.end) for q in found)
            case "person":
                return tuple(actors(text, question))
            case "body":
                return tuple(bodies(text, question))
            case "place":
                return tuple(places(text, question))
        return ()


def parts(question: str) -> list[str]:
    """Split "when was X founded and who leads it" into its questions, each standing alone."""
    found = [part.strip() for part in _PARTS.split(question) if part.strip()]
    first = [Message(role="user", content=found[0])] if found else []
    return [*found[:1], *(standalone(part, first) for part in found[1:])]


def _reading_order(evidence: Evidence, chosen: list[int]) -> list[int]:
    """Best passage first, sentences of one passage as they stand in it."""
    first = {evidence.candidates[n].passage.id: k for k, n in reversed(list(enumerate(chosen)))}
    where = evidence.candidates
    return sorted(chosen, key=lambda n: (first[where[n].passage.id], where[n].start))


def fit(evidence: Evidence) -> list[int]:
    """Return the candidates that may be shown, likeliest first: they meet what is demanded.

    The names and figures of a question must be given. What a list asks for is less certain to have
    the form that was demanded, and so is who, what body, where and how many.
    """
    if not evidence.order:
        return []
    gaps, least = evidence.gaps, NEAR * float(evidence.chance[evidence.order[0]])
    named = [n for n in evidence.order if not any(g.kind in ("name", "figure") for g in gaps[n])]
    if evidence.question.many:
        wanted = [named]
    else:
        full = [n for n in named if not gaps[n]]
        open_kind = [n for n in named if _may_be_of_kind(evidence, n)]
        if evidence.answered < SURE:
            wanted = [full]
        elif _likelier_by_far(evidence, open_kind, full):
            wanted = [open_kind]
        else:
            wanted = [full, open_kind]
    return next((order for order in wanted if order and evidence.chance[order[0]] >= least), [])


def _may_be_of_kind(evidence: Evidence, n: int) -> bool:
    """Whether a sentence may give what is asked for in another form: "visitors" for guests."""
    kinds = {gap.kind for gap in evidence.gaps[n]}
    counts = "number" not in kinds or bool(quantities(evidence.candidates[n].text))
    return counts and kinds <= {*_NAMED, "number"}


def _likelier_by_far(evidence: Evidence, one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the best of ``one`` leaves that of ``other`` far behind."""
    if not one or not other:
        return False
    return bool(evidence.chance[other[0]] < NEAR_NAMED * evidence.chance[one[0]])


def likeliest(chance: Vectors, order: Sequence[int], share: float = 0.0) -> list[int]:
    """Return the sentences of ``order``, likeliest first, that are worth showing together.

    None has less than ``share`` of the first one's chance.

    As many as make the expected F1 largest, where each is in the answer independently with its
    ``chance`` (Lewis 1995, "Evaluating and optimizing autonomous text classification systems",
    in the form that takes 2 E[hits] / (shown + E[answers]) for E[F1]).
    """
    answers = float(chance[list(order)].sum())
    shown, hits, best = 0, 0.0, (0.0, 1)
    for n in order[:MOST]:
        if shown and chance[n] < max(LEAST, share * chance[order[0]]):
            break
        shown, hits = shown + 1, hits + float(chance[n])
        best = max(best, (2 * hits / (shown + answers), shown))
    return list(order[: best[1]])


def _reasons_behind(evidence: Evidence, chosen: Sequence[int]) -> list[int]:
    """The sentences behind chosen ones that say outright that they give their reason."""
    where = evidence.candidates
    behind = (n + 1 for n in chosen if n + 1 < len(where))
    return [
        n
        for n in behind
        if where[n].passage.id == where[n - 1].passage.id and _REASON.match(where[n].text)
    ]


def _leans(evidence: Evidence, n: int) -> bool:
    """Whether a sentence opens with a pronoun that the one before it is needed to explain.

    Nobody who asks what Yo sí puedo means asks whose "Its teachers used Yo sí puedo" are: it is
    needed if it holds words of the question that the sentence lacks, or if the pronoun may be
    what is asked for.
    """
    candidate, question = evidence.candidates[n], evidence.question
    if not candidate.before or not _LEANING.match(candidate.text):
        return False
    own, before = terms(candidate.text), terms(candidate.before)
    lacking = any(among(t, before) and not among(t, own) for t in question.terms)
    return lacking or question.of_subject


def _unique(sentences: list[Drafted]) -> list[Drafted]:
    """The sentences without repeats; of the same words in two places the first stays."""
    seen: set[str] = set()
    kept = []
    for sentence in sentences:
        key = " ".join(sentence.text.lower().split())
        if key not in seen:
            kept.append(sentence)
            seen.add(key)
    return kept


def _missing(evidence: Evidence) -> str:
    """Which demand of the question is left open by the sentence that leaves the fewest open."""
    if not evidence.order:
        return "There is nothing in them yet."
    nearest = min((evidence.gaps[n] for n in evidence.order), key=_openness)
    names = [gap.missing for gap in nearest if gap.kind in ABOUT]
    if names:
        return f"The nearest passages don't mention {' '.join(names)}."
    wanted = [gap.missing for gap in nearest]
    return f"The nearest passages don't give {' or '.join(wanted)}." if wanted else ""


def _openness(gaps: Sequence[Gap]) -> tuple[int, bool]:
    """How much a sentence leaves open; what it is about counts more than what it gives."""
    return len(gaps), any(gap.kind in ABOUT for gap in gaps)


def _asked(question: str) -> str:
    """The question in quotation marks, as the message repeats it."""
    return f"“{question.strip()}”"
