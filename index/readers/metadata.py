"""What a file says about itself: title, author, publisher, address, date of publication."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

# Names under which formats and conventions (YAML front matter, HTML meta, Dublin Core, Open Graph)
# give each field, the most telling first.
_FIELDS = {
    "title": ("title",),
    "published": (
        "published",
        "article:published_time",
        "datepublished",
        "pubdate",
        "date",
        "dc.date",
        "dcterms.date",
        "dcterms.issued",
        "citation_publication_date",
        "time",
    ),
    "created": ("created",),
    "author": ("author", "authors", "byline", "article:author", "dc.creator", "citation_author"),
    "publisher": ("publisher", "outlet", "og:site_name", "dc.publisher", "source"),
    "url": ("url", "canonical", "link", "og:url", "source"),
}
_SITE_NAME = re.compile(r"\s*[|–—:·»-]\s.*|.*\s[|–—:·»-]\s*|")
_MAX_LENGTH = 500
_JUNK_TITLE = re.compile(
    r"(?i)(microsoft word -.*|untitled.*|(word )?document\s?\d*|.*\.(docx?|pdf|indd|tex|qxd))?"
)

_MONTH = r"[^\W\d_]{3,12}\.?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(
    rf"\b(?:{_YEAR}-\d\d-\d\d"
    rf"|\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{_YEAR}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?{_MONTH}\s+(?:de\s+)?{_YEAR})\b"
)
_BYLINE = re.compile(r"\s*[Bb]y\s+([^\W\d_][^\n\d]{1,60}?)[\s,;|·–—-]*")
_AROUND_A_DATE = re.compile(
    r"(?i)\b(?:published|posted|updated|dated?|publication|hour|time|on|at|[ap]m|[a-z]{3,4}day"
    r"|mon|tue|wed|thu|fri|sat|sun|utc|gmt|est|edt|cet|cest)\b|\d{1,2}:\d\d(?::\d\d)?|[\W_]"
)
_TOP_LINES = 5


def fields(given: Mapping[str, object]) -> dict[str, str]:
    """Return title, published, author, publisher and url out of ``given``, where it has them.

    Keys are matched without regard to case; values that are not text, a number, a date or a list
    of those are left out, and so is a ``url`` that is not one. A ``source`` is a url or else a
    publisher.
    """
    known = {str(key).lower(): text for key, value in given.items() if (text := _plain(value))}
    found: dict[str, str] = {}
    for field, names in _FIELDS.items():
        for name in names:
            value = known.get(name, "")
            if value and _is_url(value) == (field == "url") and field not in found:
                found[field] = value
    return found


def plausible_title(title: str | None) -> str | None:
    """Return ``title`` on one line, or None if it is blank or an authoring tool's leftover."""
    line = " ".join((title or "").split())[:_MAX_LENGTH]
    return None if _JUNK_TITLE.fullmatch(line) else line


def best_title(given: str | None, heading: str | None) -> str | None:
    """Return the title a file gives for itself, or its first heading.

    The heading wins where the given one is no title, or is the heading and a site's name.
    """
    title = plausible_title(given)
    if title is None or (heading and _SITE_NAME.fullmatch(title.replace(heading, "", 1))):
        return heading or title
    return title


def from_top(text: str) -> dict[str, str]:
    r"""Return the date, and the author beside it, if lines near the top give little else.

    >>> from_top("Voices\nBy Ana Ruiz, 3 May 2021\nThree people speak.")
    {'published': '3 May 2021', 'author': 'Ana Ruiz'}
    """
    found: dict[str, str] = {}
    lines = (line for line in text[:5000].splitlines() if line.strip())
    for _, line in zip(range(_TOP_LINES), lines, strict=False):
        byline = _BYLINE.fullmatch(line)
        said = {"author": byline.group(1)} if byline else dated(line)
        found = {**said, **found}
    return found


def dated(line: str) -> dict[str, str]:
    """Return the date, as written, of a line that is little else: "Published: 3 May 2021"."""
    found = _DATE.search(line) if len(line) <= 100 else None
    if found is None:
        return {}
    before, after = line[: found.start()], line[found.end() :]
    byline = _BYLINE.fullmatch(before)
    if _AROUND_A_DATE.sub("", ("" if byline else before) + " " + after):
        return {}
    return {"published": found.group(), **({"author": byline.group(1)} if byline else {})}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return (value.date() if value.time() == datetime.min.time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        scalars = [item for item in value[:20] if not isinstance(item, list)]
        return ", ".join(filter(None, map(_plain, scalars)))
    return " ".join(str(value).split())[:_MAX_LENGTH] if isinstance(value, str | int) else ""


def _is_url(value: str) -> bool:
    return value.lower().startswith(("http://", "https://"))
