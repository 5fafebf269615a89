"""The ingest X-ray: what became of every file in the folder, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from index.duplicates import near_duplicates
from index.readers import FORMATS, unit_of
from ui.listing import count_of
from ui.text import shown_name

if TYPE_CHECKING:
    from rich.console import Console

    from index import Index
    from index.types import DocumentInfo, Skipped, SyncReport


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    ``pages`` counts its ``unit``: pages, slides, rows and so on that hold text; None in a format
    without. ``remarks`` are what its reader has to say, such as which pages have no text. Of a
    file that is left out ``skipped`` says why and ``remedy`` what to do. ``duplicate_of`` is
    an earlier file of nearly the same text, ``similarity`` the share of both, 1 if they are equal.
    """

    source: str
    format: str
    unit: str
    pages: int | None = None
    characters: int = 0
    passages: int = 0
    remarks: tuple[str, ...] = ()
    duplicate_of: str | None = None
    similarity: float | None = None
    skipped: str | None = None
    remedy: str | None = None


def file_reports(index: Index, report: SyncReport) -> list[FileReport]:
    """Return a report on every document and every file that was left out, ordered by source."""
    documents = index.documents()
    copies = near_duplicates((d.source, index.text(d.id)) for d in documents)
    hashes = {document.source: document.content_hash for document in documents}
    files = []
    for document in documents:
        original, share = copies.get(document.source, (None, None))
        if share and hashes[document.source] != hashes.get(original or ""):
            share = min(share, 0.99)  # an estimate; 1 is for texts that are the same
        files.append(_indexed(document, original, share))
    files += [_left_out(skipped) for skipped in report.skipped]
    return sorted(files, key=lambda file: file.source)


def report_line(files: Sequence[FileReport]) -> str:
    """Return the whole report in one line."""
    indexed = [file for file in files if file.skipped is None]
    passages = sum(file.passages for file in indexed)
    copies = sum(file.duplicate_of is not None for file in indexed)
    silent = sum(any("no text" in remark for remark in file.remarks) for file in indexed)
    facts = (
        f"{count_of(len(files), 'file')}: {len(indexed):,} in the index "
        f"({count_of(passages, 'passage')})",
        f"{len(files) - len(indexed):,} left out",
        f"{copies:,} nearly the same as another",
        f"{silent:,} with pages without text",
    )
    return ", ".join(facts)


def report_json(files: Sequence[FileReport]) -> dict[str, Any]:
    """Return the report as plain values for JSON."""
    return {"summary": report_line(files), "files": [asdict(file) for file in files]}


def print_report(console: Console, files: Sequence[FileReport]) -> None:
    """Print a table with a row for each file, and the report in one line below it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("File", overflow="fold", ratio=3)
    table.add_column("Format")
    for name in ("Places", "Characters", "Passages"):
        table.add_column(name, justify="right")
    table.add_column("Remarks", overflow="fold", ratio=4)
    for file in files:
        counts = [_places(file), f"{file.characters:,}", f"{file.passages:,}"]
        cells = counts if file.skipped is None else ["", "", ""]
        remarks = Text("; ".join(_remarks(file)), style="yellow" if file.skipped else "")
        table.add_row(Text(shown_name(file.source)), file.format, *cells, remarks)
    console.print(table)
    console.print(Text(report_line(files)), soft_wrap=True)


def _indexed(document: DocumentInfo, original: str | None, share: float | None) -> FileReport:
    return FileReport(
        source=document.source,
        format=_format(document.source),
        unit=unit_of(document.source),
        pages=document.pages,
        characters=document.characters,
        passages=document.passages,
        remarks=document.notes,
        duplicate_of=original,
        similarity=round(share, 2) if share else None,
    )


def _left_out(skipped: Skipped) -> FileReport:
    return FileReport(
        source=skipped.source,
        format=_format(skipped.source),
        unit=unit_of(skipped.source),
        skipped=skipped.reason,
        remedy=skipped.remedy,
    )


def _format(source: str) -> str:
    form = FORMATS.get(PurePosixPath(source).suffix.lower())
    return form.name if form else "–"


def _places(file: FileReport) -> str:
    return count_of(file.pages, file.unit) if file.pages else ""


def _remarks(file: FileReport) -> list[str]:
    if file.skipped is not None:
        return [f"left out: {file.skipped}", *filter(None, [file.remedy])]
    copy = file.duplicate_of
    share = (
        "the same text as" if file.similarity == 1 else f"{file.similarity or 0:.0%} the same as"
    )
    return [*file.remarks, *([f"{share} {shown_name(copy)}"] if copy else [])]
