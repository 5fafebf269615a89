"""PowerPoint files: slide by slide, the title first, then text, tables and the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pptx
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

from index.document import Document, UnreadableFile
from index.readers.archive import check_archive
from index.readers.blocks import TextBuilder, note_on, one_line, table_rows
from index.readers.metadata import best_title, fields

_LINE_BREAK = "\v"  # how python-pptx writes a line break inside a paragraph
_FURNITURE = {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE}
_MAX_DEPTH = 20  # groups inside groups
_TEMPLATE_DATE = datetime(2013, 1, 27, 9, 14, 16)  # of what python-pptx makes, without a zone
_TEMPLATE_TITLE = "PowerPoint Presentation"


def parse(data: bytes) -> Document:
    """Read a .pptx file; its slides are numbered from 1, those that are hidden too.

    Raises:
        UnreadableFile: if ``data`` is not such a file, would unpack to too much, or has no text.
    """
    check_archive(data, "PowerPoint", ".ppt")
    presentation = pptx.Presentation(io.BytesIO(data))
    builder = TextBuilder()
    silent = []
    for number, slide in enumerate(presentation.slides, 1):
        builder.start_page(number)
        name, body = _name(slide), _body(slide)
        if not name and not body.text:
            silent.append(number)
            continue
        builder.add(name or f"Slide {number}", level=2)
        builder.extend(body)
    if not builder.text:
        raise UnreadableFile("it holds no text", "if it holds pictures of text, recognise it first")
    metadata = fields(_given(presentation.core_properties))
    title = best_title(metadata.pop("title", None), builder.first_heading())
    return builder.document(title, metadata, note_on(silent, "no text", "slide"))


def _name(slide: Any) -> str:
    title = slide.shapes.title
    return one_line(title.text_frame.text) if title is not None and title.has_text_frame else ""


def _body(slide: Any) -> TextBuilder:
    """What stands on a slide below its title, and then what its speaker is to say."""
    builder = TextBuilder()
    title = slide.shapes.title
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            _add_text(builder, shape)
        elif getattr(shape, "has_table", False):
            _add_table(builder, shape.table)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        builder.add(notes.text.replace(_LINE_BREAK, "\n"))
    return builder


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """The shapes of a slide, those in groups too, without page numbers, dates and footers."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            if depth < _MAX_DEPTH:
                yield from _shapes(shape.shapes, depth + 1)
        elif not (shape.is_placeholder and shape.placeholder_format.type in _FURNITURE):
            yield shape


def _add_text(builder: TextBuilder, shape: Any) -> None:
    """Add a text box: a list, where it has more than one paragraph and is of the slide's body."""
    paragraphs = [paragraph for paragraph in shape.text_frame.paragraphs if paragraph.text.strip()]
    is_list = shape.is_placeholder and len(paragraphs) > 1
    if is_list:
        builder.open_list()
    for paragraph in paragraphs:
        text = paragraph.text.replace(_LINE_BREAK, "\n").strip()
        if is_list:
            builder.add_item(text, paragraph.level)
        else:
            builder.add(text)
    if is_list:
        builder.close_list()


def _add_table(builder: TextBuilder, table: Any) -> None:
    rows = [[one_line(cell.text) for cell in row.cells] for row in table.rows]
    if table.first_row and len(rows) > 1:
        builder.add(table_rows(rows[1:], rows[0]))
    else:
        builder.add(table_rows(rows))


def _given(properties: Any) -> dict[str, object]:
    """Title, author and day of creation, unless they are a template's."""
    created = properties.created
    is_own = created and created.replace(tzinfo=None) != _TEMPLATE_DATE
    return {
        "title": properties.title if properties.title != _TEMPLATE_TITLE else None,
        "author": properties.author,
        "created": created.date() if is_own else None,
    }
