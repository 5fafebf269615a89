"""`footnote doctor`: what state the index is in, what was wrong with it, and what was done."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from index.health import Health
    from index.index import Index
    from rag.settings import Settings

SOUND, MENDED, FAILED = 0, 1, 3


@dataclass
class Report:
    """What the doctor says: one word, sentences for a person, and all figures if it got them."""

    verdict: str
    lines: list[str]
    health: Health | None = None

    @property
    def exit_code(self) -> int:
        """0 sound, 1 something was mended or is left to do, 3 not usable now."""
        return {"sound": SOUND, "mended": MENDED}.get(self.verdict, FAILED)

    def as_json(self) -> str:
        """The report for programs."""
        known: dict[str, Any] = {"verdict": self.verdict, "lines": self.lines}
        return json.dumps({**known, "health": asdict(self.health) if self.health else None})


def doctor(
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Build the vector index anew; set a damaged catalog aside.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the index.")
    ] = None,
) -> None:
    """Look over the index: is it whole, does it find everything, what takes the space?

    Opening the index repairs what can be repaired; the report says what was found and done.
    Your documents are never touched.

    - **footnote doctor** examines, and repairs the vector index
    - **footnote doctor --rebuild** builds the vector index anew from the stored vectors

    Exit codes: 0 sound, 1 something was mended or is left to do, 3 not usable.
    """
    from ui.options import settings_from
    from ui.text import terminal_text

    report = examine(settings_from(data=data), rebuild)
    lines = [report.as_json()] if as_json else map(terminal_text, report.lines)
    typer.echo("\n".join(lines))
    raise typer.Exit(report.exit_code)


def examine(settings: Settings, rebuild: bool) -> Report:
    """Open the index in ``settings.data``, repair it, and report."""
    from index.embedder import SentenceEmbedding
    from index.index import Index
    from index.types import ChromaUnreachable, IndexLocked, IndexUnusable

    catalog = settings.data / "catalog.sqlite3"
    if not catalog.exists():
        lines = [f"There is no index in {settings.data} yet; `footnote index` makes one."]
        return Report("missing", lines)
    embedder = SentenceEmbedding(name=settings.embedding_model)
    try:
        try:
            with Index.open(settings.data, embedder, settings.chroma_url) as index:
                return _examined(index, rebuild)
        except IndexUnusable as error:
            if not rebuild or "newer Footnote" in str(error) or not _is_damaged(catalog):
                return Report("unusable", [str(error)])
            return Report("mended", [str(error), _set_aside(settings.data)])
    except IndexLocked as error:
        return Report("in use", _in_use(settings.data, error))
    except ChromaUnreachable as error:
        return Report("unusable", [str(error)])


def _examined(index: Index, rebuild: bool) -> Report:
    if rebuild:
        index.rebuild()
    health = index.health()
    if health.damage and rebuild:
        index.close()
        return Report("mended", [*map(_damage, health.damage), _set_aside(index.data)])
    lines = [*_overview(health), *map(_damage, health.damage), *health.repairs, *_to_do(health)]
    if health.damage:
        lines.append("`footnote doctor --rebuild` sets the catalog aside; then index again.")
        return Report("unusable", lines, health)
    if health.sound and not health.repairs and not health.missing:
        return Report("sound", [*lines, "Everything is in order."], health)
    return Report("mended" if health.sound or health.missing else "unusable", lines, health)


def _overview(health: Health) -> list[str]:
    sizes = ", ".join(f"{part} {_size(size)}" for part, size in health.disk.items())
    versions = ", ".join(f"{name} {number}" for name, number in health.versions.items())
    where = health.chroma_url or health.generation
    return [
        f"Index in {health.data}: {health.documents:,} documents, {health.passages:,} passages, "
        f"{health.skipped:,} files that could not be read.",
        f"Model {health.model}: {health.vectors:,} vectors; vector index {where}.",
        f"Disk: {sizes}.",
        f"Versions: {versions}.",
    ]


def _to_do(health: Health) -> list[str]:
    """What is not as it should be, and what to do about it."""
    lines = []
    if health.missing:
        lines.append(f"{health.missing:,} texts have no vector yet: run `footnote index`.")
    if health.other_models:
        models = ", ".join(health.other_models)
        lines.append(f"It also holds vectors of {models}: the next `footnote index` drops them.")
    elif health.orphans:
        lines.append(f"{health.orphans:,} vectors of deleted texts: `footnote index` drops them.")
    if health.unreached:
        lines.append(f"{health.unreached:,} vectors that Chroma misses are compared one by one.")
    if health.drift:
        lines.append(f"{health.drift:,} vectors differ between the catalog and the vector index.")
    if health.search == "exact":
        lines.append("Searches compare every vector: right, and slower than with Chroma.")
    return lines


def _damage(problem: str) -> str:
    return f"The catalog is damaged: {problem}."


def _in_use(data: Path, error: Exception) -> list[str]:
    """Who has the index; the catalog can be read all the same."""
    from index.health import damage, disk_use
    from index.types import IndexUnusable

    sizes = ", ".join(f"{part} {_size(size)}" for part, size in disk_use(data).items())
    try:
        found = [_damage(problem) for problem in damage(data / "catalog.sqlite3")]
    except IndexUnusable as unknown:
        found = [f"The catalog could not be looked over: {unknown}."]
    return [str(error), f"Disk: {sizes}.", *(found or ["The catalog is whole."])]


def _is_damaged(catalog: Path) -> bool:
    """Whether it is certain that the catalog is damaged, not just out of reach now."""
    from index.health import damage
    from index.types import IndexUnusable

    try:
        return bool(damage(catalog))
    except IndexUnusable:
        return False


def _set_aside(data: Path) -> str:
    """Rename a damaged catalog, so that the next `footnote index` makes a new one.

    Other processes that have it open, which share a Chroma server, see that it is gone.

    Raises:
        IndexLocked: if another process is writing to it.
    """
    from index.ownership import Ownership

    aside = f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    with Ownership(data).held():
        for suffix in ("", "-wal", "-shm"):
            path = data / f"catalog.sqlite3{suffix}"
            if path.exists():
                path.rename(data / f"{aside}.sqlite3{suffix}")
    return f"The catalog was set aside as {data / aside}.sqlite3: run `footnote index` now."


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
