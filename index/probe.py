"""Open a Chroma folder in a child process: one that is damaged can crash or hang who opens it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

SECONDS = 20.0  # of CPU that it may take, and one more for each 10 MB on the disk
_PATIENCE = 3  # times as long by the clock: other processes may keep it waiting
MEMORY_LIMIT = 16 << 30  # bytes of address space; a damaged header can ask for terabytes


def survives(folder: Path, name: str, stopping: Event) -> bool:
    """Whether a child process can open the collection ``name`` in ``folder`` and search it.

    The answer is no as soon as ``stopping`` is set.
    """
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    seconds = math.ceil(SECONDS + _allocated(folder) / 10e6)
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "index.probe", folder, name, str(seconds)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + _PATIENCE * seconds
    try:
        while child.poll() is None and time.monotonic() < deadline and not stopping.is_set():
            time.sleep(0.02)
        return child.returncode == 0
    finally:
        child.kill()
        child.wait()


def _allocated(folder: Path) -> int:
    """Bytes that the files take; a damaged one can claim to be of terabytes."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(min(status.st_size, 512 * getattr(status, "st_blocks", 1 << 40)) for status in stats)


def _main(folder: Path, name: str, seconds: int) -> None:
    from index.chroma import Chroma, folder_client

    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # not on this system
    chroma = Chroma(folder_client(folder), name, create=False)
    chroma.points()
    chroma.reachable()
    chroma.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
