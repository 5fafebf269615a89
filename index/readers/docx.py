"""Word files: paragraphs, headings, lists, tables and notes, in document order."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from index.document import Document, UnreadableFile
from index.readers.archive import check_archive
from index.readers.blocks import MAX_REPEATED, TextBuilder, one_line, table_rows
from index.readers.docx_styles import Styles
from index.readers.metadata import best_title, fields

_MAX_SPAN = 100  # columns that one cell may cover
_TEMPLATE_DATE = datetime(2013, 12, 23, 23, 15, tzinfo=UTC)
_TEMPLATE_AUTHOR = "python-docx"
_NOTES = ("/footnotes", "/endnotes")
_WRAPPERS = {qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml")}
_MARKUP = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FALLBACK = f"{_MARKUP}Fallback"
_SKIPPED = {qn("w:txbxContent"), qn("w:pPr"), qn("w:moveFrom"), _FALLBACK}
_SIGNS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "\u2011"}


def parse(data: bytes) -> Document:
    """Read a .docx file.

    Raises:
        UnreadableFile: if ``data`` is not such a file, or would unpack to too much.
    """
    check_archive(data, "Word", ".doc")
    document = docx.Document(io.BytesIO(data))
    builder = TextBuilder()
    reader = _Body(builder, Styles(document))
    reader.add(document.element.body)
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES):
            for note in parse_xml(relation.target_part.blob):
                reader.add(note)
    if not builder.text:
        raise UnreadableFile("it holds no text", "if it holds pictures of text, recognise it first")
    metadata = fields(_given(document.core_properties))
    title = best_title(metadata.pop("title", None), builder.first_heading())
    return builder.document(title, metadata)


def _given(properties: Any) -> dict[str, object]:
    """Title, author and day of creation, unless they were left in by python-docx's template."""
    created = properties.created
    return {
        "title": properties.title,
        "author": properties.author if properties.author != _TEMPLATE_AUTHOR else None,
        "created": created.date() if created and created != _TEMPLATE_DATE else None,
    }


class _Body:
    """Adds the paragraphs and tables inside an element to a builder."""

    def __init__(self, builder: TextBuilder, styles: Styles) -> None:
        self._builder = builder
        self._styles = styles

    def add(self, container: Any) -> None:
        for element in container:
            if element.tag == qn("w:p"):
                self._paragraph(element)
            elif element.tag == qn("w:tbl"):
                self._table(element)
            elif element.tag in _WRAPPERS:
                self.add(element)

    def _paragraph(self, paragraph: Any) -> None:
        text = _text(paragraph)
        level = self._styles.heading_level(paragraph)
        item = self._styles.list_item(paragraph) if level is None and text.strip() else None
        if item is None:
            self._builder.add(text, level)
        else:
            self._builder.add_item(text.strip(), item.depth, item.number)
        for box in _text_boxes(paragraph):
            self.add(box)

    def _table(self, table: Any) -> None:
        rows = self._rows(table)
        if max(map(len, rows), default=0) <= 1:  # a frame around text
            for cell in table.iter(qn("w:tc")):
                self.add(cell)
        elif len(rows) > 1 and _has_header(table):
            self._builder.add(table_rows(rows[1:], rows[0]))
        else:
            self._builder.add(table_rows(rows))

    def _rows(self, table: Any) -> list[list[str]]:
        """The text of each cell, at its column; a cell merged downwards counts in every row."""
        rows: list[list[str]] = []
        for line in table.iterchildren(qn("w:tr")):
            row: list[str] = []
            for cell in line.iterchildren(qn("w:tc")):
                continues = _value(cell, "w:vMerge", "continue") == "continue"
                above = rows[-1][len(row) :][:1] if rows and continues else []
                text = above[0] if above and len(above[0]) <= MAX_REPEATED else self._cell(cell)
                row.append(text)
                row += [""] * (min(int(_value(cell, "w:gridSpan") or 1), _MAX_SPAN) - 1)
            rows.append(row)
        return rows

    def _cell(self, cell: Any) -> str:
        builder = TextBuilder()
        _Body(builder, self._styles).add(cell)
        return one_line(builder.text)


def _has_header(table: Any) -> bool:
    """Whether the first row is one: Word's table styles say so unless it was switched off."""
    look = table.find(f"{qn('w:tblPr')}/{qn('w:tblLook')}")
    return look is None or look.get(qn("w:firstRow"), "1") not in {"0", "false"}


def _value(cell: Any, name: str, default: str | None = None) -> str | None:
    """The value of a cell's property, ``default`` where it is given without, None if it is not."""
    found = cell.find(f"{qn('w:tcPr')}/{qn(name)}")
    return None if found is None else found.get(qn("w:val"), default)


def _text(element: Any) -> str:
    """The text a reader sees: without deletions, field codes, text boxes and fallbacks."""
    parts = []
    for child in element:
        if child.tag == qn("w:t"):
            parts.append(child.text or "")
        elif child.tag in _SIGNS:
            parts.append(_SIGNS[child.tag])
        elif child.tag not in _SKIPPED:
            parts.append(_text(child))
    return "".join(parts)


def _text_boxes(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == qn("w:txbxContent"):
            yield child
        elif child.tag != _FALLBACK:
            yield from _text_boxes(child)
