"""The words the index speaks: what goes in, what comes out, and what can go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np


_FRAME = 120  # characters of a title, and of headings, that the model reads with a passage


class Embedder(Protocol):
    """Turns texts into unit vectors. Reading ``name`` must not load the model."""

    @property
    def name(self) -> str:
        """Name of the model; vectors of different names are never compared."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 rows of length 1, shape ``(len(texts), dimension)``."""


class IndexLocked(RuntimeError):
    """Another process, or another ``Index`` in this one, has the data folder open."""

    def __init__(self, data: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{holder} is using the index in {data}; stop it, or choose another data folder "
            "with FOOTNOTE_DATA"
        )
        self.data = data
        self.pid = pid


class IndexUnusable(RuntimeError):
    """The catalog file cannot be used; the message says why and what to do."""


class NothingToRead(OSError):
    """The folder is another than the index's, and empty; the index is left as it is."""

    def __init__(self, folder: Path, indexed: str, documents: str, data: Path) -> None:
        command = f"footnote index {quote(str(folder))} --allow-empty --data {quote(str(data))}"
        super().__init__(
            f"there is nothing to read in {folder}, so the index in {data} is left as it is: that "
            f"of {indexed} ({documents}). Is a disk not there, or the wrong folder named? If it is "
            f"to be that of {folder}, run `{command}`; to have both, give each folder a data "
            "folder of its own with --data"
        )


class ChromaUnreachable(RuntimeError):
    """The Chroma server that FOOTNOTE_CHROMA_URL names does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no Chroma server answers at {url} ({reason[:200]}); start it, or correct or unset "
            "FOOTNOTE_CHROMA_URL. Nothing is lost: what is missing there is sent by the next sync"
        )
        self.url = url


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document in the index, without its text.

    ``published`` is the date as the document gives it; ``characters``, ``passages`` and ``pages``
    are counts, ``pages`` None in a format without pages.
    """

    id: str
    title: str
    source: str
    published: str | None
    author: str | None
    publisher: str | None
    url: str | None
    content_hash: str
    characters: int
    passages: int
    pages: int | None
    indexed_at: datetime
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """Characters ``start`` to ``end`` of a document: ``text(document)[start:end] == text``."""

    id: str
    document: str
    ordinal: int
    start: int
    end: int
    page: int | None
    heading: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found; a larger score is better."""

    passage_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not in the index, why, and what its owner can do about it."""

    source: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: ``done`` of ``total`` files (reading) or passages (the other stages)."""

    stage: Literal["reading", "embedding", "writing"]
    done: int
    total: int
    source: str | None = None


@dataclass(slots=True)
class SyncReport:
    """What a sync did: sources by what became of them.

    A file that was indexed and can no longer be read is in ``deleted`` and in ``skipped``.
    ``passages`` counts the whole index, ``embedded`` the texts that went through the model;
    ``kept`` the documents that are still indexed although the folder is empty.
    ``remarks`` are sentences for a person ("The embedding model changed …").
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    passages: int = 0
    embedded: int = 0
    kept: int = 0
    seconds: float = 0.0


def document_id(source: str) -> str:
    """Return the stable id of the document at ``source``: 16 hexadecimal digits."""
    return digest(source)[:16]


def passage_id(document: str, ordinal: int) -> str:
    """Return the id of passage ``ordinal`` of a document."""
    return f"{document}:{ordinal}"


def embedded_text(title: str | None, heading: str | None, text: str) -> str:
    """Return what the model reads for a passage: where it stands, then what it says."""
    return frame(title, heading) + text


def frame(title: str | None, heading: str | None) -> str:
    """Return the title and the innermost headings as they stand above a passage, not at length."""
    parts = ((title or "")[:_FRAME].strip(), (heading or "")[-_FRAME:].strip())
    return "".join(f"{part}\n" for part in parts if part)


def digest(text: str) -> str:
    """Return the SHA-256 of ``text`` in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
