"""One Chroma folder: the vectors of one embedding model, written, searched and looked over.

Nothing here heals: whatever Chroma raises, a panic included, goes to the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.embeddings import Vectors
from index.offline import go_offline

BATCH = 1_000  # rows given to Chroma at once

# Of passages that are much alike, up to a tenth could not be reached with Chroma's default of 16
# neighbours, and 1 in 10,000 with 64. The larger ef's are for recall: 0.91 at 100,000 by default.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 64}


class ChromaFolder:
    """The collection ``name`` in ``folder``; both are made if they are not there."""

    def __init__(self, folder: Path, name: str) -> None:
        go_offline()
        import chromadb
        from chromadb.config import Settings

        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False)
        self._client: Any = chromadb.PersistentClient(str(folder), settings=settings)
        self._collection: Any = self._client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": HNSW}
        )

    def references(self) -> set[str]:
        """Return the references of all rows."""
        return set(self._collection.get(include=[])["ids"])

    def reachable(self) -> set[str]:
        """Return what a search without limit finds: all that hangs together in HNSW's graph."""
        some = self._collection.get(limit=1, include=["embeddings"])["embeddings"]
        if some is None or not len(some):
            return set()
        return {name for name, _ in self.query(some[0], self._collection.count())}

    def upsert(self, vectors: Vectors) -> None:
        """Write rows, in place of those with the same references."""
        for n in range(0, len(vectors.references), BATCH):
            self._collection.upsert(
                ids=vectors.references[n : n + BATCH],
                embeddings=vectors.matrix[n : n + BATCH],
                metadatas=[{"document": key} for key in vectors.documents[n : n + BATCH]],
            )

    def delete(self, references: Sequence[str]) -> None:
        """Remove rows."""
        for n in range(0, len(references), BATCH):
            self._collection.delete(ids=list(references[n : n + BATCH]))

    def query(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return references and cosine distances of the ``k`` nearest rows, nearest first."""
        where = None if documents is None else {"document": {"$in": sorted(documents)}}
        found = self._collection.query(
            query_embeddings=[vector], n_results=k, where=where, include=["distances"]
        )
        return list(zip(found["ids"][0], found["distances"][0], strict=True))

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()
