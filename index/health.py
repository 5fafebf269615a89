"""The state an index is in: what `footnote doctor` shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from index.catalog import Catalog
from index.database import VERSION, explained, is_damage
from index.embeddings import Embeddings
from index.sync import PIPELINE
from index.vectors import VectorIndex

_PATIENCE = 60.0  # seconds that looking over the catalog waits for who writes to it


@dataclass(frozen=True)
class Health:
    """What was found in a data folder.

    ``damage`` lists what is wrong with the catalog, ``repairs`` what was wrong with the vector
    index and done about it since it was opened, both as sentences. ``drift`` counts vectors that
    only one of catalog and vector index has, ``unreached`` those that no search in Chroma leads to
    (they are compared one by one), ``orphans`` those that no passage has any more, ``missing`` the
    texts that are still to be embedded. Sizes are bytes on the disk, by part.
    """

    data: str
    documents: int
    passages: int
    skipped: int
    vectors: int
    missing: int
    orphans: int
    unreached: int
    drift: int
    search: str
    generation: str
    damage: tuple[str, ...]
    repairs: tuple[str, ...]
    model: str
    other_models: tuple[str, ...]
    chroma_url: str | None
    disk: dict[str, int]
    versions: dict[str, str]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong now."""
        return not (self.damage or self.drift) and self.search == "chroma"


def examine(
    data: Path,
    catalog: Catalog,
    embeddings: Embeddings,
    vectors: VectorIndex,
    chroma_url: str | None,
) -> Health:
    """Look over every part of an index that is open; takes about a second per 100 MB."""
    vectors.wait()
    expected = embeddings.points()
    try:
        drift = len(expected ^ vectors.points())
    except Exception:
        drift = len(expected)
    files = catalog.files()
    return Health(
        data=str(data),
        documents=sum(1 for _, skipped in files.values() if skipped is None),
        passages=len(catalog),
        skipped=sum(1 for _, skipped in files.values() if skipped is not None),
        vectors=len(expected),
        missing=embeddings.missing(),
        orphans=embeddings.orphans(),
        unreached=len(vectors.unreached),
        drift=drift,
        search=vectors.state,
        generation=vectors.generation,
        damage=tuple(damage(data / "catalog.sqlite3")),
        repairs=tuple(vectors.found),
        model=embeddings.model,
        other_models=tuple(embeddings.other_models()),
        chroma_url=chroma_url,
        disk=disk_use(data),
        versions=versions(),
    )


def damage(catalog: Path) -> list[str]:
    """Return what is wrong with a catalog file, [] if nothing is; it is not changed.

    Raises:
        IndexUnusable: if that cannot be told, such as on a full disk or without permission.
    """
    try:
        with closing(sqlite3.connect(catalog, timeout=_PATIENCE, isolation_level=None)) as db:
            found = [row[0] for row in db.execute("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                return found
            broken = db.execute("PRAGMA foreign_key_check").fetchall()
            db.execute("INSERT INTO lexical (lexical) VALUES ('integrity-check')")
            return [f"{row[0]}: broken reference" for row in broken]
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return [str(error)]
        raise explained(error, catalog) from error


def disk_use(data: Path) -> dict[str, int]:
    """Return the bytes on the disk of catalog, vector index and the rest of a data folder."""
    use = {"catalog": 0, "chroma": 0, "other": 0}
    for path in data.rglob("*"):
        if path.is_file() and not path.is_symlink():
            first = path.relative_to(data).parts[0]
            part = "catalog" if first.startswith("catalog.") else first
            use[part if part in use else "other"] += _allocated(path)
    return use


def versions() -> dict[str, str]:
    """Return the versions that what is stored depends on."""
    return {
        "footnote": version("footnote"),
        "catalog": str(VERSION),
        "readers": str(PIPELINE),
        "chromadb": version("chromadb"),
        "sqlite": sqlite3.sqlite_version,
    }


def _allocated(path: Path) -> int:
    """Blocks, not the length: a damaged file can claim terabytes."""
    status = path.stat()
    return int(getattr(status, "st_blocks", status.st_size / 512) * 512)
