"""The words of a text as a search compares them: folded, stemmed, with figures as values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

import snowballstemmer

from index.stopwords import STOPWORDS

_STEMMER = snowballstemmer.stemmer("english")

_TOKEN = re.compile(
    r"""(?P<acronym>(?-i:(?:[A-Z]\.){2,}))
      | (?P<code>(?<![^\W_])[^\W\d_]{1,5}\d+[^\W_]*)
      | (?P<number>\d+(?:[.,]\d+)*)
        (?:(?P<gap>[\s ]?)(?P<scale>(?:thousand|million|billion|trillion|bn|mn)\b|%))?
      | (?P<word>(?:[^\W\d_][\u0300-\u036f]*)+(?:['’](?!s\b)(?:[^\W\d_][\u0300-\u036f]*)+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCALE = {
    "thousand": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
}

# Beyond the stop words: words that say how something is put, not what it is about.
_HOW_IT_IS_PUT = (
    "upon within without toward towards else ever few every less per via like go goes going gets "
    "get getting got let make makes made know really exactly actually happen happened happens "
    "saying show name now thing things kind kinds sort type something someone anyone anything "
    "used using use yes yet since thus therefore hence however whether mine"
)
# How alike a word and one in which a slip may be are (``difflib``), and how many letters they have.
_SLIP, _LEAST_SLIP = 0.85, 6
_FILLERS = STOPWORDS | frozenset(_HOW_IT_IS_PUT.split())


@dataclass(frozen=True, slots=True)
class Term:
    """One content word or figure of a text, at characters ``start`` to ``end`` of it."""

    text: str
    stem: str
    start: int
    end: int
    name: bool
    number: float | None

    @property
    def is_code(self) -> bool:
        """Whether it is made of letters and digits: "E2"."""
        return self.number is None and any(map(str.isdigit, self.text))


def fold(text: str) -> str:
    """Return ``text`` in lower case without accents, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the folded English stem of ``word`` (Porter 2, snowballstem.org)."""
    return str(_STEMMER.stemWord(fold(word).replace("’", "'").removesuffix("'s")))


def terms(text: str, keep_stopwords: bool = False) -> list[Term]:
    """Return the content words and figures of ``text`` in order.

    A word is a ``name`` when it is capitalised where the language does not ask for it: not at
    the start of the text or of a sentence; a code ("E2", "P680") always is one. A figure with a
    magnitude is one term, valued: "1.5 million" and "1,500,000" both have ``number`` 1500000.
    """
    found = []
    for match in _TOKEN.finditer(text):
        if match["number"]:
            found.append(_figure(match))
        elif match["acronym"]:
            letters = match.group().replace(".", "")
            found.append(Term(match.group(), letters.lower(), *match.span(), True, None))
        elif match["code"]:
            found.append(Term(match.group(), fold(match.group()), *match.span(), True, None))
        elif keep_stopwords or _is_content(match.group()):
            found.append(_word(text, match))
    return found


def stems(text: str) -> set[str]:
    """Return the stems of the content words of ``text``."""
    return {term.stem for term in terms(text)}


_DERIVED = re.compile(r"(?:n|an|ian|ean|ese|i)?s?")


def same_name(one: str, other: str) -> bool:
    """Return whether two folded names are one, or one is derived from the other (Cuba, Cuban)."""
    if one == other or any(map(str.isdigit, one + other)):  # E10 is not E100
        return one == other
    short, long = sorted((one, other), key=len)
    if len(short) < 3 or not long.startswith(short[:-1]):
        return False
    if long == short + short[-1]:  # program, programme
        return True
    if long.startswith(short):
        return _DERIVED.fullmatch(long[len(short) :]) is not None
    ending = long[len(short) - 1 :]  # Mexico, Mexican
    return short[-1] in "aeioy" and ending != "s" and _DERIVED.fullmatch(ending) is not None


def same_term(one: Term, other: Term) -> bool:
    """Return whether two terms are the same figure, or the same or a derived word."""
    if one.number is not None:
        return one.number == other.number
    return same_name(one.stem, other.stem)


def among(term: Term, others: Iterable[Term]) -> bool:
    """Return whether ``term`` is one of ``others``, in this form or a derived one."""
    return any(same_term(term, other) for other in others)


def values(found: Iterable[Term]) -> set[float]:
    """Return the values of the figures among ``found``."""
    return {term.number for term in found if term.number is not None}


def _is_content(word: str) -> bool:
    return (word.isupper() and len(word) > 1) or fold(word) not in _FILLERS


def _word(text: str, match: re.Match[str]) -> Term:
    word = match.group()
    capital = word[0].isupper()
    name = capital and (not _starts_sentence(text, match.start()) or word[1:2].isupper())
    return Term(word, stem(word), *match.span(), name, None)


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘«([*-–•")
    return not before or before[-1] in ".!?:\n…"


def _figure(match: re.Match[str]) -> Term:
    digits, scale = match["number"], (match["scale"] or "").lower()
    value = float(_value(digits) * _SCALE.get(scale, 1))
    start, end = match.start(), match.end() if scale else match.end("number")
    shown = f"{value:.12g}{'%' if scale == '%' else ''}"
    return Term(match.string[start:end], shown, start, end, False, value)


def _value(digits: str) -> Decimal:
    """Read "10,000", "1.571" and "1.500.000"; a lone comma before three digits groups them."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
        return Decimal(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", digits):
        return Decimal(digits.replace(".", ""))
    if re.fullmatch(r"\d+,\d+", digits):
        return Decimal(digits.replace(",", "."))
    plain = re.match(r"\d+(\.\d+)?", digits)
    return Decimal(plain.group()) if plain else Decimal(0)


def mistyped(typed: Term, there: Sequence[Term]) -> bool:
    """Return whether a word is one of others but for a slip: "stiches", or "xray" for "X-ray".

    The first letter is right.
    """
    word, words = fold(typed.text), [fold(term.text) for term in there]
    written = [*words, *(one + other for one, other in pairwise(words))]
    if word in written or len(word) < _LEAST_SLIP:
        return word in written
    alike = [w for w in written if w[0] == word[0] and abs(len(w) - len(word)) < 2]
    return bool(get_close_matches(word, alike, n=1, cutoff=_SLIP))
