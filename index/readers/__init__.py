"""Readers: one module a format, each with ``parse(data: bytes) -> Document``.

A reader renders markup to the plain text a person would read. Whatever a parser library does with
a damaged file, the caller sees a ``Document`` or an ``UnreadableFile``, nothing else.
"""

from __future__ import annotations

import stat
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from index.document import Document, UnreadableFile
from index.readers.metadata import from_top

MAX_BYTES = 200_000_000

_MODULES = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
_NAMES = {"text": "text", "markdown": "Markdown", "html": "HTML", "pdf": "PDF", "docx": "Word"}

SUFFIXES = frozenset(_MODULES)


def read(path: Path) -> Document:
    """Read one file, by its suffix.

    Raises:
        UnreadableFile: if the file is gone, not allowed, too large, empty, damaged or not of the
            format its name says; it carries the reason and what the file's owner can do.
    """
    module = _MODULES.get(path.suffix.lower())
    if module is None:
        kinds = ", ".join(sorted(SUFFIXES))
        raise UnreadableFile(f"files named {path.suffix or path.name} are not read", f"use {kinds}")
    document = _parsed(module, _content(path))
    if not document.text.strip():
        raise UnreadableFile("; ".join(document.notes) or "it is empty")
    return _with_date(document)


def _content(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableFile("it is a folder, not a file", "rename the folder")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("it is not a regular file", "replace it with a copy of the file")
        if status.st_size > MAX_BYTES:
            size, limit = status.st_size // 1_000_000, MAX_BYTES // 1_000_000
            raise UnreadableFile(f"it is {size} MB, over the limit of {limit} MB", "split it up")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableFile("it is gone", "index again if it was moved") from error
    except PermissionError as error:
        raise UnreadableFile("reading it is not allowed", "change its permissions") from error
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"it cannot be opened ({_first_line(error)})") from error
    if not data:
        raise UnreadableFile("it is empty")
    return data


def _parsed(module: str, data: bytes) -> Document:
    try:
        document: Document = import_module(f"index.readers.{module}").parse(data)
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # a parser given hostile bytes may raise anything
        reason = f"it is damaged or not a {_NAMES[module]} file ({_first_line(error)})"
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
