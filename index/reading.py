"""Reads files in a child process, so that no file can hang, crash or swell the one that asks.

One process reads file after file. It may take so much memory and, for each file, so much time; a
process that takes more is killed, and the next file gets a fresh one.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from index.document import Document, UnreadableFile
from index.readers.worker import OUT_OF_MEMORY

if TYPE_CHECKING:
    from index.splitter import PassageSpan

MEMORY = 1_000_000_000  # bytes of data that the process may hold
SECONDS = 30.0  # that any file may take
SECONDS_PER_MB = 10.0  # that a large file may take instead, if that is more
MOST_SECONDS = 3600.0  # whatever a reader asks for, as it does to recognise scanned pages


class Reading:
    """Files read and split by a child process; it is started for the first and ends with ``close``.

    ``seconds`` and ``memory`` are the limits for a file of up to 3 MB; a larger one may take
    longer, in proportion. From one thread at a time.

    Example:
        with Reading() as reading:
            document, passages = reading.read(Path("report.pdf"))
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: _Process | None = None

    def read(self, path: Path) -> tuple[Document, list[PassageSpan]]:
        """Return the document in a file and its passages, at least one.

        Raises:
            UnreadableFile: if the file cannot be read (see ``readers.read``), has no text, or
                takes too long, too much memory, or ends the process that reads it.
        """
        seconds = self._limit(path)
        kind, content = self._ask(path, seconds)
        if kind in (OUT_OF_MEMORY, "died") and self._process and self._process.served > 1:
            self._end()  # it may be what earlier files left behind: once more, in a fresh process
            kind, content = self._ask(path, seconds)
        if kind == "done":
            document, spans = content
            return document, spans
        if kind != "refused":
            self._end()
        raise self._refusal(kind, content)

    def close(self) -> None:
        """End the process."""
        self._end()

    def _ask(self, path: Path, seconds: float) -> tuple[str, Any]:
        if self._process is None:
            self._process = _Process(self._memory)
        return self._process.read(path, seconds)

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _limit(self, path: Path) -> float:
        try:
            megabytes = path.stat().st_size / 1_000_000
        except (OSError, ValueError):  # the reader says what is wrong with it
            megabytes = 0
        return max(self._seconds, self._seconds * megabytes * SECONDS_PER_MB / SECONDS)

    def _refusal(self, kind: str, content: Any) -> UnreadableFile:
        remedy = "split it or remove it"
        if kind == "refused":
            return UnreadableFile(*content)
        if kind == "late":
            return UnreadableFile(f"took longer than {content:.0f} s to read", remedy)
        if kind == OUT_OF_MEMORY:
            size = self._memory // 1_000_000
            return UnreadableFile(f"took more than {size:,} MB of memory to read", remedy)
        if kind == "failed":
            return UnreadableFile(f"reading it failed ({content})", "save it again, or remove it")
        return UnreadableFile("reading it crashed the reader", "save it again, or remove it")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Process:
    """One run of ``index.readers.worker``; ``served`` counts the files it was given."""

    def __init__(self, memory: int) -> None:
        self.served = 0
        self._child = subprocess.Popen(
            # -P: never import from the current folder, which may be one of documents
            [sys.executable, "-P", "-m", "index.readers.worker", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _path(), "OPENBLAS_NUM_THREADS": "1"},
            process_group=None if os.name == "nt" else 0,
        )
        self._late = False
        self._deadline = 0.0
        self._timer: Timer | None = None

    def read(self, path: Path, seconds: float) -> tuple[str, Any]:
        """Return what became of a file, in a word, and what came out of it."""
        assert self._child.stdin
        self.served += 1
        begun = time.monotonic()
        self._end_at(begun + seconds)
        try:
            pickle.dump((str(path), seconds), self._child.stdin)
            self._child.stdin.flush()
            kind, content = self._answer()
            while kind == "more":
                self._end_at(min(self._deadline + content, begun + MOST_SECONDS))
                kind, content = self._answer()
        except (EOFError, OSError, pickle.UnpicklingError):
            kind, content = "died", None
        self._stop_waiting()
        return ("late", self._deadline - begun) if self._late else (kind, content)

    def end(self) -> None:
        """Kill the process, and what it started."""
        self._stop_waiting()
        self._kill()
        for stream in (self._child.stdin, self._child.stdout):
            with suppress(OSError):  # what it was still to be told does not matter
                assert stream
                stream.close()
        self._child.wait()

    def _answer(self) -> tuple[str, Any]:
        assert self._child.stdout
        kind, content = pickle.load(self._child.stdout)
        return kind, content

    def _end_at(self, deadline: float) -> None:
        """Kill the process at ``deadline``, which ends the wait for its answer, too."""
        self._stop_waiting()
        self._deadline = deadline
        self._timer = Timer(deadline - time.monotonic(), self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()  # from here on it either has killed the process or never will
            self._timer = None

    def _expire(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        if os.name == "nt":
            self._child.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


def _path() -> str:
    """Where this process imports from, but for the current folder."""
    return os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
