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
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from index.document import Document, UnreadableFile
from index.readers.worker import OUT_OF_MEMORY

if TYPE_CHECKING:
    from index.splitter import PassageSpan

MEMORY = 1_000_000_000  # bytes of data that the process may hold
SECONDS = 30.0  # that any file may take
SECONDS_PER_MB = 10.0  # that a large file may take instead, if that is more
_PATIENCE = 5  # times as long by the clock, where other processes keep it waiting
_SLACK = 0.1  # seconds
MOST_SECONDS = 4 * 3600.0  # whatever a reader asks for, as it does to recognise scanned pages


class Reading:
    """Files read and split by a child process; it is started for the first and ends with ``close``.

    ``seconds`` and ``memory`` are the limits for a file of up to 3 MB; a larger one may take
    longer, in proportion. Time is the clock's, but a process that other processes keep waiting has
    it made up for. From one thread at a time.

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
        self._allowed = 0.0

    def read(self, path: Path, seconds: float) -> tuple[str, Any]:
        """Return what became of a file, in a word, and what came out of it."""
        assert self._child.stdin
        self.served += 1
        self._allowed = seconds
        answered = Event()
        watch = Thread(target=self._watch, args=(answered,), daemon=True)
        watch.start()
        try:
            pickle.dump((str(path), seconds), self._child.stdin)
            self._child.stdin.flush()
            kind, content = self._answer()
            while kind == "more":
                self._allowed = min(self._allowed + content, MOST_SECONDS)
                kind, content = self._answer()
        except (EOFError, OSError, pickle.UnpicklingError):
            kind, content = "died", None
        answered.set()
        watch.join()  # from here on it either has killed the process or never will
        return ("late", self._allowed) if self._late else (kind, content)

    def end(self) -> None:
        """Kill the process, and what it started."""
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

    def _watch(self, answered: Event) -> None:
        """Kill the process when its time is up, which ends the wait for its answer, too.

        Its time is up when it has had it: on a busy machine a process may wait for its turn, and
        then gets up to five times as long by the clock.
        """
        begun, (_, used) = time.monotonic(), _state_of(self._child.pid)
        deadline = begun + self._allowed
        while not answered.wait(max(deadline - time.monotonic(), 0)):
            state, cpu = _state_of(self._child.pid)
            waited = self._allowed - (cpu - used) if state == "R" else 0.0
            most = begun + _PATIENCE * self._allowed
            deadline = max(begun + self._allowed, min(time.monotonic() + waited, most))
            if deadline - time.monotonic() < _SLACK:
                self._late = True
                self._kill()
                return

    def _kill(self) -> None:
        if os.name == "nt":
            self._child.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


def _state_of(pid: int) -> tuple[str, float]:
    """Whether a process runs or could ("R"), and the seconds of CPU it used; Linux can tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0.0
    return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _path() -> str:
    """Where this process imports from, but for the current folder."""
    return os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
