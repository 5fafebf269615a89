"""The sentences that could answer a question, and what speaks for each of them.

A sentence is compared with the question token by token (late interaction, "MaxSim": Khattab and
Zaharia 2020, section 3.2). The tokens are encoded in their passage, under
its title and heading, so that "He received him there" carries who and where (late chunking:
Günther et al. 2024, section 3). To this comes what the trained reader makes of the question and
the passage read together (``rag/reading.py``): it knows a sentence that answers from one that is
only about the same thing. Both, and the demands of the question that a sentence leaves open, make
the chance that it answers (``rag/chances.py``).
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.embedder import Encoded, SentenceEmbedding, Vectors
from index.lists import MARKER
from index.sentences import sentences
from rag.chances import Signs, chances, promise
from rag.questions import Question
from rag.reading import CrossReader, Page
from rag.refusal import Gap, gaps
from rag.schema import Passage

# A sentence that answers may leave to the one before what it speaks of; half weight, measured on
# the dev halves of our sets and on ClapNQ (docs/experiments.md).
PAIR_WEIGHT = 0.5
PARAGRAPH = 3  # sentences before it in its paragraph that a sentence goes on from
LOOKED_AT = 12  # candidates whose gaps are examined, the most promising
# Chances that the passages answer between which the small reader leaves it to the large one, if
# there is one, and the chance that a sentence must have if it is sure that they do; chosen by what
# both say on the dev halves (docs/experiments.md).
UNSURE, UNSURE_WHICH = (0.05, 0.6), 0.6

_FRAME = 120  # characters of title and of heading that the model reads before a passage
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|this|that|these|those|there|both)\b", re.I
)
_SAYS_NOTHING = re.compile(r"[\W_]*(?:\d{1,3}[\W_]*)?")  # "4.", "* * *", the number of a page


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a retrieved passage; ``start`` and ``end`` are in the document's text.

    ``before`` is the sentence before it in the passage. ``led_by`` are those that it goes on from:
    the ones before it in its paragraph, or the last of the paragraph before if a pronoun in it may
    mean that; they may stand in the passage before.
    """

    passage: Passage
    start: int
    end: int
    text: str
    before: str = ""
    led_by: tuple[str, ...] = ()

    @property
    def around(self) -> str:
        """What it is about by its place: title, heading, the sentences it goes on from."""
        parts = (self.passage.title, self.passage.heading, *self.led_by)
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The candidates of one question, and how likely each is to answer it.

    ``answered`` is the chance that the passages answer at all, ``chance`` (n,) that a candidate
    does if they do. ``gaps`` are the demands of the question that a candidate leaves open, for
    those that were looked at; the others have no chance.
    """

    question: Question
    candidates: tuple[Candidate, ...]
    answered: float
    chance: Vectors
    gaps: dict[int, list[Gap]]

    @property
    def order(self) -> list[int]:
        """The candidates that were looked at, the likeliest first."""
        return sorted(self.gaps, key=lambda n: (-float(self.chance[n]), n))


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Return the sentences of ``passages``, best passage first, in reading order within it.

    A line without a word, such as a page's number, is none.
    """
    found = []
    for passage in passages:
        led, gap = _leading(passage.before)
        before, last = "", 0
        for start, end in sentences(passage.text):
            if _SAYS_NOTHING.fullmatch(passage.text, start, end):
                continue
            bullet = MARKER.match(passage.text, start, end)
            begin = bullet.end() if bullet and bullet.end() < end else start
            text = passage.text[begin:end]
            led = _led(led, gap + passage.text[last:start], text)
            place = (passage.start + begin, passage.start + end)
            found.append(Candidate(passage, *place, text, before, tuple(led)))
            led, gap, before, last = [*led, text], "", text, end
    return found


def _leading(before: str) -> tuple[list[str], str]:
    """The sentences that the end of the passage before leaves in place, and the gap behind them."""
    led: list[str] = []
    last = 0
    for start, end in sentences(before):
        led = [*_led(led, before[last:start], before[start:end]), before[start:end]]
        last = end
    return led, before[last:]


def _led(led: list[str], gap: str, text: str) -> list[str]:
    """What of ``led``, the sentences so far, ``text`` goes on from; ``gap`` is between them.

    A line of its own may be a row or an item, of which each has its own subject: it goes on from
    the line before at most.
    """
    if "\n\n" in gap:
        return led[-1:] if _PRONOUN.search(text) else []
    return led[-1:] if "\n" in gap else led[-PARAGRAPH:]


class EvidenceReader:
    """Scores candidate sentences; keeps what it encoded for the next question. Thread-safe."""

    def __init__(
        self,
        embedder: SentenceEmbedding,
        reader: CrossReader,
        second: CrossReader | None = None,
        cache: int = 256,
    ) -> None:
        self._embedder = embedder
        self._reader = reader
        self._second = second  # asked where the first is unsure
        self._cache_size = cache  # passages, about 0.25 MB each
        self._cache: OrderedDict[str, Encoded] = OrderedDict()
        # Who judges what a language model writes asks what the quotes before it asked.
        self._recent: deque[tuple[Question, tuple[Passage, ...], Evidence]] = deque(maxlen=4)
        self._lock = threading.Lock()
        self._phrase = lru_cache(maxsize=20_000)(lambda text: embedder.embed([text])[0])

    def load(self) -> None:
        """Load its models now."""
        self._embedder.load()
        self._reader.load()
        if self._second:
            self._second.load()

    def read(self, question: Question, passages: Sequence[Passage]) -> Evidence:
        """Return every sentence of ``passages`` with its chance to answer ``question``."""
        asked = (question, tuple(passages))
        with self._lock:
            for *known, evidence in self._recent:
                if tuple(known) == asked:
                    return evidence
        evidence = self._read(question, passages, self._reader)
        if self._second and _unsure(evidence):
            evidence = self._read(question, passages, self._second)
        with self._lock:
            self._recent.append((*asked, evidence))
        return evidence

    def _read(
        self, question: Question, passages: Sequence[Passage], reader: CrossReader
    ) -> Evidence:
        found, signs = self.signs(question, passages, reader)
        order = np.argsort(-promise(signs), kind="stable")[:LOOKED_AT].tolist()
        missing = {n: gaps(question, found[n], self.closeness) for n in order}
        answered, chance = chances(signs, missing, reader.size)
        return Evidence(question, tuple(found), answered, chance, missing)

    def signs(
        self,
        question: Question,
        passages: Sequence[Passage],
        reader: CrossReader | None = None,
    ) -> tuple[list[Candidate], Signs]:
        """Return every sentence of ``passages``, and what the models say of each.

        ``reader`` is the one that says it, the first if None.
        """
        found = candidates(passages)
        asked, *encoded = self._encode([question.text, *map(_framed, passages)])
        of = dict(zip((passage.id for passage in passages), encoded, strict=True))
        matched = np.array([_matched(asked, of[c.passage.id], c) for c in found], dtype=np.float32)
        near = np.array([c.passage.dense_score or 0.0 for c in found], dtype=np.float32)
        judged = _judged(reader or self._reader, question, passages, found)
        return found, Signs(matched, *judged, near)

    def closeness(self, one: str, other: str) -> float:
        """Return the cosine of two words or phrases, each encoded alone."""
        return float(self._phrase(one.lower()) @ self._phrase(other.lower()))

    def _encode(self, texts: Sequence[str]) -> list[Encoded]:
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, self._embedder.encode(new) if new else [], strict=True))
        with self._lock:
            self._cache.update((text, known[text]) for text in new)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        return [known[text] for text in texts]


def _unsure(evidence: Evidence) -> bool:
    """Whether it is open if there is an answer, or, if there is, which sentence is it."""
    if evidence.answered >= UNSURE[1]:
        return all(evidence.chance[n] < UNSURE_WHICH for n in evidence.gaps)
    return evidence.answered >= UNSURE[0]


def _judged(
    reader: CrossReader,
    question: Question,
    passages: Sequence[Passage],
    found: Sequence[Candidate],
) -> tuple[Vectors, Vectors]:
    """The trained reader's log-odds that each candidate answers, and that its passage does."""
    spans: dict[str, list[tuple[int, int]]] = {passage.id: [] for passage in passages}
    for c in found:
        spans[c.passage.id].append((c.start - c.passage.start, c.end - c.passage.start))
    pages = [Page(_frame(p).strip(), p.text, tuple(spans[p.id])) for p in passages]
    readings = reader.read(question.text, pages)
    none = np.zeros(0, dtype=np.float32)
    odds = [none, *(reading.sentences for reading in readings)]
    whole = [none, *(np.full(len(r.sentences), r.whole, dtype=np.float32) for r in readings)]
    return np.concatenate(odds), np.concatenate(whole)


def _frame(passage: Passage) -> str:
    parts = (passage.title[:_FRAME], (passage.heading or "")[-_FRAME:])
    return "".join(f"{part}\n" for part in parts if part)


def _framed(passage: Passage) -> str:
    return _frame(passage) + passage.text


def _matched(asked: Encoded, passage: Encoded, candidate: Candidate) -> float:
    """MaxSim of the question in the sentence, and at ``PAIR_WEIGHT`` with the one before it."""
    shift = len(_frame(candidate.passage)) - candidate.passage.start
    start, end = candidate.start + shift, candidate.end + shift
    own = _tokens(passage, start, end)
    if not len(own) or not len(asked.tokens):  # cut off: the model reads a limited length
        return 0.0
    pair = _tokens(passage, start - len(candidate.before) - 2, end) if candidate.before else own
    return _maxsim(asked.tokens, own) + PAIR_WEIGHT * _maxsim(asked.tokens, pair)


def _tokens(passage: Encoded, start: int, end: int) -> Vectors:
    return passage.tokens[(passage.spans[:, 0] < end) & (passage.spans[:, 1] > start)]


def _maxsim(asked: Vectors, tokens: Vectors) -> float:
    return float((asked @ tokens.T).max(axis=1).mean())
