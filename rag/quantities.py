"""Figures in a text, what they count, and what they measure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Literal

from rag.language import parse
from rag.support.figures import Figure, figures
from rag.terms import terms
from rag.times import date_spans

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

Measure = Literal[
    "", "count", "money", "percent", "speed", "time", "length", "weight", "heat", "volume"
]

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
# Clock times and telephone numbers count nothing.
_NO_COUNT = re.compile(r"\b\d{1,2}:\d{2}\b|(?<![\d.,])\+?0\d{2,}(?:[ /-]\d{2,})*")
_LENGTHS = r"mm|cm|m|km|(?:milli|centi|kilo)?met(?:re|er)s?|miles?|yards?|feet|foot|ft|inch(?:es)?"
_UNITS: tuple[tuple[Measure, str], ...] = (
    ("percent", r"%|per ?cent|percentage"),
    (
        "speed",
        rf"(?:{_LENGTHS}) ?(?:/ ?|per |an? )(?:s|sec\w*|min\w*|h|hr|hours?)|mph|knots?|[kMG]?bit/s",
    ),
    (
        "money",
        r"[€£$¥]|dollars?|euros?|cents?|pence|francs?|kron\w+|crowns?|pesos?|yen|yuan|rupees?"
        r"|z[lł]oty\w*|lir[ae]|dinars?|ro?ubles?|guilders?|shillings?",
    ),
    (
        "time",
        r"(?:milli)?seconds?|min(?:ute)?s?|hours?|hrs?|h|days?|nights?|weeks?|months?|years?"
        r"|decades?|centur(?:y|ies)",
    ),
    ("length", _LENGTHS),
    ("weight", r"m?g|kg|(?:milli|kilo)?grams?|kilos?|t|tonnes?|tons?|lbs?|ounces?|oz"),
    ("heat", r"°\s?[CF]?|degrees?"),
    ("", r"pounds?"),
    ("volume", r"ml|cl|l|(?:milli|centi)?lit(?:re|er)s?|gallons?|pints?|cups?"),
)
_BROKEN = r"[½⅓⅔¼¾]| and an? (?:half|third|quarter)"
_AFTER = tuple(
    (name, re.compile(rf"(?:{_BROKEN})?[\s-]*(?:{units})(?!\w)", re.I)) for name, units in _UNITS
)
_UNIT_ALONE = re.compile(  # "half an hour", "a year"; not "£38 a year"
    r"(?<![\d%] )\b(?P<half>half )?an? (?:(?P<time>second|minute|hour|day|night|week|fortnight"
    r"|month|year|decade|century)|(?P<length>met(?:re|er)|kilomet(?:re|er)|mile|yard|foot|inch)"
    r"|(?P<weight>gram|kilo|kilogram|tonne|ton))\b",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"(?:[€£$¥]|\b(?:USD|EUR|GBP|CHF))\s?$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """The figure at characters ``start`` to ``end``, its ``value`` and the ``thing`` it counts.

    ``measure`` is what its unit measures, "count" for a number of things, "" if it is not known
    ("950 pounds" are money or a weight).
    """

    value: float
    start: int
    end: int
    thing: str
    measure: Measure = ""


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the figures of ``text`` that are no dates, in order, with what they count.

    "572 Comprehensive Diagnostic Centers (CDI)" counts "Comprehensive Diagnostic Centers CDI":
    the nouns and adjectives that follow, an abbreviation in brackets, and one "of" phrase. A figure
    that nothing follows counts what the one before it counts. Number words are figures ("twelve
    parking spaces"); clock times, telephone numbers and ordinals are not.
    """
    doc = parse(text)
    none = [*date_spans(text), *(match.span() for match in _NO_COUNT.finditer(text))]
    found: list[Quantity] = []
    for value, start, end in sorted([*_in_digits(text), *_in_words(text, doc)], key=lambda f: f[1]):
        if any(left <= start < right for left, right in none):
            continue
        thing = _thing(doc, end) or (found[-1].thing if found else "")
        measure = _measure(text, start, end)
        if measure is None:
            measure = "count" if _counts_things(doc, end) else ""
        found.append(Quantity(value, start, end, thing, measure))
    return tuple(found)


def lone_units(text: str) -> list[Quantity]:
    """Return the units of ``text`` that stand for one of them: "an hour", "half a mile"."""
    return [
        Quantity(0.5 if match["half"] else 1.0, *match.span(), "", name)
        for match in _UNIT_ALONE.finditer(text)
        for name in ("time", "length", "weight")
        if match[name]
    ]


def _in_digits(text: str) -> Iterator[tuple[float, int, int]]:
    for term in terms(text):
        if term.number is not None:
            yield term.number, term.start, term.end


def _in_words(text: str, doc: Doc) -> Iterator[tuple[float, int, int]]:
    for figure in figures(text):
        if figure.kind not in ("date", "ordinal") and figure.text[0].isalpha():
            (value,) = figure.values
            if not figure.vague or _counts(figure, doc):
                yield value, figure.start, figure.end


def _counts(figure: Figure, doc: Doc) -> bool:
    """Whether "one" or "a hundred" counts what follows: "one year", not "one can"."""
    if re.match(_BROKEN, doc.text[figure.end :]):
        return True
    token = next((token for token in doc if token.idx == figure.start), None)
    return token is not None and token.dep_ == "nummod" and token.head.pos_ == "NOUN"


def _counts_things(doc: Doc, offset: int) -> bool:
    """Whether a noun in the plural follows: "85 trained doctors", not "100 Mbit"."""
    after = (token for token in doc if token.idx >= offset)
    noun = next((token for token in islice(after, 4) if token.pos_ in ("NOUN", "PROPN")), None)
    return noun is not None and noun.tag_ in ("NNS", "NNPS")


def _measure(text: str, start: int, end: int) -> Measure | None:
    """What the unit of a figure measures, None if it has none."""
    if _CURRENCY_BEFORE.search(text[:start]):
        return "money"
    if text[start:end].endswith("%"):
        return "percent"
    return next((name for name, unit in _AFTER if unit.match(text, end)), None)


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
