"""Where generations of the vector index live: folders on this disk, or collections of a server.

A generation is built under a name of its own and used once it is complete; which one is in use
stands in the catalog. So one that was being built when the machine stopped is never opened.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from threading import Event
from typing import Protocol
from zlib import crc32

from index.chroma import Chroma, folder_client, server_client
from index.ownership import flush_folder
from index.probe import survives
from index.types import ChromaUnreachable

_GENERATION = re.compile(r"[0-9a-f]{8}-[a-z0-9-]+")  # names that Folders gives, and only those
_HOLE = 64 << 20  # bytes without a block on the disk that a file may have


class Generations(Protocol):
    """The generations of one index for one embedding model."""

    place: str  # the folder or address, for people
    remedy: str  # what they can do where none can be built
    key: str  # the name in the catalog's state under which is kept what is in use
    patience: float | None  # seconds that closing waits for a repair; None: until it is done

    def create(self) -> str:
        """Return the name of a generation that does not exist yet."""

    def owns(self, generation: str) -> bool:
        """Whether ``generation`` is of this index, model and place."""

    def open(self, generation: str, create: bool = False) -> Chroma:
        """Open a generation; raises whatever Chroma does, or ChromaUnreachable."""

    def survives(self, generation: str, stopping: Event) -> bool:
        """Whether it can be opened without harm to this process."""

    def seal(self, generation: str, before: str) -> str:
        """Put its files on the disk; return how they look ("" where that cannot be said).

        ``before`` is an earlier seal: files that look the same are not read again.
        """

    def sealed(self, generation: str, seal: str) -> bool:
        """Whether every file is, byte for byte, as it was when ``seal`` was made."""

    def discard(self, generation: str) -> None:
        """Remove a generation; it does not matter whether there is one."""

    def sweep(self, keep: str) -> None:
        """Remove all generations but ``keep``."""


class Folders:
    """Each generation is a folder below ``root`` with a Chroma of its own."""

    def __init__(self, root: Path, name: str) -> None:
        self.place = str(root)
        self.remedy = "is its disk full? Nothing that was indexed is lost: index again"
        self.key = "vectors"
        self.patience: float | None = None
        self._root = root
        self._name = name

    def create(self) -> str:
        """Return a name that ends with that of the model."""
        return f"{token_hex(4)}-{self._name}"

    def owns(self, generation: str) -> bool:
        """Whether it is of this model, and there."""
        return generation.endswith(f"-{self._name}") and (self._root / generation).is_dir()

    def open(self, generation: str, create: bool = False) -> Chroma:
        """Open the folder; raises whatever Chroma does."""
        client = folder_client(self._root / generation)
        return Chroma(client, self._name, create)

    def survives(self, generation: str, stopping: Event) -> bool:
        """Open it in a child process first: see ``index.probe``.

        A file that claims far more than it takes is damage that Chroma does not notice.
        """
        folder = self._root / generation
        if any(_stretched(path) for path in _files(folder)):
            return False
        return survives(folder, self._name, stopping)

    def seal(self, generation: str, before: str) -> str:
        """Return names, sizes, times of change and checksums of the files."""
        known = {tuple(row[:3]): row[3] for row in json.loads(before)[1]} if before else {}
        rows = []
        for path in _files(self._root / generation):
            look = _look(path)
            crc = known.get(look)
            if crc is None:
                crc = _checksum(path, flush=True)
            rows.append([*look, crc])
        for folder in {path.parent for path in _files(self._root / generation)} | {self._root}:
            flush_folder(folder)
        return json.dumps([version("chromadb"), rows])

    def sealed(self, generation: str, seal: str) -> bool:
        """Compare the version of Chroma, then sizes, and only then contents."""
        if not seal:
            return False
        used, rows = json.loads(seal)
        files = list(_files(self._root / generation))
        if used != version("chromadb") or [list(_look(path)) for path in files] != [
            row[:3] for row in rows
        ]:
            return False
        return all(_checksum(path) == row[3] for path, row in zip(files, rows, strict=True))

    def discard(self, generation: str) -> None:
        """Remove the folder."""
        shutil.rmtree(self._root / generation, ignore_errors=True)

    def sweep(self, keep: str) -> None:
        """Remove the other generations below the root, those of other models too."""
        for path in self._root.iterdir():
            if _GENERATION.fullmatch(path.name) and path.name != keep:
                self.discard(path.name)


class Collections:
    """Each generation is a collection of the Chroma server at ``url``.

    ``owner`` tells this index from others that use the same server.
    """

    def __init__(self, url: str, owner: str, name: str) -> None:
        self.place = url
        self.remedy = (
            "is its disk full, or are its files damaged? Nothing that was indexed is lost: "
            "index again; a server that is started with an empty folder is filled anew"
        )
        self.patience: float | None = 5.0  # it may wait for a server that does not answer
        self.key = f"vectors {url}"
        self._prefix = f"footnote-{owner}-{name}-"

    def create(self) -> str:
        """Return a name that begins with those of the index and of the model."""
        return f"{self._prefix}{token_hex(4)}"

    def owns(self, generation: str) -> bool:
        """Whether it is of this index and model."""
        return generation.startswith(self._prefix)

    def open(self, generation: str, create: bool = False) -> Chroma:
        """Open the collection over a connection of its own."""
        client = server_client(self.place)
        return Chroma(client, generation, create)

    def survives(self, generation: str, stopping: Event) -> bool:
        """Nothing a server answers can crash this process."""
        return True

    def seal(self, generation: str, before: str) -> str:
        """Nothing is known of a server's files."""
        return ""

    def sealed(self, generation: str, seal: str) -> bool:
        """So it is always compared with the catalog."""
        return False

    def discard(self, generation: str) -> None:
        """Delete the collection."""
        with suppress(Exception), closing(server_client(self.place)) as client:
            client.delete_collection(generation)

    def sweep(self, keep: str) -> None:
        """Delete other collections of this index, those of other models too.

        What is not deleted, such as by a server that is failing, is found again the next time.
        """
        mine = self._prefix.split("-", 2)[:2]
        with suppress(Exception), closing(server_client(self.place)) as client:
            for name in [str(collection.name) for collection in client.list_collections()]:
                if name != keep and name.split("-", 2)[:2] == mine:
                    client.delete_collection(name)


def unreachable(error: BaseException, place: str) -> ChromaUnreachable | None:
    """Return the error to show if ``error`` says that a server did not answer, else None."""
    if isinstance(error, ChromaUnreachable):
        return error
    import httpx  # comes with chromadb

    if isinstance(error, httpx.TransportError | ConnectionError):
        return ChromaUnreachable(place, str(error) or type(error).__name__)
    return None


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _stretched(path: Path) -> bool:
    """Whether a file is mostly a hole; compressing file systems do not go so far."""
    status = path.stat()
    allocated = 512 * getattr(status, "st_blocks", status.st_size)
    return status.st_size > 64 * allocated + _HOLE


def _look(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return path.name, status.st_size, status.st_mtime_ns


def _checksum(path: Path, flush: bool = False) -> int:
    """The CRC-32 of a file; with ``flush`` what was read is on the disk, too."""
    checksum = 0
    with path.open("rb") as file:
        if flush:
            os.fsync(file.fileno())
        while block := file.read(1 << 20):
            checksum = crc32(block, checksum)
    return checksum
