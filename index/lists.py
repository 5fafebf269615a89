"""What marks a list in a text: the markers of its items, and the line that leads in to them."""

from __future__ import annotations

import re

MARKER = re.compile(  # "- ", "3. ", "b) "; it matches nothing, too
    r"(?:[-*•–]\s+)?(?:(?:\d{1,3}[.)]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})\))\s+)?"
)
# The number of an item, cut off from it.
ENUMERATOR = re.compile(r"(?:[-*•–]\s+)?\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]")
_LEAD_IN = re.compile(r"[:：]\W*$")
_TAIL = 10  # characters that show if a sentence leads in to what follows


def is_item(text: str, start: int) -> bool:
    """Return whether an item of a list begins at ``start``, with the marker of its line."""
    match = MARKER.match(text, start)
    return bool(match and match.group()) and begins_line(text, start)


def item_at(text: str, start: int) -> tuple[str, bool]:
    """Return the marker of the item in whose line ``start`` is, and whether it is right behind it.

    The marker is "" outside of items.
    """
    before = text[text.rfind("\n", 0, start) + 1 : start].lstrip()
    match = MARKER.match(before)
    marker = match.group() if match else ""
    return marker.strip(), bool(marker) and marker == before


def begins_line(text: str, start: int) -> bool:
    """Return whether nothing but white space is before ``start`` in its line."""
    while start and text[start - 1] != "\n" and text[start - 1].isspace():
        start -= 1
    return not start or text[start - 1] == "\n"


def leads_in(sentence: str) -> bool:
    """Return whether a sentence announces what follows: "The box holds:"."""
    return _LEAD_IN.search(sentence[-_TAIL:]) is not None
