"""A small folder that keeps changing, an index of it, and what must hold after any fault.

Nothing random is left open: a seed makes a run again. Chroma is told to write its graph to disk
every 20 vectors, so that few documents exercise what otherwise takes thousands.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from chromadb.errors import InternalError
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

import index.chroma
import index.readers.markdown
import index.sync
from index import Index, readers
from index.health import damage
from index.splitter import split
from index.types import ChromaUnreachable, digest, document_id

ADDRESS = "chroma.url"  # a file of a world that has a Chroma server
DIMENSION = 128
OPENS_WITHIN = 10.0  # seconds, and answers by words and by meaning
_FILES = 14
_WORDS = ("river", "island", "harbour", "council", "budget", "doctor", "school", "bridge")


class ReadingHere:
    """Reads in this process: starting another one is not what is tested here."""

    def read(self, path):
        """Return what ``index.reading.Reading.read`` does."""
        document = readers.read(path)
        return document, split(document)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def prepare() -> None:
    """Make small indexes behave like large ones; call it before any index is opened.

    What opening and reading import is imported before any fork, once.
    """
    import chromadb  # noqa: F401

    index.chroma.HNSW = {**index.chroma.HNSW, "batch_size": 10, "sync_threshold": 20}
    index.chroma.PATIENCE = 3.0  # a server that hangs is waited for several times
    index.sync.Reading = ReadingHere


def change(folder: Path, chance: random.Random) -> None:
    """Add, change, delete, rename and copy some files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted(folder.glob("*.md"))
    for path in paths:
        fate = chance.random()
        if fate < 0.2:
            path.unlink()
        elif fate < 0.3:
            path.rename(folder / f"moved-{chance.randrange(10**6)}.md")
        elif fate < 0.4:
            _put(folder / f"copy-{chance.randrange(10**6)}.md", path.read_text())
    for n in chance.sample(range(_FILES), _FILES // 2):
        lines = [
            f"The {chance.choice(_WORDS)} {chance.randrange(10**6)} saw a {chance.choice(_WORDS)}."
            for _ in range(60)
        ]
        _put(folder / f"{n}.md", f"# File {n}\n\n{' '.join(lines)}\n")


def _put(path: Path, text: str) -> None:
    """Write a file as a whole: one that a kill leaves empty is skipped, as every empty file is."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of each file's bytes by source."""
    return {path.name: digest(path.read_text()) for path in sorted(folder.glob("*.md"))}


def build(base: Path, seed: int = 0) -> Path:
    """Make ``base/documents`` and index it in ``base/data``."""
    chance = random.Random(seed)
    for _ in range(2):
        change(base / "documents", chance)
    with open_index(base, HashingEmbedder(DIMENSION)) as opened:
        opened.sync(base / "documents")
    return base


def open_index(base: Path, embedder: HashingEmbedder) -> Index:
    """Open the index of a world, with its Chroma server if it has one."""
    address = base / ADDRESS
    return Index.open(base / "data", embedder, address.read_text() if address.exists() else None)


def answers(opened: Index, embedder: HashingEmbedder) -> None:
    """Check that questions are answered, whatever is wrong with the vector index."""
    for document in opened.documents()[:3]:
        passage = opened.passages([f"{document.id}:0"])[0]
        assert opened.search_lexical(passage.text, k=3)
    assert opened.search_dense(embedder.embed(["river"])[0], k=3)


def live(base: Path, seed: int, acknowledge=lambda line: None, rounds: int = 4) -> None:
    """Change the folder and index it, again and again, and rebuild now and then.

    ``acknowledge`` gets the contents of the folder, as JSON, whenever a sync of it has returned.
    """
    chance = random.Random(seed)
    with open_index(base, HashingEmbedder(DIMENSION)) as opened:
        for _ in range(rounds):
            change(base / "documents", chance)
            opened.sync(base / "documents")
            acknowledge(json.dumps(contents(base / "documents")))
            if chance.random() < 0.4:
                opened.rebuild()


def busy() -> float:
    """Return how much longer all takes than on an idle machine: waiting for others counts not."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Outcome:
    """How long an index took to answer, and to be repaired; what it said about it."""

    opened: float = 0.0
    repaired: float = 0.0
    found: list[str] = field(default_factory=list)
    emptied: bool = False  # a server whose files were beyond help


def check(base: Path, acknowledged: dict[str, str], embeds_nothing: bool = False) -> Outcome:
    """Open the index after a fault, sync once, and check everything there is to check."""
    embedder = HashingEmbedder(DIMENSION)
    outcome = Outcome()
    started = time.perf_counter()
    with open_index(base, embedder) as opened:
        answers(opened, embedder)
        outcome.opened = time.perf_counter() - started
        assert_nothing_lost(opened, base / "documents", acknowledged)
        opened._vectors.wait()
        outcome.repaired = time.perf_counter() - started
        assert outcome.opened < OPENS_WITHIN * busy(), f"opening took {outcome.opened:.1f} s"
        before = embedder.embedded
        opened.sync(base / "documents")
        assert not (embeds_nothing and embedder.embedded - before), "it embedded texts again"
        assert_equal_to_folder(opened, base / "documents", embedder)
        assert opened._vectors.state == "chroma"
        outcome.found = opened._vectors.found
        assert opened.sync(base / "documents").changed == []
    assert_tidy(base)
    return outcome


def assert_nothing_lost(opened: Index, folder: Path, acknowledged: dict[str, str]) -> None:
    """Check that files which are as they were when a sync of them returned are still indexed."""
    now = contents(folder)
    for source, known in acknowledged.items():
        if now.get(source) == known:
            document = opened.document(document_id(source))
            text = readers.read(folder / source).text
            assert opened.text(document.id) == text, f"{source} has another text"
            assert document.content_hash == digest(text)
            with opened._catalog.database.reading() as db:
                lost = db.execute(
                    """SELECT count(*) FROM passages WHERE document = ?
                       AND embedding NOT IN (SELECT key FROM embeddings)""",
                    (document.id,),
                ).fetchone()
            assert lost == (0,), f"{source} has lost vectors"


def _collections(url: str) -> list:
    with closing(index.chroma.server_client(url)) as client:
        try:
            return client.list_collections()
        except InternalError as error:  # its files are damaged
            raise ChromaUnreachable(url, str(error)) from error


def assert_tidy(base: Path) -> None:
    """Check that the catalog is whole and that nothing is left of what was being built."""
    catalog, address = base / "data" / "catalog.sqlite3", base / ADDRESS
    assert damage(catalog) == []
    if address.exists():
        assert len(_collections(address.read_text())) == 1
    else:
        assert len(list((base / "data" / "chroma").iterdir())) == 1
    db = sqlite3.connect(catalog)
    orphans = db.execute(
        "SELECT count(*) FROM embeddings WHERE key NOT IN (SELECT embedding FROM passages)"
    ).fetchone()
    db.close()
    assert orphans == (0,), "vectors of texts that are gone"
