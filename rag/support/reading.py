"""A text taken apart once, as the grounding check reads it."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from index.embedder import Encoded, Vectors
from index.sentences import sentences
from index.stopwords import STOPWORDS
from rag.support.figures import Figure, figures
from rag.support.weights import document_frequency
from rag.terms import fold, stem

if TYPE_CHECKING:
    import numpy.typing as npt

Made = TypeVar("Made")
Encode = Callable[[Sequence[str]], list[Encoded]]

WINDOW = 900  # characters encoded at once; the model reads about 250 tokens

# "did n't" and "it 's" as tokenised corpora write them are one word and an ending.
_WORD = re.compile(
    r"(?P<negated>[^\W\d_]+?n['’]t|\bn['’]t)\b"
    r"|(?:[^\W\d_]\.){2,}|\d[\d.,]*\d|\d|[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*"
)
_MARKER = re.compile(r"\[\d{1,3}\](?:\[\d{1,3}\])*|\[citation needed\]", re.IGNORECASE)
_BREAK = re.compile(r"[.!?:;…\n\"“”‘«»(\[]\s*[\"'“‘«([*–•-]*\s*$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word at characters ``start`` to ``end``, in sentence ``sentence`` of the text.

    ``weight`` is its inverse document frequency, 0 for stop words; ``name`` says that it is
    capitalised where the language does not ask for it.
    """

    text: str
    folded: str
    stem: str
    start: int
    end: int
    sentence: int
    weight: float
    name: bool
    opens: bool

    @property
    def content(self) -> bool:
        """Whether it says what the text is about."""
        return self.weight > 0


class Reading:
    """A text with what the check needs of it, each part worked out at first use and kept."""

    def __init__(self, text: str, encode: Encode | None = None) -> None:
        self.text = _MARKER.sub(lambda match: " " * len(match.group()), text)
        self._encode = encode
        self._kept: dict[Callable[[Reading], Any], Any] = {}

    def kept(self, make: Callable[[Reading], Made]) -> Made:
        """Return ``make(self)``, worked out once: what other modules read off a text."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return cast("Made", self._kept[make])

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """The spans of its sentences."""
        return sentences(self.text) or [(0, len(self.text))]

    @cached_property
    def words(self) -> list[Word]:
        """Its words in order, stop words included."""
        found = []
        spans, number = self.sentences, 0
        lead = len(self.text) - len(self.text.lstrip())
        for match in _WORD.finditer(self.text):
            while number + 1 < len(spans) and match.start() >= spans[number + 1][0]:
                number += 1
            found.append(_word(self.text, match, number, lead))
        return found

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Its numbers and dates."""
        return figures(self.text)

    @cached_property
    def where(self) -> dict[str, list[int]]:
        """The places of each stem among ``words``."""
        places: dict[str, list[int]] = {}
        for n, word in enumerate(self.words):
            places.setdefault(word.stem, []).append(n)
        return places

    @cached_property
    def by_start(self) -> dict[str, list[str]]:
        """The stems by their first two letters, which the forms of a name share."""
        found: dict[str, list[str]] = {}
        for root in self.where:
            found.setdefault(root[:2], []).append(root)
        return found

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """The weight of each word, shape (n,)."""
        return np.array([word.weight for word in self.words], dtype=np.float32)

    @cached_property
    def of_sentence(self) -> npt.NDArray[np.int64]:
        """The sentence of each word, shape (n,)."""
        return np.array([word.sentence for word in self.words], dtype=np.int64)

    @cached_property
    def parts(self) -> list[npt.NDArray[np.bool_]]:
        """Which words each sentence that has words has, (n,) for each."""
        return [self.of_sentence == n for n in sorted({word.sentence for word in self.words})]

    @cached_property
    def vectors(self) -> Vectors:
        """A unit vector for each word where it stands, shape (n, d); needs an encoder."""
        assert self._encode is not None
        return _word_vectors(self, self._encode)

    @cached_property
    def vector(self) -> Vectors:
        """The mean of its word vectors, of unit length, shape (d,)."""
        mean = self.vectors.mean(axis=0) if len(self.words) else np.zeros(1, dtype=np.float32)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)

    @cached_property
    def figure_words(self) -> list[list[int]]:
        """The places among ``words`` of each of ``figures``."""
        return [self.word_at(figure.start, figure.end) for figure in self.figures]

    @cached_property
    def _ends(self) -> list[int]:
        return [word.end for word in self.words]

    def word_at(self, start: int, end: int) -> list[int]:
        """The places among ``words`` of those that lie in the characters ``start`` to ``end``."""
        first = last = bisect_right(self._ends, start)
        while last < len(self.words) and self.words[last].start < end:
            last += 1
        return list(range(first, last))


def _word(text: str, match: re.Match[str], sentence: int, lead: int) -> Word:
    """The word of a match; the text begins after ``lead`` characters of white space."""
    word = match.group()
    folded, root, weight = _form(word, bool(match["negated"]))
    start = match.start()
    opens = start <= lead or _BREAK.search(text[max(0, start - 12) : start]) is not None
    capital = word[0].isupper() and (not opens or word[1:2].isupper())
    name = capital and (weight > 0 or word.isupper()) and folded != "i"
    return Word(word, folded, root, *match.span(), sentence, weight, name, opens)


@lru_cache(maxsize=50_000)
def _form(word: str, negated: bool) -> tuple[str, str, float]:
    """A word folded, its stem and its weight."""
    folded = fold(word)
    if negated:
        return folded, "not", 0.0
    root = _stem_of(word)
    return folded, root, 0.0 if folded in STOPWORDS else rarity(root)


def _stem_of(word: str) -> str:
    return stem(word.replace(".", "") if re.fullmatch(r"(?:[^\W\d_]\.){2,}", word) else word)


@lru_cache(maxsize=50_000)
def rarity(root: str) -> float:
    """Return the inverse document frequency of a stem, 1 for the rarest.

    ``log(N / (1 + df)) / log N`` over the passages the model was trained on (Sparck Jones 1972).
    """
    total, frequency = document_frequency()
    return max(0.05, math.log(total / (1 + frequency.get(root, 0))) / math.log(total))


def _word_vectors(reading: Reading, encode: Encode) -> Vectors:
    windows = _windows(reading)
    encoded = encode([reading.text[start:end] for start, end in windows])
    width = encoded[0].tokens.shape[1] if encoded else 1
    vectors = np.zeros((len(reading.words), width), dtype=np.float32)
    starts = np.array([word.start for word in reading.words])
    ends = np.array([word.end for word in reading.words])
    for (offset, _), part in zip(windows, encoded, strict=True):
        if not len(part.tokens):
            continue
        at = np.searchsorted(ends, part.spans[:, 0] + offset, side="right")
        inside = (at < len(starts)) & (part.spans[:, 1] > part.spans[:, 0])
        inside[inside] &= starts[at[inside]] < part.spans[inside, 1] + offset
        np.add.at(vectors, at[inside], part.tokens[inside])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)


def _windows(reading: Reading) -> list[tuple[int, int]]:
    """Runs of whole sentences of at most about ``WINDOW`` characters, to encode one by one."""
    found: list[tuple[int, int]] = []
    for start, end in reading.sentences:
        if found and end - found[-1][0] <= WINDOW:
            found[-1] = (found[-1][0], end)
        else:
            found += [(at, min(at + WINDOW, end)) for at in range(start, end, WINDOW)]
    return found
