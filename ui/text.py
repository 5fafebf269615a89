"""Document text made safe to show: as HTML, as Markdown and in a terminal.

Whatever a document, a question or a model wrote is shown character by character: it never
becomes markup, a link, an image, a formula or a terminal command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from index.readers import unit_of
from rag.schema import Citation, Passage

_MARKDOWN = re.compile(r"[\\`*_\[\]<>~|$]|(?m:^[#+-])|(?m:(?<=^\d)\.)")
_ADDRESS = re.compile(r"(\w)(:(?=//)|@(?=\w)|(?<=\bwww)\.)", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# What a name may hold and should not do: end a line, or turn the direction of writing.
_MISLEADING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def html_text(text: str) -> str:
    """Return ``text`` as HTML, for use between tags and inside quoted attributes."""
    return escape(text, quote=True)


def markdown_text(text: str) -> str:
    """Return ``text`` on one line with Markdown's own characters escaped, addresses unlinked."""
    escaped = _MARKDOWN.sub(lambda match: "\\" + match.group(), one_line(text))
    return _ADDRESS.sub(r"\1\\\2", escaped)


def terminal_text(text: str) -> str:
    """Return ``text`` without the control characters a terminal would obey."""
    return _CONTROL.sub("", text)


def withheld_line(many: int) -> str:
    """Return the line that says that ``many`` sentences are not shown."""
    what = "1 sentence" if many == 1 else f"{many} sentences"
    return f"{what} withheld: not supported by the documents"


def one_line(text: str) -> str:
    """Return ``text`` with each run of white space, line breaks too, as one blank."""
    return " ".join(text.split())


def marked(text: str, spans: Iterable[tuple[int, int]], tag: str) -> str:
    """Return ``text`` as HTML with the characters of ``spans`` inside ``<tag>`` elements.

    Spans may be in any order and overlap; what lies outside the text is left out.
    """
    parts, position = [], 0
    for start, end in sorted(spans):
        start, end = max(start, position), min(end, len(text))
        if start < end:
            inside = f"<{tag}>{html_text(text[start:end])}</{tag}>"
            parts += [html_text(text[position:start]), inside]
            position = end
    return "".join([*parts, html_text(text[position:])])


def place_name(place: Citation | Passage) -> str | None:
    """Return where in its file a citation or passage stands: "page 2", "slide 3", "row 12"."""
    return f"{unit_of(place.source)} {place.page}" if place.page else None


def shown_name(source: str) -> str:
    """Return the name of a file with what could mislead an eye or a terminal as escapes."""
    return _MISLEADING.sub(lambda match: f"\\u{ord(match.group()):04x}", source)


def reference(place: Citation | Passage, folder: str = "") -> str:
    """Return where a citation or passage stands: ``Title, p. 2, 2026-01-13, folder/file.pdf``."""
    page = (place_name(place) or "").replace("page", "p.")
    source = shown_name(place.source)
    path = source if "://" in source or not folder else f"{folder}/{source}"
    return ", ".join(one_line(part) for part in (place.title, page, place.published, path) if part)
