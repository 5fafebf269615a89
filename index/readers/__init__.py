"""Readers: one module a format, each with ``parse(data: bytes) -> Document``.

A reader renders markup to the plain text a person would read. Whatever a parser library does with
a damaged file, the caller sees a ``Document`` or an ``UnreadableFile``, nothing else.

``read`` reads in this process. Files of unknown origin are read by ``index.reading``, which does
the same in a child process with limits on time and memory.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path, PurePosixPath

from index.document import Document, UnreadableFile
from index.readers import ocr
from index.readers.blocks import a
from index.readers.metadata import from_top

_TEXT, _BINARY = 50_000_000, 200_000_000  # bytes; of text 50 MB is some thirty thousand pages


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, the module that reads it, and what the numbers of its places count."""

    name: str
    module: str
    max_bytes: int
    unit: str = "page"


_TEXT_FILE = Format("text", "text", _TEXT)
_MARKDOWN = Format("Markdown", "markdown", _TEXT)
_HTML = Format("HTML", "html", _TEXT)
_JSON_LINES = Format("JSON Lines", "json_lines", _TEXT, "line")

FORMATS = {
    ".txt": _TEXT_FILE,
    ".text": _TEXT_FILE,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Format("PDF", "pdf", _BINARY),
    ".docx": Format("Word", "docx", _BINARY),
    ".pptx": Format("PowerPoint", "pptx", _BINARY, "slide"),
    ".xlsx": Format("Excel", "xlsx", _BINARY, "row"),
    ".csv": Format("CSV", "delimited", _TEXT, "row"),
    ".tsv": Format("TSV", "delimited", _TEXT, "row"),
    ".epub": Format("EPUB", "epub", _BINARY),
    ".eml": Format("e-mail", "eml", _BINARY),
    ".json": Format("JSON", "json_records", _TEXT, "record"),
    ".jsonl": _JSON_LINES,
    ".ndjson": _JSON_LINES,
}
SUFFIXES = frozenset(FORMATS)


def read(path: Path) -> Document:
    """Read one file, by its suffix.

    Raises:
        UnreadableFile: if the file is gone, not allowed, too large, empty, damaged or not of the
            format its name says; it carries the reason and what the file's owner can do.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        kinds = ", ".join(sorted(SUFFIXES))
        raise UnreadableFile(f"files named {path.suffix or path.name} are not read", f"use {kinds}")
    document = _parsed(form, _content(path, form))
    if not document.text.strip():
        raise UnreadableFile("; ".join(document.notes) or "it is empty")
    return _with_date(document)


def check_size(suffix: str, size: int) -> None:
    """Refuse a file of ``size`` bytes if that is more than its format may have.

    Raises:
        UnreadableFile: if it is too large.
    """
    form = FORMATS.get(suffix.lower())
    if form and size > form.max_bytes:
        limit = form.max_bytes // 1_000_000
        reason = f"it is {size // 1_000_000:,} MB, over the limit of {limit} MB for {form.name}"
        raise UnreadableFile(reason, "split it up")


def unit_of(source: str) -> str:
    """Return what the numbers of places in ``source`` count, such as "page", "slide" or "row"."""
    form = FORMATS.get(PurePosixPath(source).suffix.lower())
    return form.unit if form else "page"


def worth_another_try(reason: str) -> bool:
    """Return whether a file refused for ``reason`` may be read now, though it did not change."""
    return ocr.SCANNED in reason and ocr.installed()


def _content(path: Path, form: Format) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableFile("it is a folder, not a file", "rename the folder")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("it is not a regular file", "replace it with a copy of the file")
        check_size(path.suffix, status.st_size)
        with path.open("rb") as file:
            data = file.read(form.max_bytes + 1)  # it may grow, or be of a kind without a size
    except FileNotFoundError as error:
        raise UnreadableFile("it is gone", "index again if it was moved") from error
    except PermissionError as error:
        raise UnreadableFile("reading it is not allowed", "change its permissions") from error
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"it cannot be opened ({_first_line(error)})") from error
    if not data:
        raise UnreadableFile("it is empty")
    check_size(path.suffix, len(data))
    return data


def _parsed(form: Format, data: bytes) -> Document:
    try:
        document: Document = import_module(f"index.readers.{form.module}").parse(data)
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # a parser given hostile bytes may raise anything
        reason = f"it is damaged or not {a(form.name)} file ({_first_line(error)})"
        raise UnreadableFile(reason, "open it, save it again and index again") from error
    return document


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _with_date(document: Document) -> Document:
    """Fill in what a line near the top says of date and author, then the date of creation."""
    metadata = {**from_top(document.text), **document.metadata}
    created = metadata.pop("created", None)
    if created:
        metadata.setdefault("published", created)
    return replace(document, metadata=metadata)
