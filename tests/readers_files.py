"""Files for the reader tests, made with the libraries people make them with."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import docx
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


def saved(document: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word(*paragraphs: tuple[str, str]) -> bytes:
    """A Word file of (style, text) paragraphs."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    return saved(document)
