"""What lies in the documents folder, in an order that does not depend on the file system."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from index.document import UnreadableFile
from index.readers import check_size
from index.types import Skipped

# A file changed this recently may change again without its time of change showing it.
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file: its name below the folder, and the size and time of change it was seen with.

    ``mtime_ns`` is -1 where the file changed too recently for its time to be relied on.
    """

    source: str
    path: Path
    size: int
    mtime_ns: int


def scan(
    folder: Path, suffixes: frozenset[str], leave_out: Path
) -> tuple[list[FoundFile], list[Skipped]]:
    """Return the readable files below ``folder``, sorted, and those that are not, with the reason.

    Hidden files and folders, office lock files ("~$…") and the folder ``leave_out`` are passed
    over silently. A folder is entered once, whatever links lead to it.

    Raises:
        FileNotFoundError: if there is no ``folder``.
        NotADirectoryError: if it is not a folder.
    """
    check_folder(folder)
    found: list[FoundFile] = []
    skipped: list[Skipped] = []

    def closed(error: OSError) -> None:
        reason = f"the folder cannot be opened ({error.strerror})"
        skipped.append(
            Skipped(_source(Path(error.filename), folder), reason, "change its permissions")
        )

    entered = {leave_out.resolve(), folder.resolve()}
    for parent, folders, files in os.walk(folder, onerror=closed, followlinks=True):
        folders[:] = [name for name in sorted(folders) if _enters(Path(parent, name), entered)]
        for name in sorted(files):
            if _hidden(name):
                continue
            seen = _seen(Path(parent, name), folder, suffixes)
            (found if isinstance(seen, FoundFile) else skipped).append(seen)  # type: ignore[arg-type]
    return sorted(found, key=lambda file: file.source), skipped


def check_folder(folder: Path) -> None:
    """Raise what ``scan`` raises if ``folder`` is none."""
    if not folder.exists():
        raise FileNotFoundError(
            f"there is no folder {folder}; create it and put your documents in, or name another "
            "one with FOOTNOTE_DOCUMENTS"
        )
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder; name the folder your documents are in")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def unsettled(file: FoundFile) -> bool:
    """Whether ``file`` is not any more as it was seen."""
    try:
        status = file.path.stat()
    except OSError:
        return True
    return status.st_size != file.size or file.mtime_ns not in (-1, status.st_mtime_ns)


def _enters(path: Path, entered: set[Path]) -> bool:
    real = path.resolve()
    if _hidden(path.name) or real in entered:
        return False
    entered.add(real)
    return True


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$"))


def _seen(path: Path, folder: Path, suffixes: frozenset[str]) -> FoundFile | Skipped:
    source = _source(path, folder)
    if path.suffix.lower() not in suffixes:
        kind = f"{path.suffix} files" if path.suffix else "files without an extension"
        return Skipped(
            source, f"Footnote does not read {kind}", f"it reads {', '.join(sorted(suffixes))}"
        )
    try:
        status = path.stat()
    except OSError as error:
        return Skipped(source, f"it cannot be opened ({error.strerror})", "remove or replace it")
    if not stat.S_ISREG(status.st_mode):
        return Skipped(source, "it is not a regular file", "replace it with a copy of the file")
    try:
        check_size(path.suffix, status.st_size)
    except UnreadableFile as error:  # seen here, so that a huge file is not even hashed
        return Skipped(source, error.reason, error.remedy)
    settled = time.time_ns() - status.st_mtime_ns > _SETTLED_NS
    return FoundFile(source, path, status.st_size, status.st_mtime_ns if settled else -1)


def _source(path: Path, folder: Path) -> str:
    """The path below ``folder``, with bytes that are not UTF-8 in hexadecimal."""
    name = path.relative_to(folder).as_posix()
    return os.fsencode(name).decode("utf-8", "backslashreplace")
