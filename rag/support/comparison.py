"""A sentence laid against the text it cites: which word matches which, and in which sentence."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.embedder import Vectors
from rag.support.figures import Figure, same_figure
from rag.support.reading import Reading, Word
from rag.terms import same_name

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or figure: the words ``first`` to ``last`` (one past) of a reading."""

    first: int
    last: int
    text: str
    figure: Figure | None = None

    @property
    def words(self) -> tuple[int, int]:
        """Its place among the words of the reading."""
        return self.first, self.last

    def kind(self) -> str:
        """What it may be mistaken for: a year for a year, a name for a name."""
        if self.figure is None:
            return "name"
        return self.figure.kind if self.figure.kind in ("date", "percent") else "number"


def mentions(reading: Reading) -> list[Mention]:
    """Return the figures and names of ``reading`` in order, each name as one run of words."""
    found = []
    taken: set[int] = set()
    for figure in reading.figures:
        places = reading.word_at(figure.start, figure.end)
        if places and not figure.vague:
            found.append(Mention(places[0], places[-1] + 1, figure.text, figure))
            taken.update(places)
    run: list[int] = []
    for n, word in enumerate([*reading.words, None]):
        joined = bool(run) and word is not None and _adjoins(reading, run[-1], n)
        named = word is not None and n not in taken and _is_name(reading, n)
        if run and not (joined and named):
            found.append(_run(reading, run))
            run = []
        if named:
            run.append(n)
    return sorted(found, key=lambda mention: mention.first)


def _is_name(reading: Reading, n: int) -> bool:
    """A capital that is not due to a start; at a start, if a name goes on or is one elsewhere."""
    word = reading.words[n]
    if word.name:
        return True
    if not (word.opens and word.content and word.text[0].isupper()):
        return False
    follows = (
        n + 1 < len(reading.words) and reading.words[n + 1].name and _adjoins(reading, n, n + 1)
    )
    return follows or any(reading.words[at].name for at in reading.where[word.stem])


def _adjoins(reading: Reading, one: int, other: int) -> bool:
    words = reading.words
    gap = reading.text[words[one].end : words[other].start]
    return gap.strip() in ("", ".", "-", "'s", "’s") and len(gap) < 5 and "\n" not in gap


def _run(reading: Reading, run: list[int]) -> Mention:
    words = reading.words
    return Mention(run[0], run[-1] + 1, reading.text[words[run[0]].start : words[run[-1]].end])


def starts(reading: Reading) -> npt.NDArray[np.intp]:
    """Return where in the words of ``reading`` each sentence that has words begins, (k,)."""
    return np.flatnonzero(np.diff(reading.of_sentence, prepend=-1))


class Comparison:
    """``claim`` against ``source``; ``m`` and ``n`` are their numbers of words."""

    def __init__(self, claim: Reading, source: Reading, with_vectors: bool) -> None:
        self.claim = claim
        self.source = source
        self.with_vectors = with_vectors

    @cached_property
    def same(self) -> Flags:
        """Whether a word of the claim and one of the source are the same or derived, (m, n)."""
        table = np.zeros((len(self.claim.words), len(self.source.words)), dtype=bool)
        for n, word in enumerate(self.claim.words):
            table[n, _matches(word, self.source)] = True
        for said, rows in zip(self.claim.figures, self.claim.figure_words, strict=True):
            for given, places in zip(self.source.figures, self.source.figure_words, strict=True):
                if same_figure(said, given):
                    for row in rows:
                        table[row, places] = True
        return table

    @cached_property
    def has(self) -> Floats:
        """1 for each word of the claim that the source has, else 0, (m,)."""
        return np.asarray(self.same.any(axis=1), dtype=np.float32)

    @cached_property
    def close(self) -> Floats:
        """Cosine of each pair of words where they stand, (m, n); 1 or 0 without vectors."""
        if not self.with_vectors or not len(self.claim.words) or not len(self.source.words):
            return self.same.astype(np.float32)
        return products(self.claim.vectors, self.source.vectors)

    @cached_property
    def likeness(self) -> Floats:
        """How far one word stands for another in [0, 1], (m, n): the same, or close in use."""
        soft = np.clip((self.close - 0.3) / 0.6, 0, 1)
        blended = np.maximum(0.7 * soft + 0.3 * self.same, 0.6 * self.same)
        return np.asarray(blended, dtype=np.float32)

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """Where in the source's words each sentence that has words begins, (k,)."""
        return self.source.kept(starts)

    @cached_property
    def covers(self) -> Flags:
        """Whether each sentence of the source has each word of the claim, (m, k)."""
        return np.logical_or.reduceat(self.same, self.starts, axis=1)

    @cached_property
    def nears(self) -> Floats:
        """The closest word in each sentence of the source, (m, k)."""
        return np.maximum.reduceat(self.close, self.starts, axis=1)

    @cached_property
    def support_of(self) -> Floats:
        """How much of the claim each sentence of the source carries, in [0, 1], (k,)."""
        weights = self.claim.weights
        total = max(float(weights.sum()), 1e-6)
        lexical = weights @ self.covers / total
        if not self.with_vectors:
            return np.asarray(lexical, dtype=np.float32)
        return np.asarray(0.5 * lexical + 0.5 * (weights @ self.nears) / total, dtype=np.float32)

    @cached_property
    def best(self) -> list[int]:
        """The sentences of the source, those that carry most of the claim first."""
        return [int(n) for n in np.argsort(-self.support_of, kind="stable")]

    def span(self, sentence: int) -> tuple[int, int]:
        """The words of the ``sentence``-th sentence of the source that has any."""
        after = sentence + 1 < len(self._starts)
        last = self._starts[sentence + 1] if after else len(self.source.words)
        return self._starts[sentence], last

    def sentence_of(self, word: int) -> int:
        """The sentence, counted as in ``starts``, of a word of the source."""
        return bisect_right(self._starts, word) - 1

    @cached_property
    def _starts(self) -> list[int]:
        return [int(n) for n in self.starts]

    @cached_property
    def said(self) -> list[Mention]:
        """Names and figures of the claim; a lone capital at its start if the source names it."""
        found = [*self.claim.kept(mentions)]
        first = self.claim.words[0] if self.claim.words else None
        if (
            first
            and first.content
            and first.text[0].isupper()
            and not any(m.first == 0 for m in found)
        ):
            places = self.source.where.get(first.stem, [])
            if any(self.source.words[n].name for n in places):
                found.insert(0, Mention(0, 1, first.text))
        return found

    @cached_property
    def given(self) -> list[Mention]:
        """Names and figures of the source."""
        return [*self.source.kept(mentions)]


def _matches(word: Word, source: Reading) -> list[int]:
    places = source.where.get(word.stem)
    if places is not None or not word.content:
        return places or []
    if word.text[0].isupper() or word.folded[:1].isdigit():
        alike = source.by_start.get(word.stem[:2], ())
        return [n for stem in alike if same_name(word.stem, stem) for n in source.where[stem]]
    return []


# OpenBLAS shares a product out among threads from these numbers of multiplications on, of a matrix
# and of a vector. They wait for each other by spinning: on a busy machine 0.1 ms become 100.
_SHARED, _SHARED_VECTOR = 4 * 65_536, 4 * 2_304


def products(rows: Vectors, others: Vectors) -> Floats:
    """Return ``rows @ others.T``, worked out in parts too small to be shared out among threads."""
    most = _SHARED if len(rows) > 1 else _SHARED_VECTOR - 1
    step = max(1, most // max(rows.size, 1))
    parts = [rows @ others[n : n + step].T for n in range(0, len(others), step)]
    return np.asarray(np.concatenate(parts, axis=1), dtype=np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Return the mean of ``vectors`` (n, d), of unit length, shape (d,)."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
