"""Figures in a text and what they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.language import parse
from rag.questions import date_spans
from rag.terms import terms

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_ADVERBS = frozenset(
    [
        "more",
        "than",
        "over",
        "around",
        "about",
        "some",
        "nearly",
        "almost",
        "up",
        "to",
        "least",
        "estimated",
    ]
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """The figure at characters ``start`` to ``end``, its ``value`` and the ``thing`` it counts."""

    value: float
    start: int
    end: int
    thing: str


def quantities(text: str) -> list[Quantity]:
    """Return the figures of ``text`` that are no dates, in order, with what they count.

    "572 Comprehensive Diagnostic Centers (CDI)" counts "Comprehensive Diagnostic Centers CDI":
    the nouns and adjectives that follow, an abbreviation in brackets, and one "of" phrase. A figure
    that nothing follows counts what the one before it counts.
    """
    doc = parse(text)
    dated = date_spans(text)
    found: list[Quantity] = []
    for term in terms(text):
        if term.number is None or any(start <= term.start < end for start, end in dated):
            continue
        thing = _thing(doc, term.end) or (found[-1].thing if found else "")
        found.append(Quantity(term.number, term.start, term.end, thing))
    return found


def _thing(doc: Doc, offset: int) -> str:
    words: list[str] = []
    for token in (token for token in doc if token.idx >= offset):
        if _continues(token, bool(words)):
            if token.pos_ in ("NOUN", "PROPN", "ADJ", "VERB"):
                words.append(token.text)
        elif words or token.pos_ not in ("SYM", "NUM"):
            break
        if len(words) >= 5:
            break
    return " ".join(words)


def _continues(token: Token, begun: bool) -> bool:
    if token.pos_ in ("NOUN", "PROPN", "ADJ", "DET") or token.dep_ == "poss":
        return True
    if token.pos_ == "VERB":  # "house-to-house visits", "trained doctors"
        return not begun and token.dep_ == "amod"
    return token.lower_ in ("of", "-", "–", "‑", "(", "to") or token.lower_ in _ADVERBS
