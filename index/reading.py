"""Reads files in a child process, so that no file can hang, crash or swell the one that asks.

One process reads file after file. It may take so much memory and, for each file, so much time of
the processor and by the clock; a process that takes more is ended, and the next file gets a fresh
one. Time in which it was ready and other processes had the processor does not count: on a busy
machine everything takes long.
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
from typing import TYPE_CHECKING, Any

from index.closing import Closing
from index.document import Document, UnreadableFile
from index.readers.worker import OUT_OF_MEMORY

if TYPE_CHECKING:
    from index.splitter import PassageSpan

MEMORY = 1_000_000_000  # bytes of data that the process may hold
SECONDS = 20.0  # of CPU that any file may take
SECONDS_PER_MB = 10.0  # that a large file may take besides, for each megabyte over the third
_SLACK = 1.25  # times as long by the clock, but for the time that other processes had the processor
_STARTING = 5.0  # seconds more by the clock, in which the process may have to start
_PATIENCE = 20  # times as long at most, and where it cannot be told who had the processor
_MOST_BY_CLOCK = 4 * 3600.0  # seconds, whatever a reader asks for to recognise scanned pages


class Unfinished(UnreadableFile):
    """Reading was given up for a reason that may not lie in the file: try again another time."""


class Reading(Closing):
    """Files read and split by a child process; it is started for the first and ends with ``close``.

    ``seconds`` (of CPU) and ``memory`` are the limits for a file of up to 3 MB; a larger one may
    take longer. By the clock it may take a quarter longer and 5 seconds, not counting that it is
    kept waiting for the processor, and 20 times as long at most. From one thread at a time.

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
            Unfinished: if it was not read in time by the clock, or the system ended the process.
        """
        seconds = self._limit(path)
        kind, content = self._ask(path, seconds)
        if kind in (OUT_OF_MEMORY, "died", "ended") and self._process and self._process.served > 1:
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
        return self._seconds * (1 + max(0.0, megabytes - 3) * SECONDS_PER_MB / SECONDS)

    def _refusal(self, kind: str, content: Any) -> UnreadableFile:
        remedy = "split it or remove it"
        if kind == "refused":
            return UnreadableFile(*content)
        if kind == "slow":
            return UnreadableFile(f"took more than {content:.0f} s of computing to read", remedy)
        if kind == "late":
            reason = f"was not read within {content:.0f} s"
            return Unfinished(reason, "index again when less is going on, or split it")
        if kind == "ended":
            return Unfinished("the system ended its reader", "free some memory and index again")
        if kind == OUT_OF_MEMORY:
            size = self._memory // 1_000_000
            return UnreadableFile(f"took more than {size:,} MB of memory to read", remedy)
        if kind == "failed":
            return UnreadableFile(f"reading it failed ({content})", "save it again, or remove it")
        return UnreadableFile("reading it crashed the reader", "save it again, or remove it")


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
        self._late = 0.0  # seconds after which it was ended for it
        self._given = 0.0  # seconds of CPU for the size of the file
        self._allowed = 0.0  # with what its reader has asked for

    def read(self, path: Path, seconds: float) -> tuple[str, Any]:
        """Return what became of a file, in a word, and what came out of it."""
        assert self._child.stdin
        self.served += 1
        self._given = self._allowed = seconds
        self._late = 0.0
        answered = Event()
        watch = Thread(target=self._watch, args=(answered,), daemon=True)
        watch.start()
        try:
            pickle.dump((str(path), seconds), self._child.stdin)
            self._child.stdin.flush()
            kind, content = self._answer()
            while kind == "more":
                self._allowed += content
                kind, content = self._answer()
        except (EOFError, OSError, pickle.UnpicklingError):
            kind, content = "died", None
            self._hang_up()
        finally:
            answered.set()
            watch.join()  # from here on it either has killed the process or never will
        return (kind, content) if kind != "died" else self._cause_of_death()

    def _hang_up(self) -> None:
        """Wait for the end of a process that gives no more answers, and end what it started."""
        with suppress(OSError):
            assert self._child.stdin
            self._child.stdin.close()
        self._child.wait()
        self._kill()

    def _cause_of_death(self) -> tuple[str, Any]:
        code = self._child.returncode
        if self._late:
            return "late", self._late
        if os.name != "nt" and code == -signal.SIGXCPU:
            return "slow", self._allowed
        if os.name != "nt" and code == -signal.SIGKILL:
            return "ended", None
        return "died", None

    def end(self) -> None:
        """Kill the process, and what it started."""
        if self._child.returncode is None:  # else its number may be another's by now
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
        """Kill the process when its time by the clock is up, which ends the wait, too."""
        begun, waited = time.monotonic(), _kept_waiting(self._child.pid)
        while (left := begun + self._by_clock(waited) - time.monotonic()) > 0:
            if answered.wait(left):
                return
        self._late = time.monotonic() - begun
        self._kill()

    def _by_clock(self, waited: float | None) -> float:
        """How long the file may take by the clock; ``waited`` is what it began with."""
        longest = min(_PATIENCE * self._allowed, _MOST_BY_CLOCK)
        now = _kept_waiting(self._child.pid)
        if waited is None or now is None:
            return longest
        asked = self._allowed - self._given  # other programs do that work: they may be kept waiting
        own = _STARTING + _SLACK * self._given + _PATIENCE * asked
        return min(own + now - waited, longest)

    def _kill(self) -> None:
        if os.name == "nt":
            self._child.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


def _kept_waiting(pid: int) -> float | None:
    """Seconds in which a process was ready and others had the processor; only Linux tells them."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def _path() -> str:
    """Where this process imports from, but for the current folder."""
    return os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
