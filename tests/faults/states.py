"""The states that a folder goes through, each kept whole; equal files are kept once."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

State = tuple[tuple[str, str | None, int], ...]  # path, its content's hash (None: a folder), time


class States:
    """Keeps states of ``folder`` in ``store``."""

    def __init__(self, folder: Path, store: Path) -> None:
        self._folder = folder
        self._store = store
        store.mkdir()

    def keep(self) -> State:
        """Return the state that the folder is in."""
        state = []
        for path in sorted(self._folder.rglob("*")):
            with suppress(FileNotFoundError):  # it is just being removed
                content = None if path.is_dir() else self._kept(path.read_bytes())
                name = str(path.relative_to(self._folder))
                state.append((name, content, path.stat().st_mtime_ns if content else 0))
        return tuple(state)

    def _kept(self, content: bytes) -> str:
        name = blake2b(content, digest_size=16).hexdigest()
        if not (self._store / name).exists():
            (self._store / name).write_bytes(content)
        return name


def restore(state: State, store: Path, folder: Path) -> None:
    """Make ``folder`` as it was in ``state``."""
    folder.mkdir()
    for name, content, changed in state:
        path = folder / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_bytes((store / content).read_bytes())
            os.utime(path, ns=(changed, changed))
