"""The sentences that could answer a question, and what speaks for each of them.

A sentence is compared with the question in several ways that fail differently: cosine of the
sentence vectors, late interaction of the token vectors (MaxSim, Khattab and Zaharia 2020, section
3.2) and coverage of the question's words, weighted by how rare they are. ``FEATURES`` names them;
``rag.scorer`` weighs them.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.embedder import Encoded, SentenceEmbedding, Vectors
from index.sentences import sentences
from rag.schema import Passage
from rag.terms import Term, same_name, terms

FEATURES = (
    "cosine",  # question and sentence
    "passage_cosine",  # question and the sentence's passage
    "late",  # mean over question terms, weighted by rarity, of the best token match
    "late_least",  # the question term whose best token match is worst
    "maxsim",  # mean over all question tokens of the best token match
    "lexical",  # share of the question's weight that stands in the sentence
    "lexical_context",  # … in the sentence, the one before, the heading or the title
    "coverage",  # as before, or in a word close in meaning
    "least_covered",  # the question term that is covered worst
    "length",  # logarithm of the characters
    "opening",  # first sentence of its passage
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a retrieved passage; ``start`` and ``end`` are in the document's text."""

    passage: Passage
    start: int
    end: int
    text: str
    before: str
    opening: bool

    @property
    def context(self) -> str:
        """What a reader knows on reaching the sentence: title, heading and sentence before."""
        return "\n".join(p for p in (self.passage.title, self.passage.heading, self.before) if p)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The candidates of one question: ``features`` (n, f) and ``covered`` (n, q) by terms (q)."""

    question: str
    terms: tuple[Term, ...]
    weights: Vectors
    candidates: tuple[Candidate, ...]
    features: Vectors
    covered: Vectors

    def feature(self, name: str) -> Vectors:
        """Return one feature of all candidates, shape (n,)."""
        return self.features[:, FEATURES.index(name)]


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Return the sentences of ``passages``, best passage first, in reading order within it."""
    found = []
    for passage in passages:
        before = ""
        for start, end in sentences(passage.text):
            text = passage.text[start:end]
            offset = passage.start
            found.append(Candidate(passage, offset + start, offset + end, text, before, start == 0))
            before = text
    return found


class EvidenceReader:
    """Computes the features of candidate sentences; keeps what it encoded for the next question."""

    def __init__(self, embedder: SentenceEmbedding, cache: int = 4096) -> None:
        self._embedder = embedder
        self._cache_size = cache
        self._cache: OrderedDict[str, Encoded] = OrderedDict()
        self._lock = threading.Lock()

    def closeness(self, one: str, other: str) -> float:
        """Return the cosine of two words or phrases, each encoded alone."""
        first, second = self._encode([one.lower(), other.lower()])
        return float(first.vector @ second.vector)

    def read(
        self, question: str, passages: Sequence[Passage], rarity: dict[str, float]
    ) -> Evidence:
        """Return the evidence in ``passages`` for ``question``.

        ``rarity`` maps the stems of the question to their inverse document frequency.
        """
        asked = terms(question) or terms(question, keep_stopwords=True)
        found = candidates(passages)
        weights = np.array([rarity.get(term.stem, 1.0) for term in asked], dtype=np.float32)
        weights = weights / max(float(weights.sum()), 1e-9)
        encoded = self._encode([question, *(c.text for c in found)])
        words = _Words(self._vectors(asked, found))
        rows, covered = [], []
        for candidate, vectors in zip(found, encoded[1:], strict=True):
            row, cover = _compare(question, asked, weights, encoded[0], candidate, vectors, words)
            rows.append(row)
            covered.append(cover)
        return Evidence(
            question,
            tuple(asked),
            weights,
            tuple(found),
            np.array(rows, dtype=np.float32).reshape(len(found), len(FEATURES)),
            np.array(covered, dtype=np.float32).reshape(len(found), len(asked)),
        )

    def _vectors(self, asked: Sequence[Term], found: Sequence[Candidate]) -> dict[str, Vectors]:
        texts = {term.text.lower() for term in asked}
        for candidate in found:
            for text in (candidate.text, candidate.passage.heading or "", candidate.passage.title):
                texts |= {term.text.lower() for term in terms(text)}
        ordered = sorted(texts)
        return {
            text: encoded.vector
            for text, encoded in zip(ordered, self._encode(ordered), strict=True)
        }

    def _encode(self, texts: Sequence[str]) -> list[Encoded]:
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, self._embedder.encode(new) if new else [], strict=True))
        with self._lock:
            self._cache.update((text, known[text]) for text in new)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        return [known[text] for text in texts]


@dataclass(frozen=True, slots=True)
class _Words:
    vectors: dict[str, Vectors]

    def closeness(self, one: Term, others: Sequence[Term]) -> float:
        if not others or one.number is not None:
            return 0.0
        rows = np.stack([self.vectors[other.text.lower()] for other in others])
        return float((rows @ self.vectors[one.text.lower()]).max())


def _compare(
    question: str,
    asked: Sequence[Term],
    weights: Vectors,
    encoded: Encoded,
    candidate: Candidate,
    vectors: Encoded,
    words: _Words,
) -> tuple[list[float], list[float]]:
    own = terms(candidate.text)
    around = terms(candidate.context)
    close = own + terms(candidate.passage.heading or "") + terms(candidate.passage.title)
    here = np.array([float(_stands_in(term, own)) for term in asked])
    nearby = np.array([float(_stands_in(term, own) or _stands_in(term, around)) for term in asked])
    covered = np.maximum(nearby, [words.closeness(term, close) for term in asked])
    matches = encoded.tokens @ vectors.tokens.T if len(vectors.tokens) else np.zeros((1, 1))
    best = matches.max(axis=1)
    late = np.array([_token_match(best, encoded.spans, term) for term in asked])
    row = [
        float(encoded.vector @ vectors.vector),
        candidate.passage.dense_score or 0.0,
        float(weights @ late),
        float(late.min(initial=1.0)),
        float(best.mean()),
        float(weights @ here),
        float(weights @ nearby),
        float(weights @ covered),
        float(covered.min(initial=1.0)),
        math.log(len(candidate.text) + 1),
        float(candidate.opening),
    ]
    return row, covered.tolist()


def _stands_in(term: Term, others: Sequence[Term]) -> bool:
    if term.number is not None:
        return any(term.number == other.number for other in others)
    return any(same_name(term.stem, other.stem) for other in others)


def _token_match(best: Vectors, spans: Vectors, term: Term) -> float:
    inside = (
        (spans[:, 0] < term.end) & (spans[:, 1] > term.start) if len(spans) == len(best) else []
    )
    return float(best[inside].mean()) if np.any(inside) else 0.0
