"""What Word's styles and numbering say of a paragraph: a heading, a list item, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

_HEADING = re.compile(r"heading ([1-9])")
_LIST = re.compile(r"list (?:bullet|number)(?: ([2-5]))?")
_MAX_BASES = 20  # a style may be based on one that is based on it


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item inside ``depth`` other lists, with its ``number`` if the list has numbers."""

    depth: int
    number: int | None


class Styles:
    """Looks paragraphs up in the styles and the numbering of one document, in reading order."""

    def __init__(self, document: Any) -> None:
        styles = document.styles.element.iterchildren(qn("w:style"))
        self._styles = {style.get(qn("w:styleId")): style for style in styles}
        self._formats = _formats(document)
        self._counts: dict[tuple[str, int], int] = {}

    def heading_level(self, paragraph: Any) -> int | None:
        """1 for a title, 1 to 9 for a heading, None for any other paragraph."""
        for properties, name in self._chain(paragraph):
            if name == "title":
                return 1
            if found := _HEADING.fullmatch(name):
                return int(found.group(1))
            outline = _value(properties, "w:outlineLvl")
            if outline is not None:
                return int(outline) + 1 if int(outline) < 9 else None
        return None

    def list_item(self, paragraph: Any) -> ListItem | None:
        """The paragraph as the next item of its list; None if it is in none."""
        for properties, name in self._chain(paragraph):
            numbering = properties.find(qn("w:numPr")) if properties is not None else None
            styled = _LIST.fullmatch(name)
            if numbering is None and styled is None:
                continue
            list_id = _value(numbering, "w:numId")
            if list_id == "0":
                return None
            level = int(_value(numbering, "w:ilvl") or 0)
            kind, first = self._formats.get((list_id or "", level), ("bullet", 1))
            depth = int(styled.group(1) or 1) - 1 if styled else level
            number = self._count(list_id or "", level, first)
            return ListItem(min(depth, 8), None if kind in {"bullet", "none"} else number)
        return None

    def _chain(self, paragraph: Any) -> Iterator[tuple[Any, str]]:
        """The paragraph's own properties, then its style's, then those that is based on."""
        properties = paragraph.find(qn("w:pPr"))
        yield properties, ""
        style = self._styles.get(_value(properties, "w:pStyle"))
        for _ in range(_MAX_BASES):
            if style is None:
                return
            yield style.find(qn("w:pPr")), (_value(style, "w:name") or "").lower()
            style = self._styles.get(_value(style, "w:basedOn"))

    def _count(self, list_id: str, level: int, first: int) -> int:
        number = self._counts.get((list_id, level), first - 1) + 1
        self._counts[list_id, level] = number
        for deeper in range(level + 1, 9):
            self._counts.pop((list_id, deeper), None)
        return number


def _formats(document: Any) -> dict[tuple[str, int], tuple[str, int]]:
    """The kind of marker and the first number of each (list, level)."""
    parts = [r.target_part for r in document.part.rels.values() if r.reltype.endswith("/numbering")]
    if not parts:
        return {}
    root = parts[0].element
    abstract = {
        (item.get(qn("w:abstractNumId")), int(level.get(qn("w:ilvl")))): (
            _value(level, "w:numFmt") or "bullet",
            int(_value(level, "w:start") or 1),
        )
        for item in root.iterchildren(qn("w:abstractNum"))
        for level in item.iterchildren(qn("w:lvl"))
    }
    lists = {
        item.get(qn("w:numId")): _value(item, "w:abstractNumId")
        for item in root.iterchildren(qn("w:num"))
    }
    return {
        (list_id, level): marker
        for list_id, abstract_id in lists.items()
        for (owner, level), marker in abstract.items()
        if owner == abstract_id
    }


def _value(element: Any, name: str) -> str | None:
    """The ``w:val`` of a child element, None without one."""
    child = element.find(qn(name)) if element is not None else None
    return None if child is None else child.get(qn("w:val"))
