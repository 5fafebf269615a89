"""Open a Chroma folder in a child process: one that is damaged can crash or hang who opens it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from index.chroma import ChromaFolder

TIME_LIMIT = 120  # seconds


def survives(folder: Path, name: str) -> bool:
    """Whether a child process can open the collection ``name`` in ``folder`` and search it."""
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "index.probe", folder, name],
            env={**os.environ, "PYTHONPATH": path},
            timeout=TIME_LIMIT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


if __name__ == "__main__":
    chroma = ChromaFolder(Path(sys.argv[1]), sys.argv[2])
    chroma.references()
    chroma.reachable()
    chroma.close()
