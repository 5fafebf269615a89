"""When something was or is: dates, and less exact times, as they are written."""

from __future__ import annotations

import re

MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
SEASON = r"(?:spring|summer|autumn|winter)"
_UNIT = (  # "1500 metres" is no year
    r"(?:[%€£$]|(?-i:(?:(?:kilo|centi|milli)?(?:met|lit)(?:re|er)|euro|dollar|kilogram|tonne|mile"
    r")s?|km|kg|kWh|feet)\b)"
)
_DAY = (
    rf"\b(?:{MONTH})\b\.? \d{{1,2}}\b(?:,? \d{{4}}\b)?|\b(?:\d{{1,2}} )?(?:{MONTH})\b,? \d{{4}}\b"
    rf"|\b\d{{1,2}} (?:{MONTH})\b|\b(?:1[0-9]|20)\d\d(?:s|\b(?! ?{_UNIT}))"
    r"|\b\d+(?:st|nd|rd|th)[\s-]centur"
)
_DATE = rf"(?:\b{WEEKDAY},? (?:the )?)?(?:{_DAY})|\b{WEEKDAY}\b"
_COUNT = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|few|several)"
_SPAN = r"(?:second|minute|hour|day|night|week|fortnight|month|year|decade|centur(?:y|ie))s?"
_HOURS = re.findall(r"\w+", "one two three four five six seven eight nine ten eleven twelve")
_HOUR = rf"(?:{'|'.join(_HOURS[1:])})"
_MINUTES = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty-five": 25, "half": 30}
_PART = r"(?:in the (?:morning|afternoon|evening)|at night)"
_PAST = rf"(?:{'|'.join(_MINUTES)})(?: minutes)? (?:past|to)"
_CLOCK = (
    r"\b\d{1,2}:\d{2}\b|\bat \d{1,2}\.\d{2}\b(?! ?(?:[%€£$]|\w+s\b))"
    r"|\b\d{1,2}(?:\.\d{2})? ?(?:[ap]m\b|[ap]\.m\.|o['’]clock|h\b)"
    r"|\b(?:noon|midday|midnight|dawn|dusk|sunrise|sunset)\b"
    rf"|\b{_PAST} (?:{'|'.join(_HOURS)}|\d{{1,2}})\b(?! \w+s\b)"
    rf"|\b(?:{'|'.join(_HOURS)}|\d{{1,2}}) (?:o['’]clock|{_PART})\b"
    rf"|\b(?:at|by|until|till?|from|before|after|between|half past|quarter (?:to|past)) {_HOUR}\b"
    r"(?=[^\w\s]|\s*$|\s+(?:and|to|until|till|in|on|o['’]clock|every|each|sharp)\b)"
)
_TIME = (
    rf"{_CLOCK}|\b(?:in|by|since|until|till?|before|after|from|to|of|every|each|early|late|mid|next|last)"
    rf"[ -](?:(?-i:(?=[A-Z]))(?:{MONTH})|{SEASON}|christmas|easter)\b"
    r"|\b(?:every|each) (?:morning|afternoon|evening|night|day|week|weekend|month|quarter|year)\b"
    rf"|\bthe (?:same|following|next|previous) {_SPAN}\b"
    rf"|\b{_COUNT} {_SPAN} (?:after|before(?:hand)?|later|ago|earlier|from|in advance)\b"
    rf"|\b(?:after|within|in|for) {_COUNT} {_SPAN}\b"
    rf"|\b(?:(?:end|beginning|start|middle) of )?(?:this|next|last) {_SPAN}\b"
    rf"|\b(?:end|beginning|start|middle) of (?:(?:the|each|every) {_SPAN}|{MONTH})\b"
)
_CLOCK_VALUE = re.compile(
    rf"\b(?:(?P<by>{'|'.join(_MINUTES)})(?: minutes)? (?P<way>past|to) )?"
    rf"(?:(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>\d{{2}})|h)?|(?P<word>{'|'.join(_HOURS)}))"
    rf"(?: ?(?P<half>[ap])\.?m\b\.?|(?: o['’]clock)?,? (?P<part>{_PART})|\b)"
    r"|\b(?P<named>noon|midday|midnight)\b",
    re.IGNORECASE,
)
_DATES = re.compile(_DATE, re.IGNORECASE)
_BARE_HOUR = (  # says when only if a time of the day is asked for
    r"\b(?:at|from|until|till?|by|to|and|before|after) (?:[01]?\d|2[0-4])\b"
    r"(?![.,:/]?\d| ?(?:%|[€£$]|[a-z]+s\b))|\b\d{1,2}(?: ?[-–] ?\d{1,2}|h\d{2}|\d{2} hours)\b"
)
_YEARS = re.compile(rf"\b(?:1[0-9]|20)\d\d\b(?! ?{_UNIT})")
_SPANS = re.compile(
    r"\b(?:since|until|till|from|between|by|after|before|to|through)\s+(?:\w+\s+){0,2}"
    r"(?:1[0-9]|20)\d\d\b|[-–—]\s?\d|\d{4}s",
    re.IGNORECASE,
)
_IN_PASSING = re.compile(
    r",\s*(?:first |once )?(?:built|founded|opened|established|held|made|born|launched|created"
    r"|written|erected|published|set up)\b[^,]*\b(?:1[0-9]|20)\d\d\b[^,]*,",
    re.IGNORECASE,
)
_IN_YEAR = re.compile(r"\bin (?:\w+ )?((?:1[0-9]|20)\d\d)\b", re.I)
_WEEKDAYS = re.compile(rf"\b{WEEKDAY}\b(?!['’]s\b)")
_SEASONS = re.compile(rf"\b{SEASON}\b")
_EXACT_CLOCKS = re.compile(_CLOCK, re.IGNORECASE)
_CLOCKS = re.compile(f"{_CLOCK}|{_BARE_HOUR}", re.IGNORECASE)
_TIMES = re.compile(f"{_DATE}|{_TIME}", re.IGNORECASE)


def dates(text: str) -> list[str]:
    """Return the dates, years and weekdays that ``text`` gives, as written.

    A weekday and its date are one: "Saturday, 5 April".
    """
    return [text[start:end] for start, end in date_spans(text)]


def date_spans(text: str) -> list[tuple[int, int]]:
    """Return where the dates, years and weekdays of ``text`` stand."""
    return [match.span() for match in _DATES.finditer(text)]


def seasons(text: str) -> set[str]:
    """Return the seasons that ``text`` names."""
    return set(_SEASONS.findall(text.lower()))


def weekdays(text: str) -> set[str]:
    """Return the days of the week that ``text`` names, in the singular."""
    return {day.rstrip("s") for day in _WEEKDAYS.findall(text.lower())}


def clock_spans(text: str) -> list[tuple[int, int]]:
    """Return where ``text`` gives a time of the day: "08:00", "5 pm", "between five and"."""
    return [match.span() for match in _CLOCKS.finditer(text)]


def of_other_years(asked: str, text: str) -> bool:
    """Return whether ``text`` is of other years than ``asked`` names, and of no span of time.

    What is said in passing counts for neither: "the mill, built in 1874, …".
    """
    wanted, told = set(_YEARS.findall(asked)), set(_YEARS.findall(_IN_PASSING.sub(",", text)))
    return bool(wanted and told) and not wanted & told and not _SPANS.search(text)


def of_different_years(one: str, other: str) -> bool:
    """Return whether two sentences say that something was in two years."""
    years = [set(_IN_YEAR.findall(_IN_PASSING.sub(",", text))) for text in (one, other)]
    return all(years) and not years[0] & years[1] and not any(map(_SPANS.search, (one, other)))


def clock_times(text: str) -> set[int]:
    """Return the times of the day in ``text``, in minutes after midnight or noon.

    Twelve hours are left out of it, since "at two" may be 14:00. Dawn and dusk are at no time.
    """
    found = set()
    for span in _EXACT_CLOCKS.finditer(text):
        for match in _CLOCK_VALUE.finditer(text, *span.span()):
            if match["named"]:
                found.add(0)
                continue
            hour = int(match["hour"]) if match["hour"] else _HOURS.index(match["word"].lower()) + 1
            minutes = 60 * hour + int(match["minute"] or 0)
            if hour > 24 or int(match["minute"] or 0) > 59:
                continue
            by = _MINUTES[match["by"].lower()] if match["by"] else 0
            found.add((minutes + (by if match["way"] == "past" else -by)) % 720)
    return found


def time_spans(text: str) -> list[tuple[int, int]]:
    """Return where ``text`` says when: dates, and "at 7:30", "in spring", "two years later"."""
    return [match.span() for match in _TIMES.finditer(text)]
