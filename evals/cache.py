"""Rows already computed, so that a run that was stopped goes on and a run again costs nothing.

A row is kept under what it depends on: the case, the system's settings, the texts it answers
from, the versions, the machine, and the code of index, rag and evals with its data files. Change
any and it is computed anew.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evals import results
from evals.results import Row

RowT = TypeVar("RowT", bound=Row)
Progress = Callable[[int, int], None]

_ROOT = Path(__file__).resolve().parents[1]


class Cache:
    """The rows of one system on one set, in a JSON Lines file named by what they depend on."""

    def __init__(self, folder: Path, depends_on: dict[str, Any], fresh: bool = False) -> None:
        self.path = folder / f"{digest(depends_on)}.jsonl"
        if fresh:
            self.path.unlink(missing_ok=True)

    @classmethod
    def of(
        cls, folder: Path, system: str, depends_on: dict[str, Any], fresh: bool = False
    ) -> Cache:
        """The rows of a system on this machine, by this code; ``depends_on`` is what it reads."""
        here = {"code": code_digest(), "versions": results.versions()}
        here |= {"machine": results.machine(), "system": system}
        return cls(folder, depends_on | here, fresh)

    def rows(self, kind: type[RowT], items: Sequence[BaseModel]) -> dict[int, RowT]:
        """Return the rows that are there, by the number of their item."""
        if not self.path.is_file():
            return {}
        kept: dict[str, Any] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                kept[entry["key"]] = kind.model_validate(entry["row"])
            except (ValueError, KeyError, TypeError, ValidationError):
                continue  # the line that a stopped run was writing
        keys = [_key(item) for item in items]
        return {n: kept[key] for n, key in enumerate(keys) if key in kept}

    def add(self, item: BaseModel, row: Row) -> None:
        """Keep a row; written at once, so that a run may be stopped at any time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"key": _key(item), "row": row.model_dump(mode="json")}
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(f"\n{json.dumps(entry)}")  # first the end of a line a kill cut short


ItemT = TypeVar("ItemT", bound=BaseModel)


def collect(
    items: Sequence[ItemT],
    do: Callable[[ItemT], RowT],
    kind: type[RowT],
    cache: Cache | None = None,
    progress: Progress | None = None,
    jobs: int = 1,
) -> tuple[list[RowT], int]:
    """Return a row for every item, in order, and how many of them were in the cache.

    Args:
        items: what to do.
        do: makes the row of one item; called from several threads if ``jobs`` is above 1.
        kind: the class of the rows.
        cache: where rows are taken from and kept; None for nowhere.
        progress: called with the number of rows there are, and their total.
        jobs: how many at once; helps where a language model elsewhere is waited for.

    Raises:
        Exception: whatever ``do`` raises; the rows made before are in the cache.
    """
    rows = cache.rows(kind, items) if cache else {}
    cached, left = len(rows), [n for n in range(len(items)) if n not in rows]
    if progress:
        progress(len(rows), len(items))

    def take(n: int, row: RowT) -> None:
        rows[n] = row
        if cache:
            cache.add(items[n], row)
        if progress:
            progress(len(rows), len(items))

    if jobs == 1:
        for n in left:
            take(n, do(items[n]))
    else:
        with ThreadPoolExecutor(jobs) as pool:
            waiting = {pool.submit(do, items[n]): n for n in left}
            try:
                for done in as_completed(waiting):
                    take(waiting[done], done.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [rows[n] for n in range(len(items))], cached


def digest(value: Any) -> str:
    """Return 16 hexadecimal digits that stand for a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def code_digest() -> str:
    """Return a name for the code and data files of index, rag and evals as they are now."""
    found = hashlib.sha256()
    for package in ("index", "rag", "evals"):
        for path in sorted((_ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(path.relative_to(_ROOT).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _key(item: BaseModel) -> str:
    return digest(item.model_dump(mode="json"))
