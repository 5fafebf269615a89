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
from rag.terms import same_term, terms
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
        r"(?:milli)?seconds?|min(?:ute)?s?|hours?|hrs?|h|days?|nights?|weeks?|fortnights?|months?|years?"
        r"|decades?|centur(?:y|ies)",
    ),
    ("length", _LENGTHS),
    ("weight", r"m?g|kg|(?:milli|kilo)?grams?|kilos?|t|tonnes?|tons?|lbs?|ounces?|oz"),
    ("heat", r"°\s?[CF]?|degrees?"),
    ("", r"pounds?"),
    ("volume", r"ml|cl|l|(?:milli|centi)?lit(?:re|er)s?|gallons?|pints?|cups?"),
)
_BROKEN = re.compile(r" ?(?P<sign>[½⅓⅔¼¾])| and an? (?P<word>half|third|quarter)\b(?! of)", re.I)
_PARTED = re.compile(r"[ -](?P<word>third|quarter)s?\b", re.I)  # "twelve and three-quarter miles"
_PARTS = {"½": 0.5, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 0.25, "¾": 0.75}
_PARTS |= {"half": 0.5, "third": 1 / 3, "quarter": 0.25}
_TIMES = {"one": 1, "two": 2, "three": 3}
# How many hours, metres, kilograms or litres a unit is, by how its name begins.
_SIZES = (
    ("time", "milli", 1 / 3_600_000), ("time", "sec", 1 / 3600), ("time", "fort", 336.0),
    ("time", "mo", 730.0), ("time", "min", 1 / 60), ("time", "h", 1.0),
    ("time", "dec", 87_600.0), ("time", "d", 24.0), ("time", "n", 24.0), ("time", "w", 168.0),
    ("time", "y", 8760.0), ("time", "cent", 876_000.0),
    ("length", "mm", 0.001), ("length", "milli", 0.001), ("length", "c", 0.01),
    ("length", "k", 1000.0), ("length", "mi", 1609.0), ("length", "y", 0.914),
    ("length", "f", 0.305), ("length", "i", 0.0254), ("length", "m", 1.0),
    ("weight", "m", 1e-6), ("weight", "g", 0.001), ("weight", "k", 1.0), ("weight", "t", 1000.0),
    ("weight", "l", 0.454), ("weight", "o", 0.0283),
    ("volume", "m", 0.001), ("volume", "c", 0.01), ("volume", "l", 1.0), ("volume", "g", 4.5),
    ("volume", "p", 0.57),
)  # fmt: skip
_AFTER = tuple(
    (name, re.compile(rf"[\s-]*(?:(?:full|whole|entire|working) )?(?P<unit>{units})(?!\w)", re.I))
    for name, units in _UNITS
)
_UNIT_ALONE = re.compile(  # "half an hour", "a year"; not "£38 a year"
    r"(?<![\d%] )\b(?P<half>half )?an? (?:(?P<time>second|minute|hour|day|night|week|fortnight"
    r"|month|year|decade|century)|(?P<length>met(?:re|er)|kilomet(?:re|er)|mile|yard|foot|inch)"
    r"|(?P<weight>gram|kilo|kilogram|tonne|ton))\b",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|some|circa|ca?\.) ?[€£$]?$", re.I
)
_CURRENCIES = {"€": "euros", "£": "pounds", "$": "dollars", "¥": "yen"}
_SIGN_BEFORE = re.compile(r"([€£$¥])\s?$")
_CURRENCY_BEFORE = re.compile(r"(?:[€£$¥]|\b(?:USD|EUR|GBP|CHF))\s?$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """The figure at characters ``start`` to ``end``, its ``value`` and the ``thing`` it counts.

    ``measure`` is what its unit measures, "count" for a number of things, "" if it is not known
    ("950 pounds" are money or a weight). ``unit`` is the unit's size, 1 where it is not known:
    times in hours, lengths in metres, weights in kilograms, volumes in litres. ``rough`` says that
    it is "about" that.
    """

    value: float
    start: int
    end: int
    thing: str
    measure: Measure = ""
    unit: float = 1.0
    rough: bool = False


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
        if broken := _BROKEN.match(text, end):  # "three and a half hours", "2½ tonnes"
            value += _PARTS[(broken["sign"] or broken["word"]).lower()]
            none.append(broken.span())
            end = broken.end()
        elif (parted := _PARTED.match(text, end)) and " and " in text[start:end]:
            times = _TIMES.get(text[start:end].rpartition(" ")[2].lower(), 0)
            value += times * (_PARTS[parted["word"].lower()] - 1)
            end = parted.end()
        thing = _thing(doc, end) or (found[-1].thing if found else "")
        if sign := _SIGN_BEFORE.search(text, 0, start):
            thing = f"{_CURRENCIES[sign.group(1)]} {thing}"
        measure, unit = _measure(text, start, end)
        if measure is None:
            measure = "count" if _counts_things(doc, end) else ""
        rough = _ROUGHLY.search(text, 0, start) is not None
        found.append(Quantity(value, start, end, thing, measure, unit, rough))
    return tuple(found)


def rival(one: Quantity, other: Quantity) -> bool:
    """Two figures for the same thing that are near enough to be two counts of it.

    "About 200" may be 203, and in units of two sizes they may be roundings: 5 weeks are a month.
    """
    units = (one.unit, other.unit) if one.measure == other.measure else (1.0, 1.0)
    low, high = sorted((one.value * units[0], other.value * units[1]))
    things = [terms(quantity.thing) for quantity in (one, other)]
    measured = one.measure == other.measure and one.measure not in ("", "count", "money", "speed")
    alike = measured or any(same_term(a, b) for a in things[0] for b in things[1])
    near = 1.03 if one.rough or other.rough else 1.0
    rounded = near if units[0] == units[1] else 1.2
    return (
        (alike or not all(things))
        and (one.measure == other.measure or "" in (one.measure, other.measure))
        and 0 < low * rounded < high <= 2 * low
    )


def lone_units(text: str) -> list[Quantity]:
    """Return the units of ``text`` that stand for one of them: "an hour", "half a mile".

    "An hour and a half" is one and a half.
    """
    found = []
    for match in _UNIT_ALONE.finditer(text):
        name: Measure = next(n for n in ("time", "length", "weight") if match[n])
        value = 0.5 if match["half"] else 1.0
        end = match.end()
        if broken := _BROKEN.match(text, end):
            value += _PARTS[(broken["sign"] or broken["word"]).lower()]
            end = broken.end()
        found.append(Quantity(value, match.start(), end, "", name, _size(name, match[name])))
    return found


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
    if _BROKEN.match(doc.text, figure.end):
        return True
    token = next((token for token in doc if token.idx == figure.start), None)
    return token is not None and token.dep_ == "nummod" and token.head.pos_ == "NOUN"


def _counts_things(doc: Doc, offset: int) -> bool:
    """Whether a noun in the plural follows: "85 trained doctors", not "100 Mbit"."""
    after = (token for token in doc if token.idx >= offset)
    noun = next((token for token in islice(after, 4) if token.pos_ in ("NOUN", "PROPN")), None)
    return noun is not None and noun.tag_ in ("NNS", "NNPS")


def _measure(text: str, start: int, end: int) -> tuple[Measure | None, float]:
    """What the unit of a figure measures, None if it has none, and how large that unit is."""
    if _CURRENCY_BEFORE.search(text[:start]):
        return "money", 1.0
    if text[start:end].endswith("%"):
        return "percent", 1.0
    for name, pattern in _AFTER:
        if found := pattern.match(text, end):
            return name, _size(name, found["unit"])
    return None, 1.0


def _size(measure: Measure, unit: str) -> float:
    """How many hours, metres, kilograms or litres a unit is, 1 if that is not known."""
    written = unit.lower()
    return next((n for of, begin, n in _SIZES if of == measure and written.startswith(begin)), 1.0)


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
