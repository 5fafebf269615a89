"""Models that settings name: where they are, and why one did not load.

A name is a folder or, as the hub has it, ``owner/model``; nothing is downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_ELSE = "give a folder that holds the model, or the name of one in the hub's cache"
_REASON = 200  # characters of what a library says


class ModelUnusable(Exception):
    """The embedding model cannot be used; says which, why, and what to do."""


def unfolded(name: str) -> Path:
    """Return ``name`` as a path, with ~ as the home it means if there is one."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 # Path's raises where there is none


def whereabouts(name: str) -> str:
    """Return ``name`` as the libraries take it, a folder with the whole of its path.

    Raises:
        FileNotFoundError: if it can only be a folder and there is none, or is no name at all.
    """
    if not name.strip():
        raise FileNotFoundError
    if name[0] not in ("~", ".", "/"):
        return name
    folder = unfolded(name)
    if not folder.exists():
        raise FileNotFoundError(folder)
    return str(folder)


def why_unloaded(name: str, error: Exception) -> str:
    """Say why the model ``name`` did not load and what to do, in words that follow its name."""
    causes = list(_causes(error))
    if any(_is_about_memory(cause) for cause in causes):
        return "does not fit into memory; close other programs, or name a smaller model"
    if "trust_remote_code" in str(error):
        return f"needs code of its own to run, which is not done; {_ELSE}"
    absence = _absence(name, {type(cause).__name__ for cause in causes})
    if absence:
        return f"{absence}; {_ELSE}"
    said = f"{type(error).__name__}: {' '.join(str(error).split())[:_REASON]}"
    if isinstance(error, ImportError):
        return f"needs a package that is not installed ({said}); install it, or name another model"
    return f"cannot be loaded ({said}): a file is damaged or missing; copy the model anew"


def _absence(name: str, causes: set[str]) -> str | None:
    """What is there in the place of the model, if it is none."""
    if not name.strip():
        return "is no name"
    folder = unfolded(name)
    if folder.is_file():
        return "is a file, not the folder it lies in"
    if folder.is_dir():
        described = any(folder.glob("config.json")) or any(folder.glob("*/config.json"))
        return None if described else "holds no model: there is no config.json in it"
    if name[0] in "~./":
        return "is not there: there is no such folder"
    if causes & {"LocalEntryNotFoundError", "HFValidationError"}:
        return "is neither a folder nor in the hub's cache, and nothing is downloaded"
    return None


def _is_about_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, MemoryError) or ("memory" in words and "allocate" in words)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
