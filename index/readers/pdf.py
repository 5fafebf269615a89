"""PDF: the text of each page, in paragraphs, with the exact span of each page."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from index.document import Document, UnreadableFile
from index.readers import ocr
from index.readers.blocks import TextBuilder, note_on
from index.readers.metadata import best_title, fields
from index.readers.pdf_layout import Layout, Paragraph
from index.readers.pdf_lines import Line, body_size, lines_of, without_running_lines

_USUAL_SIZE = 10.0  # points

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it reports each oddity that it repairs


def parse(data: bytes) -> Document:
    """Read a PDF; its pages are numbered from 1 in the order in which they come.

    Raises:
        UnreadableFile: if ``data`` is not a PDF, needs a password, or holds no text.
    """
    reader = _open(data)
    pages, damaged = _lines(reader)
    notes = _recognise(data, pages, damaged)
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


def _lines(reader: PdfReader) -> tuple[list[list[Line]], list[int]]:
    """The lines of each page, and the numbers of the pages that could not be read."""
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
    return pages, damaged


def _recognise(data: bytes, pages: list[list[Line]], damaged: list[int]) -> tuple[str, ...]:
    """Put the lines of scanned pages into ``pages`` if that can be done; returns notes on it."""
    blank = [number for number, lines in enumerate(pages, 1) if not lines]
    if blank and ocr.installed():
        size = body_size(line for page in pages for line in page) or _USUAL_SIZE
        for number, lines in ocr.recognise(data, blank, size):
            pages[number - 1] = lines
    found = [number for number in blank if pages[number - 1]]
    still = [number for number in blank if number not in {*found, *damaged}]
    lost = [number for number in damaged if number not in found]
    return (
        *note_on(found, "text recognised by Tesseract, which errs now and then"),
        *note_on(still, "no text"),
        *note_on(lost, "damaged text, left out"),
    )


def _without_text(pages: int, notes: Sequence[str]) -> UnreadableFile:
    if any("damaged" in note for note in notes) or not pages:
        return UnreadableFile("; ".join(notes) or "it has no pages", "get a fresh copy")
    count = f"none of its {pages} pages has text" if pages > 1 else "its page has no text"
    if ocr.installed():
        return UnreadableFile(f"{count}, and Tesseract recognises none", "scan it again, sharper")
    return UnreadableFile(f"{count}: {ocr.SCANNED}", ocr.INSTALL)


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
