"""Numbers with their unit and magnitude, and dates, as values that can be compared.

"$1.5m", "1.5 million dollars" and "1,500,000 USD" are one figure; "45%" and "45" are two.
"3 March 2019", "March 3rd, 2019" and "2019-03-03" are one date; "March 2019" is part of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.support.dates import Date, dates, within

Kind = Literal["plain", "percent", "money", "ordinal", "date"]

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_RANKS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_CARDINAL = {word: float(n) for n, word in enumerate(_ONES.split())}
_CARDINAL |= {word: 10.0 * n for n, word in enumerate(_TENS.split(), 2)}
_CARDINAL |= {"dozen": 12.0, "twice": 2.0, "half": 0.5}
_ORDINAL = {word: float(n) for n, word in enumerate(_RANKS.split(), 1)}
_ORDINAL |= {f"{word}th": _CARDINAL[word] for word in _ONES.split()[13:]}
_ORDINAL |= {f"{word[:-1]}ieth": _CARDINAL[word] for word in _TENS.split()}
_SCALE = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "lakh": 1e5,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "crore": 1e7,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_MONEY = {
    "dollar": "$ us$ usd dollar buck",
    "euro": "€ eur euro",
    "pound": "£ gbp pound",
    "yen": "¥ jpy yen",
    "rupee": "₹ inr rupee",
    "franc": "chf franc",
    "krone": "nok sek dkk krone kroner krona crown",
    "peso": "peso",
    "yuan": "cny rmb yuan",
    "rouble": "rub rouble ruble",
    "bolivar": "bolivar bolívar",
}
_CURRENCY = {word: name for name, words in _MONEY.items() for word in words.split()}

_SIGNS = r"US\$|[$€£¥₹]"
_CODES = r"\b(?:USD|EUR|GBP|JPY|INR|CHF|NOK|SEK|DKK|CNY|RMB|RUB)\b"
_COINS = (
    r"\b(?:dollars?|bucks?|euros?|pounds?|yen|rupees?|francs?|kroner?|krona|crowns?|pesos?|yuan"
    r"|rou?bles?|bol[ií]vars?)\b"
)
_BLANK = "[ \u00a0\u2009\u202f]"
_TAIL = rf"""
    (?:(?:{_BLANK}|-)?(?P<scale>(?:hundred|thousand|lakh|million|mn|crore|billion|bn|trillion|tn)s?
        |(?-i:[kmMbB]))\b)?
    (?:{_BLANK}?(?P<percent>%|per{_BLANK}?cent(?:age{_BLANK}points?)?\b|pct\b))?
    (?:{_BLANK}?(?:US{_BLANK})?(?P<after>[€£$]|{_CODES}|{_COINS}))?
"""
_DIGITS = re.compile(
    rf"""(?:(?P<before>{_SIGNS}|{_CODES}){_BLANK}?)?
    (?<![\w])(?<!\d[.,])
    (?P<digits>\d{{1,3}}(?:[ \u00a0\u2009\u202f'’]\d{{3}})+(?!\d)|\d+(?:[.,]\d+)*)
    (?P<rank>st|nd|rd|th)?(?![^\W\dkKmMbB_]\w|[^\W\dkmMbB_]\b){_TAIL}""",
    re.VERBOSE | re.IGNORECASE,
)
_ANY_WORD = "|".join(sorted({*_CARDINAL, *_ORDINAL}, key=len, reverse=True))
_BIG = "hundred|thousand|million|billion|trillion"
_SPELLED = re.compile(
    rf"\b(?P<words>(?:(?:{_ANY_WORD})|an?{_BLANK}(?:{_BIG}))\b"
    rf"(?:(?:[ -]|{_BLANK}and{_BLANK})(?:{_ANY_WORD}|{_BIG})\b)*|(?:{_BIG})s\b)"
    rf"(?:{_BLANK}?(?P<percent>per{_BLANK}?cent\b|%))?(?:{_BLANK}(?P<after>{_COINS}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or date at characters ``start`` to ``end`` of a text.

    ``values`` are what it can mean ("1.5m" is metres or millions); a date has ``date`` instead.
    ``vague`` figures ("one", "first", "half") are as often no counts at all.
    """

    text: str
    start: int
    end: int
    kind: Kind
    values: frozenset[float] = frozenset()
    currency: str | None = None
    date: Date | None = None
    vague: bool = False


@lru_cache(maxsize=8192)
def figures(text: str) -> tuple[Figure, ...]:
    """Return the numbers and dates of ``text`` in order; no two overlap."""
    found = [Figure(text[d.start : d.end], d.start, d.end, "date", date=d) for d in dates(text)]
    for pattern, read in ((_DIGITS, _from_digits), (_SPELLED, _from_words)):
        for match in pattern.finditer(text):
            if not any(f.start < match.end() and match.start() < f.end for f in found):
                found.append(read(match))
    return tuple(sorted(found, key=lambda figure: figure.start))


def same_figure(said: Figure, given: Figure) -> bool:
    """Return whether ``given``, of a source, gives what ``said`` says.

    Percentages and currencies must agree where both are written; a date must hold every part
    that is said.
    """
    if said.date and given.date:
        return within(said.date, given.date)
    if said.date or given.date:
        return _year_as_number(said, given)
    if not _close(said.values, given.values) or (said.kind == "percent") != (
        given.kind == "percent"
    ):
        return False
    if said.currency and given.currency and said.currency != given.currency:
        return False
    return said.kind != "ordinal" or given.kind == "ordinal" or not said.vague


def given_in(said: Figure, source: Sequence[Figure]) -> bool:
    """Return whether a figure of ``source`` gives ``said``, or dates give its parts together."""
    if any(same_figure(said, given) for given in source):
        return True
    if said.date is None or said.date.year is None or said.date.month is None:
        return False
    day = Date(0, 0, None, said.date.month, said.date.day)
    year = Date(0, 0, said.date.year, None, None)
    found = [given.date for given in source if given.date]
    on_day = [date for date in found if within(day, date)]
    if any(date.year is not None for date in on_day):  # of another year
        return False
    return bool(on_day) and any(within(year, date) for date in found)


def _year_as_number(said: Figure, given: Figure) -> bool:
    """A bare year may have been read as a number ("2,011 people" is none), or the reverse."""
    one, other = (said, given) if said.date else (given, said)
    date = one.date
    if date is None or date.year is None or date.month is not None or date.span != 1:
        return False
    return other.kind in ("plain", "money") and _close(frozenset([float(date.year)]), other.values)


def _close(one: frozenset[float], other: frozenset[float]) -> bool:
    return any(abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1.0) for a in one for b in other)


def _from_digits(match: re.Match[str]) -> Figure:
    scale = (match["scale"] or "").lower().removesuffix("s")
    currency = _currency(match["before"] or match["after"])
    plain = _plain_values(match["digits"])
    scaled = frozenset(value * _SCALE.get(scale, 1) for value in plain)
    ambiguous = scale in ("k", "m", "b") and not currency
    rank = bool(match["rank"])
    return Figure(
        text=match.group(),
        start=match.start(),
        end=match.end(),
        kind=_kind(bool(match["percent"]), currency, rank),
        values=scaled | plain if ambiguous else scaled,
        currency=currency,
    )


def _plain_values(digits: str) -> frozenset[float]:
    """Read "10,000", "10 000", "1.500.000", "2,5"; what may be either is read both ways."""
    packed = re.sub(r"[ \u00a0\u2009\u202f'’]", "", digits)
    found = set()
    if re.fullmatch(r"\d+(\.\d+)?", packed):
        found.add(float(packed))
    if re.fullmatch(r"\d{1,3}(,\d{2,3})+(\.\d+)?", packed):
        found.add(float(packed.replace(",", "")))
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}(,\d+)?", packed):
        found.add(float(packed.replace(".", "").replace(",", ".")))
    if re.fullmatch(r"\d+,\d+", packed) and not re.fullmatch(r"\d{1,3},\d{3}", packed):
        found.add(float(packed.replace(",", ".")))
    return frozenset(found or {float(re.sub(r"\D", "", packed)[:300])})


def _from_words(match: re.Match[str]) -> Figure:
    words = re.findall(r"[^\W\d_]+", match["words"].lower())
    rank = words[-1] in _ORDINAL
    currency = _currency(match["after"])
    value = spelled_value(words)
    return Figure(
        text=match.group(),
        start=match.start(),
        end=match.end(),
        kind=_kind(bool(match["percent"]), currency, rank),
        values=frozenset([value]),
        currency=currency,
        vague=len(words) == 1 and (rank or words[0] in ("one", "half", "zero") or value > 99),
    )


def spelled_value(words: Sequence[str]) -> float:
    """Return the value of English number words: ["three", "hundred", "and", "twelve"] is 312."""
    total = part = 0.0
    for word in words:
        word = word if word in _SCALE else word.removesuffix("s") if word[:-1] in _SCALE else word
        if word in _SCALE:
            part = max(part, 1) * _SCALE[word]
            if _SCALE[word] > 100:
                total, part = total + part, 0.0
        else:
            part += _CARDINAL.get(word, _ORDINAL.get(word, 0.0))
    return total + part


def _kind(percent: bool, currency: str | None, rank: bool) -> Kind:
    if percent:
        return "percent"
    if currency:
        return "money"
    return "ordinal" if rank else "plain"


def _currency(written: str | None) -> str | None:
    word = (written or "").lower()
    return _CURRENCY.get(word) or _CURRENCY.get(word.removesuffix("s"))
