"""The index: a folder's documents, kept, searched and cited from one data folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from index.catalog import Catalog
from index.document import Page
from index.embeddings import Embeddings
from index.splitter import page_at
from index.sync import sync
from index.types import (
    DocumentInfo,
    Embedder,
    Hit,
    IndexLocked,
    Progress,
    StoredPassage,
    SyncReport,
)
from index.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np


class Index:
    """Documents, passages and two searches over them; opened by one process at a time.

    Every method may be called from any thread, also while a sync runs: readers see each document
    as it was before a change or after it, never in between.

    Example:
        with Index.open(Path(".footnote"), embedder) as index:
            index.sync(Path("documents"))
            index.search_lexical("when was it founded", k=5)
    """

    def __init__(self, data: Path, embedder: Embedder, lock: FileLock, catalog: Catalog) -> None:
        self.data = data
        self._embedder = embedder
        self._lock = lock
        self._catalog = catalog
        self._embeddings = Embeddings(catalog.database, embedder.name)
        self._vectors = VectorIndex(data / "chroma", catalog, self._embeddings)
        self._syncing = Lock()

    @classmethod
    def open(cls, data: Path, embedder: Embedder) -> Self:
        """Open the index in the folder ``data``, which is made if there is none.

        The vector index is compared with the catalog and repaired; the model is not loaded.

        Raises:
            IndexLocked: if another process, or this one, has it open already.
            IndexUnusable: if its catalog is damaged or was made by a newer Footnote.
        """
        data.mkdir(parents=True, exist_ok=True)
        lock = _locked(data)
        catalog = None
        try:
            catalog = Catalog(data / "catalog.sqlite3")
            return cls(data, embedder, lock, catalog)
        except BaseException:
            if catalog:
                catalog.close()
            lock.release()
            raise

    def sync(self, folder: Path, progress: Callable[[Progress], None] | None = None) -> SyncReport:
        """Make the index equal to ``folder``; a second sync waits until the first is done.

        Safe to kill: the next sync finishes the work. ``progress`` is called in this thread.

        Raises:
            FileNotFoundError: if there is no ``folder``.
            NotADirectoryError: if it is not a folder.
        """
        with self._syncing:
            return sync(
                self._catalog,
                self._embeddings,
                self._vectors,
                self._embedder,
                folder,
                self.data,
                progress or (lambda _: None),
            )

    def documents(self) -> list[DocumentInfo]:
        """Return every document, ordered by source."""
        return self._catalog.documents()

    def document(self, document_id: str) -> DocumentInfo:
        """Return one document; raises KeyError if there is none with this id."""
        return self._catalog.document(document_id)

    def text(self, document_id: str) -> str:
        """Return a document's text, which all offsets point into; raises KeyError."""
        return self._catalog.text(document_id)

    def pages(self, document_id: str) -> tuple[Page, ...]:
        """Return a document's pages, () in a format without; raises KeyError."""
        return self._catalog.pages(document_id)

    def page_at(self, document_id: str, offset: int) -> int | None:
        """Return the page that holds ``offset``, None in a format without; raises KeyError."""
        return page_at(self.pages(document_id), offset)

    def match(self, globs: Sequence[str]) -> list[str]:
        """Return ids of the documents whose source or file name is or matches a glob.

        ``*`` also matches "/".
        """
        return self._catalog.match(globs)

    def passages(self, ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages in the order asked; ids that are not in the index are left out."""
        return self._catalog.passages(ids)

    def neighbours(self, passage_id: str, before: int = 1, after: int = 1) -> list[StoredPassage]:
        """Return a passage among up to ``before`` and ``after`` others of its document."""
        return self._catalog.neighbours(passage_id, before, after)

    def search_dense(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return the ``k`` passages nearest to ``vector`` (shape ``(d,)``), by cosine.

        ``documents`` limits the search to those ids; None means all. Raises ValueError for a
        vector of another length or with numbers that are not finite.
        """
        return self._vectors.search(vector, k, documents)

    def search_lexical(
        self, query: str, k: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return the ``k`` passages that best match any content word of ``query``, by BM25.

        Larger is better and all scores are positive; ``documents`` as in ``search_dense``.
        """
        return self._catalog.search(query, k, documents)

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages (or their titles and headings) each term's stem occurs."""
        return self._catalog.document_frequency(terms)

    @property
    def revision(self) -> int:
        """A number that grows whenever a document or a vector changes."""
        return self._catalog.revision

    def close(self) -> None:
        """Wait for a running sync, then let go of the data folder."""
        with self._syncing:
            self._vectors.close()
            self._catalog.close()
            self._lock.release()

    def __len__(self) -> int:
        return len(self._catalog)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _locked(data: Path) -> FileLock:
    """Take the lock on ``data`` and leave our process id beside it."""
    lock = FileLock(data / "lock", thread_local=False)
    holder = data / "lock.pid"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexLocked(data, _pid(holder)) from None
    holder.write_text(str(os.getpid()), encoding="ascii")
    return lock


def _pid(holder: Path) -> int | None:
    try:
        return int(holder.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
