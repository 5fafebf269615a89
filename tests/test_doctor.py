"""The doctor names what is wrong, mends what can be mended, and says so in its exit code."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hashing import HashingEmbedder

from index import Index, health
from index.catalog import Catalog
from index.ownership import Ownership
from index.types import IndexLocked, IndexUnusable
from rag.settings import Settings
from ui import doctor
from ui.doctor import examine

ROOT = Path(__file__).parents[1]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """An index of two documents, closed."""
    monkeypatch.setattr("index.embedder.SentenceEmbedding", lambda name: HashingEmbedder())
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "rivers.md").write_text("# Rivers\n\nThe Orinoco is long.\n")
    (folder / "islands.md").write_text("# Islands\n\nCuba is an island.\n")
    (folder / "empty.md").write_text("")
    with Index.open(tmp_path / "data", HashingEmbedder()) as index:
        index.sync(folder)
    return Settings(documents=folder, data=tmp_path / "data")


def test_a_sound_index(settings):
    report = examine(settings, rebuild=False)
    assert (report.verdict, report.exit_code) == ("sound", 0)
    text = "\n".join(report.lines)
    for part in ("2 documents, 2 passages, 1 files", "hashing-128", "chromadb", "in order"):
        assert part in text
    known = json.loads(report.as_json())
    assert known["health"]["drift"] == known["health"]["missing"] == 0
    assert known["health"]["disk"]["catalog"] > 0


def test_damaged_vectors_are_mended_and_named(settings):
    for path in (settings.data / "chroma").rglob("*"):
        if path.is_file():
            path.write_bytes(b"nonsense")
    report = examine(settings, rebuild=False)
    assert (report.verdict, report.exit_code) == ("mended", 1)
    assert any("could not be opened" in line for line in report.lines)
    assert any("built from the catalog" in line for line in report.lines)
    assert examine(settings, rebuild=False).exit_code == 0


def test_drift_is_counted(settings):
    with Index.open(settings.data, HashingEmbedder()) as index:
        index._vectors._chroma.delete(sorted(index._vectors.points())[:1])
    catalog = Catalog(settings.data / "catalog.sqlite3")
    catalog.set_state("seal", "")  # as a kill leaves it
    catalog.close()
    report = examine(settings, rebuild=False)
    assert report.exit_code == 1
    assert any("differed from the catalog in 1" in line for line in report.lines)


def test_rebuild_is_forced(settings):
    before = examine(settings, rebuild=False).health.generation
    report = examine(settings, rebuild=True)
    assert report.exit_code == 1
    assert report.health.generation != before


def test_texts_that_wait_for_the_model_are_left_to_do(settings):
    catalog = Catalog(settings.data / "catalog.sqlite3")
    with catalog.database.writing() as db:
        db.execute("DELETE FROM embeddings")
    catalog.close()
    report = examine(settings, rebuild=False)
    assert report.exit_code == 1
    assert any("2 texts have no vector yet" in line for line in report.lines)


def test_an_index_in_use_names_its_holder(settings):
    with Index.open(settings.data, HashingEmbedder()):
        report = examine(settings, rebuild=False)
    assert (report.verdict, report.exit_code) == ("in use", 3)
    assert "is using the index" in report.lines[0]
    assert "The catalog is whole." in report.lines


@pytest.mark.parametrize("start", [0, 5000])
def test_a_damaged_catalog_is_set_aside_when_asked(settings, start):
    path = settings.data / "catalog.sqlite3"
    content = path.read_bytes()
    path.write_bytes(content[:start] + b"\xa5" * (len(content) - start))
    report = examine(settings, rebuild=False)
    assert report.exit_code == 3
    assert "doctor --rebuild" in "\n".join(report.lines)
    report = examine(settings, rebuild=True)
    assert (report.verdict, report.exit_code) == ("mended", 1)
    assert len(list(settings.data.glob("damaged-*.sqlite3"))) == 1
    with Index.open(settings.data, HashingEmbedder()) as index:
        assert len(index.sync(settings.documents).added) == 2
    assert examine(settings, rebuild=False).exit_code == 0


def test_a_damaged_catalog_that_is_being_written_to_is_not_set_aside(settings):
    path = settings.data / "catalog.sqlite3"
    path.write_bytes(b"nonsense" * 1000)
    owner = Ownership(settings.data)
    with owner.held():
        with pytest.raises(IndexLocked):
            doctor._set_aside(settings.data)
        assert examine(settings, rebuild=True).verdict == "in use"
    assert path.exists()


def test_a_catalog_that_is_only_out_of_reach_is_not_set_aside(settings, monkeypatch):
    def unusable(*_):
        raise IndexUnusable("the index cannot be written (disk I/O error)")

    catalog = settings.data / "catalog.sqlite3"
    monkeypatch.setattr(health, "_PATIENCE", 0.1)
    monkeypatch.setattr(Index, "open", unusable)
    other = sqlite3.connect(catalog, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(IndexUnusable, match="busy"):
            health.damage(catalog)
        report = examine(settings, rebuild=True)
    finally:
        other.close()
    assert (report.verdict, report.exit_code) == ("unusable", 3)
    assert catalog.exists()
    assert list(settings.data.glob("damaged-*")) == []


def test_a_catalog_that_cannot_be_opened_is_explained(settings):
    catalog = settings.data / "catalog.sqlite3"
    catalog.unlink()
    catalog.mkdir()
    for rebuild in (False, True):
        report = examine(settings, rebuild)
        assert (report.verdict, report.exit_code) == ("unusable", 3)
        assert "unable to open" in report.lines[0]
    assert catalog.exists()


def test_no_index_is_no_error_message_of_sqlite(settings):
    shutil.rmtree(settings.data)
    report = examine(settings, rebuild=False)
    assert (report.verdict, report.exit_code) == ("missing", 3)
    assert "footnote index" in report.lines[0]


def test_the_command_prints_json(settings):
    done = subprocess.run(
        [sys.executable, "-m", "ui", "doctor", "--json", "--data", settings.data / "nowhere"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["verdict"] == "missing"
