"""PDF: the text of each page, in paragraphs, with the exact span of each page."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from index.document import Document, UnreadableFile
from index.readers.blocks import TextBuilder, note_on
from index.readers.metadata import best_title, fields
from index.readers.pdf_layout import Layout, Paragraph
from index.readers.pdf_lines import Line, lines_of, without_running_lines

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it reports each oddity that it repairs


def parse(data: bytes) -> Document:
    """Read a PDF; its pages are numbered from 1 in the order in which they come.

    Raises:
        UnreadableFile: if ``data`` is not a PDF, needs a password, or holds no text.
    """
    reader = _open(data)
    pages, notes = _lines(reader)
    if not any(pages):
        raise _without_text(len(pages), notes)
    pages = without_running_lines(pages)
    layout = Layout(pages)
    builder = TextBuilder()
    _add_pages(builder, layout, [layout.paragraphs(lines) for lines in pages])
    metadata = fields(_given(reader))
    title = best_title(metadata.pop("title", None), builder.first_heading())
    return builder.document(title, metadata, notes)


def _open(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    except (DependencyError, NotImplementedError) as error:
        raise UnreadableFile("its encryption is not supported", "save it without") from error
    if locked:
        raise UnreadableFile("it is password-protected", "remove the password and index again")
    return reader


def _lines(reader: PdfReader) -> tuple[list[list[Line]], tuple[str, ...]]:
    """The lines of each page, and notes on the pages that gave none."""
    pages: list[list[Line]] = []
    damaged: list[int] = []
    for number in range(1, len(reader.pages) + 1):
        try:
            pages.append(lines_of(reader.pages[number - 1]))
        except MemoryError:
            raise
        except Exception:  # one page that cannot be read does not lose the others
            pages.append([])
            damaged.append(number)
    blank = [n for n, lines in enumerate(pages, 1) if not lines and n not in damaged]
    return pages, (*note_on(blank, "no text"), *note_on(damaged, "damaged text, left out"))


def _without_text(pages: int, notes: Sequence[str]) -> UnreadableFile:
    if any("damaged" in note for note in notes) or not pages:
        return UnreadableFile("; ".join(notes) or "it has no pages", "get a fresh copy")
    count = f"none of its {pages} pages has text" if pages > 1 else "its page has no text"
    return UnreadableFile(f"{count}: it looks scanned", "recognise its text (OCR) first")


def _add_pages(builder: TextBuilder, layout: Layout, pages: Sequence[list[Paragraph]]) -> None:
    """Add each page's paragraphs; one that runs on over the page break stays one."""
    separator = "\n\n"
    for number, paragraphs in enumerate(pages, 1):
        builder.start_page(number)
        following = next((page[0] for page in pages[number:] if page), None)
        for n, paragraph in enumerate(paragraphs):
            text, rest = paragraph.text, None
            if n == len(paragraphs) - 1 and following and layout.runs_on(paragraph, following):
                text, rest = layout.divide(paragraph.text, following.text)
            if paragraph.is_item and separator:
                builder.add_item(text)
            else:
                builder.add(text, paragraph.level, separator)
            separator = "\n\n"
            if following and rest is not None:
                following.text, separator = rest, ""


def _given(reader: PdfReader) -> dict[str, object]:
    """Title, author and date of creation from the document information, if it can be read."""
    try:
        information = reader.metadata
        if information is None:
            return {}
        created = information.creation_date
    except (PyPdfError, ValueError, TypeError, AttributeError):
        return {}
    day = created.date() if created else None
    return {"title": information.title, "author": information.author, "created": day}
