"""Who may change a data folder: one process at a time, and others are told which.

The lock is the operating system's, so it goes with the process that held it, however that ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from index.types import IndexLocked

_NAMING = 1.0  # seconds that a process may take to write its name after it got the lock


class Ownership:
    """The right to change the folder ``data``; within this process it can be taken repeatedly."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._lock = FileLock(data / "lock", thread_local=False)
        self._name = data / "lock.pid"
        self._turn = Lock()  # FileLock's own counting is not safe between threads

    def take(self, patience: float = 0) -> None:
        """Take it, or wait up to ``patience`` seconds until it is free.

        Raises:
            IndexLocked: if another process, or another ``Index`` of this one, has it.
        """
        with self._turn:
            try:
                self._lock.acquire(timeout=patience)
            except Timeout:
                raise IndexLocked(self.data, holder(self.data)) from None
            if self._lock.lock_counter == 1:
                with suppress(OSError):  # a full disk: the lock holds without its name
                    self._name.write_text(str(os.getpid()), encoding="ascii")

    def release(self) -> None:
        """Give it back; as often as it was taken."""
        with self._turn:
            if self._lock.lock_counter == 1:
                self._name.unlink(missing_ok=True)
            self._lock.release()

    @contextmanager
    def held(self, patience: float = 0) -> Iterator[None]:
        """Have it for a while; raises IndexLocked as ``take`` does."""
        self.take(patience)
        try:
            yield
        finally:
            self.release()


def holder(data: Path) -> int | None:
    """Return the id of the process that has ``data``, None if it cannot be told.

    A process that was killed leaves its id behind, and the next one needs a moment to write its.
    """
    deadline = time.monotonic() + _NAMING
    while True:
        try:
            pid = int((data / "lock.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            pid = 0
        if pid and _lives(pid):
            return pid
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def make_folder(data: Path) -> None:
    """Make the folder ``data`` where there is none, so that it survives a power cut."""
    if data.is_dir():
        return
    data.mkdir(parents=True, exist_ok=True)
    for folder in (data, *data.parents):
        flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Put the names in ``folder`` on the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
