"""The vector index: what the catalog's vectors are searched with. Chroma, always replaceable.

Chroma's files do not survive every kill, power cut or full disk. So nothing here is the truth:
when the index is opened Chroma is compared with the catalog, in a child process first if it was
not closed properly, and whatever it fails at the answer is the same: build a new generation, in a
new folder, from the vectors in the catalog, then point to it.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import TypeVar

import numpy as np

from index.catalog import Catalog
from index.chroma import BATCH, ChromaFolder
from index.embeddings import Embeddings, Vectors
from index.probe import survives
from index.types import Hit, digest

T = TypeVar("T")
Counted = Callable[[int, int], None]  # gets the rows written and the rows to write

_GENERATION = "generation"  # in the catalog's state: the folder that is in use
_SEAL = "seal"  # in the catalog's state: the files of that folder when it was closed
_MENDINGS = 4  # times that unreachable passages are inserted again
_SAMPLE = 8  # passages that must find themselves when the index is opened or has changed
_SAME = 0.01  # cosine distance below which a vector has found itself, float16 rounding included

_log = logging.getLogger(__name__)


class Damaged(RuntimeError):
    """Chroma does not find what was given to it."""


class VectorIndex:
    """The vectors of one embedding model, searchable by cosine; any thread may use it."""

    def __init__(self, root: Path, catalog: Catalog, embeddings: Embeddings) -> None:
        self._root = root
        self._catalog = catalog
        self._embeddings = embeddings
        self._name = _slug(embeddings.model)
        self._lock = RLock()  # held while Chroma is written, or replaced
        self._chroma: ChromaFolder | None = None
        self._open()

    def publish(self, progress: Counted = lambda done, total: None) -> None:
        """Make Chroma hold, and find, what the catalog holds."""
        with self._lock:
            self._healing(lambda chroma: self._verify(chroma, progress))

    def upsert(self, vectors: Vectors) -> None:
        """Write vectors that are new in the catalog."""
        with self._lock:
            self._healing(lambda chroma: chroma.upsert(vectors))

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
        found = self._healing(lambda chroma: chroma.query(vector, k, documents))
        passages = self._embeddings.current([name for name, _ in found])
        hits = [Hit(passages[name], min(1.0, 1 - gap)) for name, gap in found if name in passages]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))

    def references(self) -> set[str]:
        """Return what Chroma holds."""
        return self._healing(lambda chroma: chroma.references())

    def close(self) -> None:
        """Let go of Chroma's files, and note how they look now."""
        with self._lock:
            if self._chroma is None:
                return
            self._chroma.close()
            self._chroma = None
            self._catalog.set_state(_SEAL, _files(self._folder()))

    def _folder(self) -> Path:
        return self._root / (self._catalog.state(_GENERATION) or "")

    def _open(self) -> None:
        """Open the current generation and repair it, or build a new one."""
        folder = self._folder()
        if not folder.name.endswith(self._name):
            return self._rebuild()
        sealed = self._catalog.state(_SEAL) == _files(folder)
        self._catalog.set_state(_SEAL, "")
        try:
            if not sealed and not survives(folder, self._name):
                raise Damaged("it cannot be opened")
            chroma = ChromaFolder(folder, self._name)
            self._verify(chroma)
        except BaseException as error:
            return self._heal(error, None)
        self._chroma = chroma
        return None

    def _healing(self, operation: Callable[[ChromaFolder], T]) -> T:
        """Run ``operation``; where Chroma fails, build a new generation and run it there."""
        chroma = self._opened()
        try:
            return operation(chroma)
        except BaseException as error:  # Chroma's own panics are no Exceptions
            self._heal(error, chroma)
            return operation(self._opened())

    def _opened(self) -> ChromaFolder:
        if self._chroma is None:
            raise RuntimeError(f"the index in {self._root.parent} is closed")
        return self._chroma

    def _heal(self, error: BaseException, broken: ChromaFolder | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise error
        with self._lock:
            if self._chroma is not broken:
                return  # another thread was faster
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            _log.warning("the vector index was damaged (%s): rebuilding it", reason)
            self._rebuild()

    def _rebuild(self) -> None:
        """Fill a new folder from the catalog, point to it, then remove the others."""
        generation = f"{token_hex(4)}-{self._name}"
        chroma = ChromaFolder(self._root / generation, self._name)
        lost = self._publish(chroma)
        if lost:
            _log.warning("%d passages are found by their words only", lost)
        self._catalog.set_state(_GENERATION, generation)
        self._chroma = chroma
        for path in self._root.iterdir():
            if path.name != generation:
                shutil.rmtree(path, ignore_errors=True)

    def _verify(self, chroma: ChromaFolder, progress: Counted = lambda done, total: None) -> None:
        """Publish, then raise Damaged where passages are not found."""
        lost = self._publish(chroma, progress)
        if lost:
            raise Damaged(f"{lost} passages cannot be reached")
        rows = list(self._embeddings.references().values())
        for vector in self._embeddings.of_rows(rows[:: max(len(rows) // _SAMPLE, 1)]).matrix:
            nearest = chroma.query(vector, 1)
            if not nearest or nearest[0][1] > _SAME:
                raise Damaged("a passage is not found by its own vector")

    def _publish(self, chroma: ChromaFolder, progress: Counted = lambda done, total: None) -> int:
        """Write what differs from the catalog; return how many passages cannot be reached."""
        expected, present = self._embeddings.references(), chroma.references()
        chroma.delete(sorted(present - expected.keys()))
        missing = [row for name, row in expected.items() if name not in present]
        for n in range(0, len(missing), BATCH):
            chroma.upsert(self._embeddings.of_rows(missing[n : n + BATCH]))
            progress(min(n + BATCH, len(missing)), len(missing))
        return self._mend(chroma, expected)

    def _mend(self, chroma: ChromaFolder, expected: dict[str, int]) -> int:
        """Insert again the passages that no path leads to; return how many there still are.

        HNSW prunes links, and can cut a passage off from the graph; inserted anew it gets others.
        """
        lost = expected.keys() - chroma.reachable()
        for _ in range(_MENDINGS):
            if not lost or len(lost) > len(expected) / 2:
                break
            chroma.delete(sorted(lost))
            chroma.upsert(self._embeddings.of_rows(sorted(expected[name] for name in lost)))
            lost = expected.keys() - chroma.reachable()
        return len(lost)


def _files(folder: Path) -> str:
    """The names, sizes and times of change of the files below ``folder``, as one text."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    stats = [(path, path.stat()) for path in files]
    return json.dumps([[path.name, status.st_size, status.st_mtime_ns] for path, status in stats])


def _slug(model: str) -> str:
    """A short name for ``model`` that a folder and a Chroma collection may have."""
    plain = re.sub(r"[^a-z0-9]+", "-", Path(model).name.lower()).strip("-")[:40]
    return f"{plain or 'model'}-{digest(model)[:8]}"
