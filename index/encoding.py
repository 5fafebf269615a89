"""Give every text of the catalog its vector, while files are still being read and after.

The catalog is the queue: what has been read waits there, on the disk, so memory is bounded by
``WINDOW`` texts however large the folder, and a sync that is killed here is finished by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread
from types import TracebackType
from typing import Self

import numpy as np

from index.embeddings import Embeddings
from index.types import Embedder
from index.vectors import VectorIndex

WINDOW = 512  # texts of whatever documents, taken up at once and sorted by length
BATCH = 64  # texts handed to the model at once

_log = logging.getLogger(__name__)


class Encoder:
    """Embeds the texts that have no vector yet; one batch is written while the next is encoded."""

    def __init__(self, embeddings: Embeddings, vectors: VectorIndex, embedder: Embedder) -> None:
        self._embeddings = embeddings
        self._vectors = vectors
        self._embedder = embedder
        self._windows = embeddings.missing_texts(WINDOW)

    def encode_window(self, tell: Callable[[int], None], stop: Event) -> bool:
        """Embed the next texts, ``WINDOW`` at most; return whether there were any.

        ``tell`` is called with the number of texts of each batch; after the batch at which
        ``stop`` is found set it returns.
        """
        window = next(self._windows)
        keys = sorted(window, key=lambda key: len(window[key]))
        with ThreadPoolExecutor(1, "footnote-write") as writer:
            written: Future[None] | None = None
            for n in range(0, len(keys), BATCH):
                if stop.is_set():
                    break
                batch = keys[n : n + BATCH]
                matrix = self._embedder.embed([window[key] for key in batch])
                if written:
                    written.result()
                written = writer.submit(self._write, batch, matrix)
                tell(len(batch))
            if written:
                written.result()
        return bool(window)

    def _write(self, keys: list[str], matrix: np.ndarray) -> None:
        self._vectors.upsert(*self._embeddings.store(keys, matrix))


class EncodingAhead:
    """Embeds in a thread of its own what has been read, for as long as the ``with`` block lasts.

    What it has not come to, or has failed at, is left to whoever embeds what is missing after it.

    Example:
        with EncodingAhead(Encoder(embeddings, vectors, embedder)) as ahead:
            ahead.add(passages=12)
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoded = 0
        self._encoder = encoder
        self._waiting = 0
        self._more = Event()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="footnote-encode", daemon=True)

    def add(self, passages: int) -> None:
        """Say that so many more passages are in the catalog."""
        self._waiting += passages
        if self._waiting >= BATCH:
            self._waiting = 0
            self._more.set()

    def _run(self) -> None:
        try:
            while self._more.wait() and not self._stop.is_set():
                self._more.clear()
                self._encoder.encode_window(self._count, self._stop)
        except Exception as error:
            _log.debug("encoding ahead failed, and is tried again at the end: %s", error)

    def _count(self, texts: int) -> None:
        self.encoded += texts

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._more.set()
        self._thread.join()
