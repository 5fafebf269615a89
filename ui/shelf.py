"""Files put into the documents folder and taken out of it, by people who can only name them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from index.readers import SUFFIXES
from ui.errors import Refused

_MAX_NAME = 200  # bytes; file systems take 255, and the temporary name is longer
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def check_names(names: Sequence[str | None], folder: Path, replace: bool) -> list[str]:
    """Return ``names`` if each is a plain file name of a format Footnote reads, and is free.

    Raises:
        Refused: 422 if one has path parts, is hidden, reserved, too long or odd, or comes twice;
            415 if no reader takes its suffix; 409 if it is taken and ``replace`` is false.
    """
    checked = [_plain(name) for name in names]
    if len(set(checked)) < len(checked):
        raise Refused(422, "Bad file name", "Two of the files have the same name.")
    taken = [name for name in checked if (folder / name).exists()]
    if taken and not replace:
        raise _taken(taken)
    return checked


def store(folder: Path, name: str, content: BinaryIO, replace: bool = False) -> Path:
    """Write ``content`` to ``folder / name``: whole, or not at all.

    Raises:
        Refused: 409 if there is such a file and ``replace`` is false, or it is not a file.
        OSError: if the disk is full or the folder cannot be written.
    """
    target = folder / name
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise Refused(409, "Not a file", f"{name} is a link or a folder; it is left alone.")
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-", delete=False) as file:
        temporary = Path(file.name)
        try:
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
            _put_in_place(temporary, target, replace)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def discard(folder: Path, source: str) -> None:
    """Delete the file at ``source`` below ``folder``.

    Raises:
        Refused: 409 if it lies outside the folder, behind a link, or is no file; 404 if it is not
            there.
        OSError: if it cannot be deleted.
    """
    path = folder / source
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise Refused(409, "Behind a link", f"{source} lies outside the folder; delete it there.")
    if path.is_dir() and not path.is_symlink():
        raise Refused(409, "Not a file", f"{source} is a folder; delete it there.")
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise Refused(404, "No such file", f"{source} is not in the folder any more.") from error


def _plain(name: str | None) -> str:
    name = (name or "").strip()
    if not name or _FORBIDDEN.search(name) or name.startswith((".", "~")) or name.endswith("."):
        raise Refused(422, "Bad file name", f"{name!r} is not a plain file name; rename the file.")
    if _RESERVED.match(name) or len(name.encode(errors="surrogatepass")) > _MAX_NAME:
        raise Refused(422, "Bad file name", f"{name[:60]!r} cannot be stored; rename the file.")
    if Path(name).suffix.lower() not in SUFFIXES:
        kinds = ", ".join(sorted(SUFFIXES))
        raise Refused(415, "Format not read", f"{name}: Footnote reads {kinds}.")
    return name


def _taken(names: Sequence[str]) -> Refused:
    there = "is already there" if len(names) == 1 else "are already there"
    return Refused(409, "Already there", f"{', '.join(names)} {there}; replace=true replaces.")


def _put_in_place(temporary: Path, target: Path, replace: bool) -> None:
    """Give the file its name; without ``replace`` a hard link makes sure nothing is overwritten."""
    temporary.chmod(0o644)
    if replace:
        temporary.replace(target)
        return
    try:
        target.hardlink_to(temporary)
    except FileExistsError as error:
        raise _taken([target.name]) from error
