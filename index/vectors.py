"""The vector index: what the catalog's vectors are searched with. Chroma, always replaceable.

Chroma's files do not survive every kill, power cut or full disk. So nothing here is the truth.
Files that were closed properly, and are byte for byte as they were then, are opened as they are.
All others are opened in the background, in a child process first, and compared with the catalog;
whatever fails there, the answer is the same: build a new generation from the vectors in the
catalog, then point to it. As long as there is no Chroma to ask, the catalog's vectors are compared
one by one: slower, never wrong.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from contextlib import suppress
from threading import Event, Lock, RLock, Thread

import numpy as np

from index.catalog import Catalog
from index.chroma import Chroma
from index.embeddings import Embeddings
from index.equalise import Counted, Damaged, check_sample, equalise
from index.generations import Generations, unreachable
from index.ownership import Ownership
from index.published import Published, Stopped, first_line, pass_on
from index.types import Hit, IndexLocked, IndexUnusable

_UNREACHED = 500  # unreachable points that are compared one by one with every question
_RETRY = 10.0  # seconds after which a question makes us try again to open Chroma

_log = logging.getLogger(__name__)


class VectorIndex:
    """The vectors of one embedding model, searchable by cosine; any thread may use it."""

    def __init__(
        self,
        generations: Generations,
        catalog: Catalog,
        embeddings: Embeddings,
        ownership: Ownership,
    ) -> None:
        self.found: list[str] = []  # what was wrong, and what was done, in sentences
        self._generations = generations
        self._catalog = catalog
        self._embeddings = embeddings
        self._ownership = ownership
        self._place = generations.key  # in the catalog's state: what is in use
        self._lock = RLock()  # held while Chroma is written, or replaced
        self._starting = Lock()
        self._chroma: Chroma | None = None
        self._opened = ""  # the generation that _chroma is
        self._seal = ""
        self._stopping = Event()
        self._tried = 0.0
        self._thread: Thread | None = None
        if not self._resume():
            self._restore_soon()

    # Searching

    def search(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return the ``k`` passages nearest to ``vector`` by cosine, best first.

        ``documents`` limits the search to those ids; None means all. A text that stands in many
        documents is found in a few of them: see ``places.passages_with``.

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
        points = self._ask_chroma(vector, k) if documents is None else None
        hits = self._embeddings.hits(vector, points, k) if points else []
        if len(hits) < k:  # no Chroma, or what it has is partly gone from the catalog
            points = self._embeddings.nearest(vector, k, documents)
            hits = self._embeddings.hits(vector, points, k, documents)
        return hits

    def _ask_chroma(self, vector: np.ndarray, k: int) -> list[str] | None:
        """The nearest points and those Chroma cannot reach; None where it cannot be asked."""
        chroma, published = self._chroma, self._published()
        if chroma is None or published.generation != self._opened:
            if time.monotonic() - self._tried > _RETRY or chroma:
                self._restore_soon()
            return None
        if published.exact:
            return None
        try:
            found = chroma.query(vector, k)
        except BaseException as error:  # Chroma's own panics are no Exceptions
            self._fail(error, chroma)
            return None
        return [*found, *published.unreached] if found else None

    # Writing: the caller has the ownership of the data folder

    @property
    def behind(self) -> bool:
        """Whether the catalog has changed since Chroma was last made equal to it."""
        published = self._published()
        return published.revision != self._catalog.revision or not self._generations.owns(
            published.generation
        )

    def upsert(self, points: list[str], matrix: np.ndarray) -> None:
        """Write points that are new; where that fails ``publish`` makes up for it."""
        with self._lock:
            chroma = self._chroma
            if chroma is None:
                return
            try:
                chroma.upsert(points, matrix)
            except BaseException as error:
                self._fail(error, chroma, restore=False)

    def publish(self, progress: Counted = lambda done, total: None) -> None:
        """Make Chroma hold, and find, what the catalog holds.

        Raises:
            ChromaUnreachable: if it is a server that does not answer.
            Exception: if not even a new generation can be built, such as on a full disk.
        """
        with self._lock:
            chroma = self._chroma
            if chroma is None or self._opened != self._published().generation:
                self._reopen(progress)
                return
            try:
                self._use(self._equalised(chroma, self._opened, progress))
            except BaseException as error:
                pass_on(error)
                self._fail(error, chroma, restore=False)
                self._raise_if_unreachable(error)
                self._rebuild(progress)

    def rebuild(self) -> None:
        """Build a new generation, whatever state the present one is in; raises as ``publish``."""
        with self._lock:
            self._rebuild()

    def points(self) -> set[str]:
        """Return what Chroma holds, once it is opened and repaired."""
        self.wait()
        with self._lock:
            if self._chroma is None:
                self._reopen()
            assert self._chroma
            return self._chroma.points()

    @property
    def unreached(self) -> tuple[str, ...]:
        """The points that no search in Chroma leads to; they are compared one by one."""
        return self._published().unreached

    @property
    def state(self) -> str:
        """How searches are answered now: "chroma", "exact" or "opening"."""
        if self._thread and self._thread.is_alive():
            return "opening"
        return "exact" if self._chroma is None or self._published().exact else "chroma"

    @property
    def generation(self) -> str:
        """The name of the generation in use."""
        return self._published().generation

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the index is opened and repaired, or that has failed, or time is up."""
        if thread := self._thread:
            thread.join(seconds)

    def close(self) -> None:
        """Stop a repair, let go of Chroma, and note how its files look now."""
        self._stopping.set()
        self.wait(self._generations.patience)
        if self._thread and self._thread.is_alive():  # a server keeps it waiting; it ends by itself
            return
        with self._lock:
            chroma, self._chroma = self._chroma, None
            if chroma is None:
                return
            try:
                chroma.close()
                if not self.behind:
                    seal = self._generations.seal(self._opened, self._seal)
                    self._catalog.set_state("seal", seal)
            except BaseException as error:  # without a seal it is looked over when next opened
                self._note(error)

    # Opening and repairing

    def _resume(self) -> bool:
        """Open what was closed properly and has not changed since; say whether it could be."""
        published, seal = self._published(), self._catalog.state("seal") or ""
        if self.behind or not self._generations.sealed(published.generation, seal):
            return False
        try:
            self._catalog.set_state("seal", "")
            chroma = self._generations.open(published.generation)
            if not published.unreached:
                check_sample(chroma, self._embeddings, self._embeddings.some_points())
        except BaseException as error:
            self._note(error)
            return False
        self._chroma, self._opened, self._seal = chroma, published.generation, seal
        self._generations.sweep(keep=published.generation)
        return True

    def _restore_soon(self) -> None:
        """Open and repair in the background, unless that is under way."""
        with self._starting:
            if self._stopping.is_set() or (self._thread and self._thread.is_alive()):
                return
            self._tried = time.monotonic()
            self._thread = Thread(target=self._restore, name="footnote-vectors", daemon=True)
            self._thread.start()

    def _restore(self) -> None:
        """Open the generation in use and repair it, if nobody else is at it."""
        try:
            with self._lock, self._ownership.held():
                if self._chroma is None or self._opened != self._published().generation:
                    self._reopen()
        except IndexLocked:  # another process writes: it also repairs
            self._follow()
        except BaseException as error:
            self._note(error)

    def _follow(self) -> None:
        """Open the generation in use as it is."""
        generation = self._published().generation
        try:
            if self._generations.owns(generation):
                self._chroma, self._opened = self._generations.open(generation), generation
        except BaseException as error:
            self._note(error)

    def _reopen(self, progress: Counted = lambda done, total: None) -> None:
        """Open the generation in use and make it equal to the catalog, or build a new one."""
        generation = self._published().generation
        if not self._generations.owns(generation):
            return self._rebuild(progress)
        try:
            if not self._generations.survives(generation, self._stopping):
                raise Damaged("it could not be opened")
            chroma = self._generations.open(generation)
            self._use(self._equalised(chroma, generation, progress))
        except BaseException as error:
            pass_on(error)
            self._raise_if_unreachable(error)
            self._note(error)
            return self._rebuild(progress)
        self._chroma, self._opened = chroma, generation
        self._generations.sweep(keep=generation)
        return None

    def _equalised(self, chroma: Chroma, generation: str, progress: Counted) -> Published:
        """Bring ``generation`` in line with the catalog; raises Damaged if many points get lost."""
        revision, before = self._catalog.revision, self._published()
        changes, lost = equalise(chroma, self._embeddings, self._until_stopped(progress))
        many, present = len(lost) > _UNREACHED, generation == before.generation
        if many and present and not before.exact:
            raise Damaged(f"{len(lost)} points cannot be reached")
        if changes and present and self._chroma is None:
            self.found.append(f"The vector index differed from the catalog in {changes} vectors.")
        return Published(generation, revision, () if many else tuple(lost), many)

    def _rebuild(self, progress: Counted = lambda done, total: None) -> None:
        """Fill a new generation from the catalog, point to it, then remove the others."""
        started = time.perf_counter()
        generation = self._generations.create()
        try:
            self._until_stopped(lambda done, total: None)(0, 0)
            chroma = self._generations.open(generation, create=True)
            published = self._equalised(chroma, generation, progress)
            self._generations.seal(generation, "")
            self._use(published)
        except BaseException as error:
            if not unreachable(error, self._generations.place):  # it would be waited for again
                self._generations.discard(generation)
            pass_on(error)
            self._raise_if_unreachable(error)
            raise IndexUnusable(
                f"the vector index in {self._generations.place} cannot be built "
                f"({first_line(error)}); {self._generations.remedy}"
            ) from error
        old, self._chroma, self._opened, self._seal = self._chroma, chroma, generation, ""
        if old:
            with suppress(BaseException):
                old.close()
        self._generations.sweep(keep=generation)
        seconds = time.perf_counter() - started
        self.found.append(f"The vector index was built from the catalog in {seconds:.1f} s.")

    def _use(self, published: Published) -> None:
        if published != self._published():
            self._catalog.set_state(self._place, published.text())

    def _until_stopped(self, progress: Counted) -> Counted:
        """``progress``, ended by ``close``; what it raises is no fault of Chroma."""

        def counted(done: int, total: int) -> None:
            if self._stopping.is_set():
                raise Stopped
            try:
                progress(done, total)
            except BaseException as error:
                raise Stopped from error

        return counted

    def _fail(self, error: BaseException, chroma: Chroma, restore: bool = True) -> None:
        """Ask Chroma no more, which raised ``error``, until it has been repaired."""
        pass_on(error)
        if self._chroma is not chroma:
            return  # it has been replaced meanwhile
        self._chroma = None
        self._note(error)
        if restore:
            self._restore_soon()

    def _raise_if_unreachable(self, error: BaseException) -> None:
        explained = unreachable(error, self._generations.place)
        if explained:
            raise explained from error

    def _note(self, error: BaseException) -> None:
        """Remember and log what went wrong, in one line."""
        sentence = f"The vector index could not be used: {first_line(error)}."
        if not isinstance(error, Stopped) and self.found[-1:] != [sentence]:
            self.found.append(sentence)
            _log.warning("the vector index could not be used (%s)", first_line(error))

    def _published(self) -> Published:
        return Published.read(self._catalog.state(self._place))
