"""Build the PDF and the DOCX of the sample corpus from their sources beside this script.

    python tools/build_documents.py [FOLDER]

writes ``crisis-2026.pdf`` and ``social-missions.docx`` to ``documents/`` or to FOLDER. A source is
front matter and a few kinds of block: ``#`` and ``##`` headings, ``-`` lists, paragraphs. The same
source gives the same bytes: dates come from the front matter, and zip entries carry no clock time.
"""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import docx
import fpdf

SOURCES = Path(__file__).parent / "sources"
DOCUMENTS = Path(__file__).parents[1] / "documents"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry


@dataclass(frozen=True)
class Source:
    """A parsed source: its front matter, and its blocks as (``h1 | h2 | item | text``, text)."""

    meta: dict[str, str]
    blocks: list[tuple[str, str]]

    @property
    def published(self) -> datetime:
        """Midnight, UTC, of the day the front matter gives."""
        return datetime.fromisoformat(self.meta["published"]).replace(tzinfo=UTC)


def parse(text: str) -> Source:
    """Split a source into front matter and blocks; one line is one block."""
    _, front, body = text.split("---\n", maxsplit=2)
    meta = dict(line.split(": ", maxsplit=1) for line in front.splitlines())
    return Source(meta, [_block(line) for line in body.splitlines() if line])


def _block(line: str) -> tuple[str, str]:
    for prefix, kind in (("## ", "h2"), ("# ", "h1"), ("- ", "item")):
        if line.startswith(prefix):
            return kind, line.removeprefix(prefix)
    return "text", line


def build_pdf(source: Source) -> bytes:
    """Return ``source`` as a PDF on A4 pages, in the Latin-1 core fonts."""
    pdf = fpdf.FPDF(format="A4")
    pdf.set_title(source.meta["title"])
    pdf.set_author(source.meta["author"])
    pdf.set_subject(source.meta["publisher"])
    pdf.set_lang("en")
    pdf.set_creation_date(source.published)
    pdf.set_margin(25)
    pdf.add_page()
    styles = {"h1": ("B", 20, 10), "h2": ("B", 14, 7), "item": ("", 12, 6), "text": ("", 12, 6)}
    for kind, text in source.blocks:
        if kind == "h2" and pdf.will_page_break(30):  # a heading stays with its paragraph
            pdf.add_page()
        weight, size, height = styles[kind]
        pdf.set_font("Helvetica", weight, size)
        pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    return bytes(pdf.output())


def build_docx(source: Source) -> bytes:
    """Return ``source`` as a Word document with headings, lists and core properties."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = source.meta["title"], source.meta["author"]
    properties.last_modified_by = source.meta["author"]
    properties.comments, properties.language = "", "en"
    properties.subject = source.meta["publisher"]
    properties.created = properties.modified = source.published.replace(tzinfo=None)
    styles = {"h1": "Title", "h2": "Heading 1", "item": "List Bullet", "text": "Normal"}
    for kind, text in source.blocks:
        document.add_paragraph(text, style=styles[kind])
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def _without_clock(archive: bytes) -> bytes:
    """Rewrite a zip archive with every entry dated alike."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            new.writestr(entry, old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def main(folder: Path) -> None:
    """Write both documents to ``folder``."""
    for name, build in (("crisis-2026.pdf", build_pdf), ("social-missions.docx", build_docx)):
        source = parse((SOURCES / name).with_suffix(".md").read_text(encoding="utf-8"))
        (folder / name).write_bytes(build(source))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS)
