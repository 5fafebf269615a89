"""The vector index: what the catalog's vectors are searched with. Chroma, always replaceable.

Chroma's files do not survive every kill, power cut or full disk. So nothing here is the truth:
contents are compared with the catalog when the index is opened, and whatever Chroma fails at, the
answer is the same: build a new generation in a new folder from the vectors in the catalog, then
point to it.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from index.catalog import Catalog
from index.embeddings import Embeddings, Vectors
from index.offline import go_offline
from index.types import Hit, digest

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection as ChromaCollection

T = TypeVar("T")

BATCH = 1_000  # rows written to Chroma at once
# With Chroma's default of 16 neighbours up to a tenth of a set of like passages became unreachable.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 64}
_POINTER = "vectors"  # state in the catalog: the folder of the current generation
_MENDINGS = 4  # times that unreachable passages are inserted again
_PROBES = 8  # passages that must find themselves when the index is opened
_SAME = 0.01  # cosine distance below which a vector has found itself, float16 rounding included

_log = logging.getLogger(__name__)


class VectorIndex:
    """The vectors of one embedding model, searchable by cosine; any thread may use it."""

    def __init__(self, root: Path, catalog: Catalog, embeddings: Embeddings) -> None:
        self._root = root
        self._catalog = catalog
        self._embeddings = embeddings
        self._lock = RLock()  # held while Chroma is written, or replaced
        self._client: Any = None
        self._collection: Any = None
        self._open()

    def publish(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make Chroma hold, and find, what the catalog holds.

        ``progress`` gets the rows written and the rows to write.
        """
        with self._lock:
            self._healing(lambda collection: self._verified(collection, progress))

    def upsert(self, vectors: Vectors) -> None:
        """Write vectors that are new in the catalog."""
        with self._lock:
            self._healing(lambda collection: _upsert(collection, vectors))

    def search(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return the ``k`` passages nearest to ``vector`` by cosine, best first.

        ``documents`` limits the search to those ids; None means all.

        Raises:
            ValueError: if ``vector`` has another length than the vectors stored, or a number in
                it is not finite.
        """
        dimension = self._embeddings.dimension()
        if dimension is None or k < 1 or (documents is not None and not documents):
            return []
        if vector.shape != (dimension,) or not np.isfinite(vector).all():
            raise ValueError(
                f"a query vector has {dimension} finite numbers, not shape {vector.shape} "
                "or numbers that are not finite"
            )
        where = None if documents is None else {"document": {"$in": sorted(documents)}}
        found = self._healing(lambda collection: _query(collection, vector, k, where))
        passages = self._embeddings.current([name for name, _ in found])
        hits = [Hit(passages[name], 1 - gap) for name, gap in found if name in passages]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))

    def references(self) -> set[str]:
        """Return what Chroma holds."""
        return self._healing(_references)

    def close(self) -> None:
        """Let go of Chroma's files."""
        with self._lock:
            if self._collection is not None:
                self._client.close()
                self._collection = None

    # -- opening and healing ---------------------------------------------------------------

    def _open(self) -> None:
        """Open the current generation and repair it, or build a new one."""
        pointer = self._catalog.state(_POINTER)
        if pointer is None or not pointer.endswith(_slug(self._embeddings.model)):
            return self._rebuild()
        try:
            client, collection = self._connect(self._root / pointer)
            self._verified(collection)
        except BaseException as error:
            return self._heal(error, None)
        self._client, self._collection = client, collection
        return None

    def _healing(self, operation: Callable[[ChromaCollection], T]) -> T:
        """Run ``operation``; where Chroma fails, build a new generation and run it there."""
        collection = self._collection
        if collection is None:
            raise RuntimeError(f"the index in {self._root.parent} is closed")
        try:
            return operation(collection)
        except BaseException as error:  # Chroma's own panics are no Exceptions
            self._heal(error, collection)
            return operation(self._collection)

    def _heal(self, error: BaseException, broken: ChromaCollection | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise error
        with self._lock:
            if self._collection is not broken:
                return  # another thread was faster
            _log.warning("the vector index was damaged (%s): rebuilding it", _first_line(error))
            self._rebuild()

    def _rebuild(self) -> None:
        """Fill a new folder from the catalog, point to it, then remove the others."""
        name = f"{token_hex(4)}-{_slug(self._embeddings.model)}"
        client, collection = self._connect(self._root / name)
        self._publish(collection)
        self._client, self._collection = client, collection
        self._catalog.set_state(_POINTER, name)
        for path in self._root.iterdir():
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)

    def _connect(self, folder: Path) -> tuple[Any, ChromaCollection]:
        go_offline()
        import chromadb
        from chromadb.config import Settings

        folder.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(
            str(folder), settings=Settings(anonymized_telemetry=False)
        )
        return client, client.get_or_create_collection(
            _slug(self._embeddings.model), embedding_function=None, configuration={"hnsw": HNSW}
        )

    def _verified(
        self, collection: ChromaCollection, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Publish; raises RuntimeError where passages are not found afterwards."""
        lost = self._publish(collection, progress)
        if lost:
            raise RuntimeError(f"{lost} passages cannot be reached")
        sample = list(self._embeddings.references().values())
        sample = sample[:: max(len(sample) // _PROBES, 1)]
        for vector in self._embeddings.of_rows(sample).matrix:
            nearest = _query(collection, vector, 1, None)
            if not nearest or nearest[0][1] > _SAME:
                raise RuntimeError("a passage is not found by its own vector")

    def _publish(
        self, collection: ChromaCollection, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Write what differs from the catalog; return how many passages cannot be reached."""
        expected, present = self._embeddings.references(), _references(collection)
        for batch in _batches(sorted(present - expected.keys())):
            collection.delete(ids=batch)
        missing = [row for name, row in expected.items() if name not in present]
        for n, rows in enumerate(_batches(missing)):
            _upsert(collection, self._embeddings.of_rows(rows))
            if progress:
                progress(min((n + 1) * BATCH, len(missing)), len(missing))
        return self._mend(collection, expected)

    def _mend(self, collection: ChromaCollection, expected: dict[str, int]) -> int:
        """Insert again the passages that no path leads to; return how many there still are.

        HNSW prunes links, and can cut a passage off from the graph; inserted anew it gets others.
        """
        lost = expected.keys() - _reachable(collection)
        for _ in range(_MENDINGS):
            if not lost or len(lost) > len(expected) / 2:
                break
            for batch in _batches(sorted(lost)):
                collection.delete(ids=batch)
                _upsert(collection, self._embeddings.of_rows([expected[name] for name in batch]))
            lost = expected.keys() - _reachable(collection)
        return len(lost)


def _upsert(collection: ChromaCollection, vectors: Vectors) -> None:
    for n in range(0, len(vectors.references), BATCH):
        collection.upsert(
            ids=vectors.references[n : n + BATCH],
            embeddings=vectors.matrix[n : n + BATCH],
            metadatas=[{"document": document} for document in vectors.documents[n : n + BATCH]],
        )


def _query(
    collection: ChromaCollection, vector: np.ndarray, k: int, where: Any
) -> list[tuple[str, float]]:
    found = collection.query(
        query_embeddings=[vector], n_results=k, where=where, include=["distances"]
    )
    return list(zip(found["ids"][0], found["distances"][0], strict=True))


def _references(collection: ChromaCollection) -> set[str]:
    return set(collection.get(include=[])["ids"])


def _reachable(collection: ChromaCollection) -> set[str]:
    """What a search without limit returns: all that is connected in the graph, and no more."""
    some = collection.get(limit=1, include=["embeddings"])["embeddings"]
    if some is None or not len(some):
        return set()
    found = collection.query(query_embeddings=some, n_results=collection.count(), include=[])
    return set(found["ids"][0])


def _batches(items: Sequence[T]) -> list[list[T]]:
    rest = iter(items)
    return [list(islice(rest, BATCH)) for _ in range(-(-len(items) // BATCH))]


def _slug(model: str) -> str:
    """A short name for ``model`` that a folder and a Chroma collection may have."""
    plain = re.sub(r"[^a-z0-9]+", "-", Path(model).name.lower()).strip("-")[:40]
    return f"{plain or 'model'}-{digest(model)[:8]}"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
