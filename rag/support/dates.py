"""Dates of a text, in any common spelling, as year, month and day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
_YEAR = r"(?P<year>1\d{3}|20\d\d)\b"
_GAP = r"(?:[\s\u00a0]+)"
_OF = rf"(?:{_GAP}of)?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY}{_OF}{_GAP}{_MONTH}(?:(?:,|{_OF}){_GAP}{_YEAR})?",
        rf"\b{_MONTH}{_GAP}(?:the{_GAP})?{_DAY}(?!\d|[.,]\d)(?:{_GAP}?,?{_GAP}{_YEAR})?",
        rf"\b{_MONTH}(?:,|{_OF})?{_GAP}{_YEAR}",
        r"\b(?P<year>1\d{3}|20\d\d)-(?P<month>[01]?\d)-(?P<day>[0-3]?\d)\b",
        r"\b(?P<day>[0-3]?\d)[./](?P<month>[01]?\d)[./](?P<year>1\d{3}|20\d\d)\b",
        r"\b(?P<year>1\d{2}0|20\d0)(?P<decade>['’]?s)\b",
        r"(?<!\w)['’](?P<short>\d0)(?P<decade>s)\b",
        r"(?<![\w$€£])(?<!\d[.,])(?P<year>1[0-9]{3}|20[0-9]{2})(?![\d%]|[.,]\d|\w)",
        rf"(?<!\w){_MONTH}(?=\s)",
    )
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date at characters ``start`` to ``end``; parts it does not give are None.

    ``span`` is how many years it covers: 10 for "the 1990s", with ``year`` the first.
    ``swapped`` says that day and month may be the other way round ("03/04/2019").
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    span: int = 1
    swapped: bool = False


@lru_cache(maxsize=8192)
def dates(text: str) -> tuple[Date, ...]:
    """Return the dates of ``text`` in order: days, months with a year, years, decades."""
    found: list[Date] = []
    for number, pattern in enumerate(_PATTERNS):
        for match in pattern.finditer(text):
            if not any(d.start < match.end() and match.start() < d.end for d in found):
                found += _dates(match, last=number == len(_PATTERNS) - 1)
    return tuple(sorted(found, key=lambda date: date.start))


def within(said: Date, given: Date) -> bool:
    """Return whether ``given`` holds every part that ``said`` gives."""
    if given.swapped and said.month and said.day and (said.month, said.day) != _pair(given):
        given = Date(given.start, given.end, given.year, given.day, given.month)
    if said.year is not None:
        if given.year is None or not 0 <= given.year - said.year < said.span:
            return False
        if given.span > said.span:
            return False
    month = said.month is None or said.month == given.month
    return month and (said.day is None or said.day == given.day)


def _pair(date: Date) -> tuple[int | None, int | None]:
    return date.month, date.day


def _dates(match: re.Match[str], last: bool) -> list[Date]:
    parts = match.groupdict()
    month, day = _month(parts.get("month")), int(parts.get("day") or 0) or None
    year = int(parts.get("year") or 0) or None
    if last and not match.group()[0].isupper():  # "may", "march"
        return []
    if last and match.group().lower().startswith(("may", "mar")):
        return []
    if (month or 1) > 12 or (day or 1) > 31:
        return []
    if parts.get("short"):
        year = 1900 + int(parts["short"])
    swapped = (parts.get("month") or "").isdigit() and not match.group().startswith(str(year))
    span = 10 if parts.get("decade") else 1
    return [Date(*match.span(), year, month, day, span, swapped)]


def _month(written: str | None) -> int | None:
    if written is None:
        return None
    return int(written) if written.isdigit() else _NAMES.index(written[:3].lower()) + 1
