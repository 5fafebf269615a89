"""The catalog's vectors: float16, keyed by model and by the SHA-256 of the text embedded.

A text that moves, is duplicated or comes back is found by its key and never embedded again.
CROSS JOIN makes SQLite go through the passages asked for; left to choose, it goes through all
vectors of the model (1 s instead of 7 ms for 500 of 8,000).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from index.database import Database
from index.rows import count_change, parsed
from index.types import embedded_text, passage_id

_IDS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Vectors:
    """Rows for the vector index: references, their documents' ids, float32 vectors ``(n, d)``."""

    references: list[str]
    documents: list[str]
    matrix: np.ndarray


def reference(document: str, ordinal: int, key: str) -> str:
    """Return the id of a passage in the vector index.

    It names the text embedded too, so equal sets of references mean equal contents: a passage
    whose text changed cannot pass for up to date.
    """
    return f"{passage_id(document, ordinal)}@{key[:16]}"


class Embeddings:
    """The vectors of one ``model`` in the catalog."""

    def __init__(self, database: Database, model: str) -> None:
        self._database = database
        self.model = model

    def dimension(self) -> int | None:
        """Return the length of the vectors, None as long as there are none."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT length(vector) FROM embeddings WHERE model = ? LIMIT 1", (self.model,)
            ).fetchone()
        return row[0] // np.dtype(np.float16).itemsize if row else None

    def other_models(self) -> list[str]:
        """Return the names of the other models that vectors are kept of."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT DISTINCT model FROM embeddings WHERE model != ?", (self.model,)
            )
            return [model for (model,) in rows]

    def missing(self) -> int:
        """Return how many different texts have no vector yet."""
        with self._database.reading() as db:
            (count,) = db.execute(
                """SELECT count(DISTINCT embedding) FROM passages WHERE NOT EXISTS
                   (SELECT 1 FROM embeddings WHERE model = ? AND key = embedding)""",
                (self.model,),
            ).fetchone()
        return int(count)

    def missing_texts(self, size: int) -> Iterator[dict[str, str]]:
        """Yield the texts without a vector by key, at most ``size`` at a time."""
        last = 0
        while True:
            with self._database.reading() as db:
                rows = db.execute(
                    """SELECT id, document, embedding, start, end, heading FROM passages
                       WHERE id > ? AND NOT EXISTS
                       (SELECT 1 FROM embeddings WHERE model = ? AND key = embedding)
                       ORDER BY id LIMIT ?""",
                    (last, self.model, size),
                ).fetchall()
                texts: dict[str, str] = {}
                for document, passages in groupby(rows, key=lambda row: row[1]):
                    title, text = db.execute(
                        "SELECT title, text FROM documents WHERE id = ?", (document,)
                    ).fetchone()
                    for _, _, key, start, end, heading in passages:
                        texts[key] = embedded_text(title, heading, text[start:end])
            if not rows:
                return
            last = rows[-1][0]
            yield texts

    def store(self, keys: Sequence[str], vectors: np.ndarray) -> None:
        """Keep ``vectors`` of shape ``(len(keys), d)``.

        Raises:
            ValueError: if the shape does not fit or a number is not finite.
        """
        if vectors.ndim != 2 or len(vectors) != len(keys) or not np.isfinite(vectors).all():
            raise ValueError(
                f"{self.model} gave vectors of shape {vectors.shape} for {len(keys)} texts, "
                "or numbers that are not finite"
            )
        rows = vectors.astype(np.float16)
        with self._database.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)",
                [(self.model, key, row.tobytes()) for key, row in zip(keys, rows, strict=True)],
            )
            count_change(db)

    def references(self) -> dict[str, int]:
        """Return what the vector index has to hold: reference → row of the passage."""
        with self._database.reading() as db:
            rows = db.execute(
                """SELECT document, ordinal, key, id FROM passages
                   CROSS JOIN embeddings ON model = ? AND key = embedding ORDER BY id""",
                (self.model,),
            )
            return {reference(document, ordinal, key): row for document, ordinal, key, row in rows}

    def of_rows(self, rows: Sequence[int]) -> Vectors:
        """Return the vectors of the passages ``rows``; passages without one are left out."""
        return self._select("passages.id", rows)

    def of_keys(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors of every passage whose text has one of ``keys``."""
        return self._select("embedding", keys)

    def current(self, references: Sequence[str]) -> dict[str, str]:
        """Return the passages' ids by reference, for those whose text is still as embedded."""
        found = {}
        with self._database.reading() as db:
            for name in references:
                passage, _, key = name.partition("@")
                row = db.execute(
                    "SELECT embedding FROM passages WHERE document = ? AND ordinal = ?",
                    parsed(passage),
                ).fetchone()
                if row and row[0].startswith(key):
                    found[name] = passage
        return found

    def _select(self, column: str, values: Sequence[int] | Sequence[str]) -> Vectors:
        found: list[tuple[str, int, str, bytes]] = []
        with self._database.reading() as db:
            for n in range(0, len(values), _IDS_PER_QUERY):
                chunk = values[n : n + _IDS_PER_QUERY]
                found += db.execute(
                    f"""SELECT document, ordinal, key, vector FROM passages
                        CROSS JOIN embeddings ON model = ? AND key = embedding
                        WHERE {column} IN ({",".join("?" * len(chunk))})""",
                    (self.model, *chunk),
                )
        vectors = np.frombuffer(b"".join(row[3] for row in found), dtype=np.float16)
        return Vectors(
            [reference(document, ordinal, key) for document, ordinal, key, _ in found],
            [document for document, *_ in found],
            vectors.reshape(len(found), -1).astype(np.float32) if found else np.empty((0, 0)),
        )

    def drop_orphans(self) -> None:
        """Forget vectors of other models and of texts that no passage has any more."""
        with self._database.writing() as db:
            db.execute(
                """DELETE FROM embeddings WHERE model != ? OR key NOT IN
                   (SELECT embedding FROM passages)""",
                (self.model,),
            )
