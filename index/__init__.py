"""Documents to passages to Chroma: everything that stands between a folder and a search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.document import Document, UnreadableFile
    from index.index import Index
    from index.types import Hit, IndexLocked, Progress, Skipped, StoredPassage, SyncReport

_HOMES = {
    "Document": "index.document",
    "UnreadableFile": "index.document",
    "Index": "index.index",
    "Hit": "index.types",
    "IndexLocked": "index.types",
    "Progress": "index.types",
    "Skipped": "index.types",
    "StoredPassage": "index.types",
    "SyncReport": "index.types",
}

__all__ = [
    "Document",
    "Hit",
    "Index",
    "IndexLocked",
    "Progress",
    "Skipped",
    "StoredPassage",
    "SyncReport",
    "UnreadableFile",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for at its first use, so that ``import index`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'index' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
