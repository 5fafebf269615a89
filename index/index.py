"""The index: a folder's documents, kept, searched and cited from one data folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Self

from index.catalog import Catalog
from index.closing import Closing
from index.document import Page
from index.embeddings import Embeddings
from index.generations import Collections, Folders, Generations
from index.health import Health, examine
from index.ownership import Ownership, make_folder
from index.splitter import page_at
from index.sync import sync
from index.types import DocumentInfo, Embedder, Hit, Progress, StoredPassage, SyncReport, digest
from index.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np


_PATIENCE = 3600.0  # seconds that a sync waits for that of another process
_COURTESY = 30.0  # seconds that an examination does


class Index(Closing):
    """Documents, passages and two searches over them; opened by one process at a time.

    Every method may be called from any thread, also while a sync runs: readers see each document
    as it was before a change or after it, never in between.

    Example:
        with Index.open(Path(".footnote"), embedder) as index:
            index.sync(Path("documents"))
            index.search_lexical("when was it founded", k=5)
    """

    def __init__(
        self,
        data: Path,
        embedder: Embedder,
        ownership: Ownership,
        catalog: Catalog,
        chroma_url: str | None,
    ) -> None:
        self.data = data
        self.chroma_url = chroma_url
        self._embedder = embedder
        self._ownership = ownership
        self._catalog = catalog
        self._embeddings = Embeddings(catalog.database, embedder.name)
        self._vectors = VectorIndex(
            _generations(data, catalog, embedder.name, chroma_url),
            catalog,
            self._embeddings,
            ownership,
        )
        self._syncing = Lock()
        self._closed = False

    @classmethod
    def open(cls, data: Path, embedder: Embedder, chroma_url: str | None = None) -> Self:
        """Open the index in the folder ``data``, which is made if there is none.

        The vector index is compared with the catalog and repaired in the background if it was not
        closed properly; the model is not loaded. With ``chroma_url`` the vectors are kept by the
        Chroma server there, and several processes may have ``data`` open: see docs/operations.md.

        Raises:
            IndexLocked: if another process, or this one, has it open already.
            IndexUnusable: if its catalog is damaged or was made by a newer Footnote.
        """
        make_folder(data)
        ownership = Ownership(data)
        if not chroma_url:
            ownership.take()
        catalog = None
        try:
            catalog = Catalog(data / "catalog.sqlite3")
            return cls(data, embedder, ownership, catalog, chroma_url)
        except BaseException:
            _let_go(catalog, None if chroma_url else ownership)
            raise

    def sync(
        self,
        folder: Path,
        progress: Callable[[Progress], None] | None = None,
        allow_empty: bool = False,
    ) -> SyncReport:
        """Make the index equal to ``folder``; a second sync waits until the first is done.

        Safe to kill: the next sync finishes the work. ``progress`` is called in this thread. An
        empty folder empties the index only with ``allow_empty``; else ``kept`` is reported.

        Raises:
            FileNotFoundError: if there is no ``folder``.
            NotADirectoryError: if it is not a folder.
            NothingToRead: if it is empty and another than the last one, unless ``allow_empty``.
            IndexLocked: if another process has been syncing for an hour (with a Chroma server).
            IndexUnusable: if the index cannot be written, such as on a full disk.
            ChromaUnreachable: if the Chroma server does not answer.
        """
        with self._syncing, self._ownership.held(patience=_PATIENCE):
            return sync(
                self._catalog,
                self._embeddings,
                self._vectors,
                self._embedder,
                folder,
                self.data,
                progress or (lambda _: None),
                allow_empty,
            )

    def rebuild(self) -> None:
        """Build the vector index anew from the catalog; nothing is read or embedded.

        Raises as ``sync`` does.
        """
        with self._syncing, self._ownership.held(patience=_PATIENCE):
            self._vectors.rebuild()

    def health(self) -> Health:
        """Wait until the vector index is opened and repaired, then examine everything.

        Raises:
            IndexLocked: if another process is syncing (with a Chroma server).
        """
        with self._syncing, self._ownership.held(patience=_COURTESY):
            return examine(
                self.data, self._catalog, self._embeddings, self._vectors, self.chroma_url
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

    def read_ahead(self, stop: Event) -> None:
        """Read into memory what searches by words need, until ``stop`` is set.

        For who answers many questions: the first searches after a change need not wait for it.
        """
        self._catalog.read_ahead(stop)

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages (or their titles and headings) each term's stem occurs."""
        return self._catalog.document_frequency(terms)

    def documents_with(self, parts: Sequence[str]) -> set[str]:
        """Return the ids of the documents that hold each of ``parts`` (text without white space).

        None of their texts is read for it: what a longer text must hold narrows down where it is.
        """
        return self._catalog.documents_with(parts)

    @property
    def revision(self) -> int:
        """A number that grows whenever a document or a vector changes."""
        return self._catalog.revision

    @property
    def changed_at(self) -> datetime | None:
        """When a document or a vector last changed; None before the first."""
        return self._catalog.changed_at

    def close(self) -> None:
        """Wait for a running sync, then let go of the data folder; safe to call again."""
        with self._syncing:
            if self._closed:
                return
            self._closed = True
            try:
                self._vectors.close()
            finally:
                _let_go(self._catalog, None if self.chroma_url else self._ownership)

    def __len__(self) -> int:
        return len(self._catalog)


def _let_go(catalog: Catalog | None, ownership: Ownership | None) -> None:
    """Close the catalog and, whatever happens, give the folder back."""
    try:
        if catalog is not None:  # its length would be looked up
            catalog.close()
    finally:
        if ownership:
            ownership.release()


def _generations(data: Path, catalog: Catalog, model: str, chroma_url: str | None) -> Generations:
    if chroma_url:
        owner = digest(f"{catalog.identity} {data.resolve()}")[:12]
        return Collections(chroma_url, owner, _slug(model))
    return Folders(data / "chroma", _slug(model))


def _slug(model: str) -> str:
    """A short name for ``model`` that a folder and a Chroma collection may have."""
    plain = re.sub(r"[^a-z0-9]+", "-", Path(model).name.lower()).strip("-")[:40]
    return f"{plain or 'model'}-{digest(model)[:8]}"
