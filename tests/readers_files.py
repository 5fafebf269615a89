"""Files for the reader tests, made with the libraries people make them with."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
from fpdf import FPDF

from index.document import Document
from index.readers import read


def read_bytes(folder: Path, name: str, data: bytes | str) -> Document:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read(path)


def headings(document: Document) -> list[tuple[int, str]]:
    return [(h.level, document.text[h.start : h.end]) for h in document.headings]


def assert_sound(document: Document) -> None:
    """The promises every document keeps, whatever the file held."""
    text = document.text
    assert text.strip()
    assert not {"\r", "\0"} & set(text)
    text.encode("utf-8")  # fails on a lone surrogate
    for heading in document.headings:
        line = text[heading.start : heading.end]
        assert line.strip() == line != ""
        assert "\n" not in line
        assert text[: heading.start].rpartition("\n")[2].strip() == ""
        assert text[heading.end :].partition("\n")[0].strip() == ""
    assert all(a.end <= b.start for a, b in pairwise(document.headings))
    assert [page.start for page in document.pages[1:]] == [p.end for p in document.pages[:-1]]
    assert all(0 <= page.start < page.end <= len(text) for page in document.pages)
    assert all(isinstance(value, str) and value for value in document.metadata.values())


def pdf(*pages: str, password: str = "", **metadata: str) -> bytes:
    """A PDF with a page for each text: lines that begin with "# " are large and bold."""
    file = FPDF(format="A4")
    file.set_creation_date(datetime(2024, 5, 3, 12, tzinfo=UTC))
    for page in pages:
        file.add_page()
        for block in page.split("\n\n"):
            is_heading = block.startswith("# ")
            file.set_font("helvetica", "B" if is_heading else "", 18 if is_heading else 11)
            file.multi_cell(0, 6, block.removeprefix("# "), new_x="LMARGIN", new_y="NEXT")
            file.ln(6)
    for name, value in metadata.items():
        getattr(file, f"set_{name}")(value)
    if password:
        file.set_encryption(owner_password="owner", user_password=password)
    return bytes(file.output())


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word(*paragraphs: tuple[str, str]) -> bytes:
    """A Word file of (style, text) paragraphs."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    return saved(document)


def slides(*texts: tuple[str, str]) -> bytes:
    """A PowerPoint file of (title, body) slides."""
    presentation = pptx.Presentation()
    for title, body in texts:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, body
    return saved(presentation)


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An Excel file of named sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def archive(**members: str | bytes) -> bytes:
    """A ZIP archive; "__" in a name stands for "/"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)


def book(*chapters: str, contents: dict[str, str] | None = None, **more: str) -> bytes:
    """An EPUB of HTML chapters, named 1.xhtml and so on; ``contents`` names some of them."""
    items = "".join(
        f'<item id="c{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(1, len(chapters) + 1)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(1, len(chapters) + 1))
    links = "".join(f'<a href="{name}">{text}</a>' for name, text in (contents or {}).items())
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Clinic</dc:title>'
        "<dc:creator>Ana Ruiz</dc:creator><dc:date>2001</dc:date></metadata><manifest>"
        '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        f"{items}</manifest><spine>{spine}</spine></package>"
    )
    files = {f"OEBPS__{n}.xhtml": text for n, text in enumerate(chapters, 1)}
    return archive(
        **{
            "mimetype": "application/epub+zip",
            "META-INF__container.xml": CONTAINER,
            "OEBPS__book.opf": package,
            "OEBPS__nav.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml">{links}</html>',
        }
        | files
        | more
    )


def scan(*pages: str) -> bytes:
    """A PDF whose pages are pictures of text."""
    import pypdfium2

    file = FPDF(format="A4")
    for page in pypdfium2.PdfDocument(pdf(*pages)):
        file.add_page()
        file.image(page.render(scale=150 / 72, grayscale=True).to_pil(), 0, 0, 210, 297)
    return bytes(file.output())


def places(document: Document) -> list[tuple[int, str]]:
    """Each numbered place and the text that stands there."""
    return [(page.number, document.text[page.start : page.end].strip()) for page in document.pages]
