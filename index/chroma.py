"""One Chroma collection: the points of one embedding model, written, searched and looked over.

Nothing here heals: whatever Chroma raises, a panic included, goes to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from index.offline import go_offline
from index.types import ChromaUnreachable

BATCH = 1_000  # rows given to Chroma at once
PATIENCE = 30.0  # seconds that a server may take to answer

_SAME = 0.01  # cosine distance below which a vector has found itself, float16 rounding included

# Of passages that are much alike, up to a tenth could not be reached with Chroma's default of 16
# neighbours, and 1 in 10,000 with 64. The larger ef's are for recall: 0.91 at 100,000 by default.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 64}


class Chroma:
    """The collection ``name`` of a Chroma client, made if it is not there and ``create`` is set."""

    def __init__(self, client: Any, name: str, create: bool = True) -> None:
        self.client = client
        self._collection: Any = (
            client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": HNSW}
            )
            if create
            else client.get_collection(name, embedding_function=None)
        )

    def points(self) -> set[str]:
        """Return the names of all rows."""
        return set(self._collection.get(include=[])["ids"])

    def reachable(self) -> set[str]:
        """Return what a search without limit finds: all that hangs together in HNSW's graph."""
        some = self._collection.get(limit=1, include=["embeddings"])["embeddings"]
        if some is None or not len(some):
            return set()
        return set(self.query(some[0], self._collection.count()))

    def upsert(self, points: Sequence[str], matrix: np.ndarray) -> None:
        """Write rows, in place of those with the same names."""
        for n in range(0, len(points), BATCH):
            self._collection.upsert(
                ids=list(points[n : n + BATCH]), embeddings=matrix[n : n + BATCH]
            )

    def delete(self, points: Sequence[str]) -> None:
        """Remove rows."""
        for n in range(0, len(points), BATCH):
            self._collection.delete(ids=list(points[n : n + BATCH]))

    def query(self, vector: np.ndarray, k: int) -> list[str]:
        """Return the names of the ``k`` nearest rows, nearest first."""
        found = self._collection.query(query_embeddings=[vector], n_results=k, include=[])
        return list(found["ids"][0])

    def finds(self, vector: np.ndarray) -> bool:
        """Whether a search for the vector of a row finds it, or one all but equal to it."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=1, include=["distances"]
        )["distances"][0]
        return bool(found) and found[0] < _SAME

    def close(self) -> None:
        """Let go of the files, or of the connection."""
        self.client.close()


def folder_client(folder: Path) -> Any:
    """Return a client of the Chroma files in ``folder``, which are made if there are none."""
    go_offline()
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def server_client(url: str) -> Any:
    """Return a client of the Chroma server at ``url``.

    Raises:
        ChromaUnreachable: if ``url`` is none, or no Chroma server answers there.
    """
    parts = urlsplit(url)
    try:
        host, port, ssl = parts.hostname, parts.port, parts.scheme == "https"
    except ValueError as error:
        raise ChromaUnreachable(url, str(error)) from error
    if parts.scheme not in ("http", "https") or not host:
        raise ChromaUnreachable(url, "it is no address such as http://localhost:8000")
    go_offline()
    import httpx  # comes with chromadb
    from chromadb.api.client import Client
    from chromadb.config import Settings

    class Patient(Client):  # type: ignore[misc]  # chromadb has no types
        def get_user_identity(self) -> Any:
            """The first that is asked; Chroma's own client waits for ever for it already."""
            self._server._session.timeout = httpx.Timeout(PATIENCE)
            return super().get_user_identity()

        def _validate_tenant_database(self, tenant: str, database: str) -> None:
            """Leave it to the first request: this one waits for ever, on another connection."""

    try:
        return Patient(
            settings=Settings(
                anonymized_telemetry=False,
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=host,
                chroma_server_http_port=port or (443 if ssl else 8000),
                chroma_server_ssl_enabled=ssl,
            )
        )
    except Exception as error:
        raise ChromaUnreachable(url, str(error) or type(error).__name__) from error
