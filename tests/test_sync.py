"""A sync makes the index equal to the folder: what is new, changed, gone or called otherwise."""

from __future__ import annotations

import os

import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder
from syncing import ISLANDS, RIVERS

from index import Index
from index import sync as sync_module

pytest_plugins = ["syncing"]


def test_first_sync_adds_everything(index, folder, hashing):
    report = index.sync(folder)
    assert report.added == ["islands.md", "water/rivers.md"]
    assert (report.passages, report.embedded) == (3, 3)
    assert_equal_to_folder(index, folder, hashing)


def test_sync_without_changes_does_nothing(index, folder, hashing):
    index.sync(folder)
    revision = index.revision
    report = index.sync(folder)
    assert report.unchanged == ["islands.md", "water/rivers.md"]
    assert (report.added, report.changed, report.deleted, report.embedded) == ([], [], [], 0)
    assert (index.revision, hashing.embedded) == (revision, 3)


def test_unchanged_files_are_not_even_read(index, folder, monkeypatch):
    for path in folder.rglob("*.md"):
        os.utime(path, ns=(10**18, 10**18))
    index.sync(folder)
    monkeypatch.setattr(sync_module, "sha256_of", lambda path: pytest.fail(f"{path} was read"))
    assert len(index.sync(folder).unchanged) == 2


def test_edit_within_the_clock_tick_of_the_last_sync_is_seen(index, folder):
    path = folder / "islands.md"
    index.sync(folder)
    status = path.stat()
    path.write_text(ISLANDS.replace("Rice", "Fish"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index.sync(folder).changed == ["islands.md"]
    assert index.search_lexical("fish", 5)


def test_changed_file_embeds_only_the_passage_that_changed(index, folder, hashing):
    index.sync(folder)
    revision = index.revision
    (folder / "islands.md").write_text(ISLANDS.replace("Rice", "Fish"))
    report = index.sync(folder)
    assert (report.changed, report.embedded) == (["islands.md"], 1)
    assert not index.search_lexical("rice", 5)
    assert index.revision > revision
    assert_equal_to_folder(index, folder, hashing)


def test_touched_file_is_unchanged(index, folder):
    index.sync(folder)
    os.utime(folder / "islands.md", ns=(10**18, 10**18))
    assert index.sync(folder).changed == []
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]


def test_deleted_file_leaves_no_trace(index, folder, hashing):
    index.sync(folder)
    (folder / "islands.md").unlink()
    report = index.sync(folder)
    assert (report.deleted, report.passages) == (["islands.md"], 1)
    assert not index.search_lexical("Cuba", 5)
    assert index._embeddings.missing() == 0
    assert_equal_to_folder(index, folder, hashing)


def test_renamed_file_is_not_embedded_again(index, folder, hashing):
    index.sync(folder)
    before = hashing.embedded
    (folder / "islands.md").rename(folder / "water" / "isles.md")
    report = index.sync(folder)
    assert (report.renamed, report.added, report.deleted) == (["water/isles.md"], [], [])
    assert hashing.embedded == before
    assert_equal_to_folder(index, folder, hashing)


def test_swapped_files_keep_their_own_texts(index, folder, hashing):
    index.sync(folder)
    (folder / "islands.md").write_text(RIVERS)
    (folder / "water" / "rivers.md").write_text(ISLANDS)
    assert index.sync(folder).embedded == 0
    assert_equal_to_folder(index, folder, hashing)


def test_duplicate_is_embedded_once_and_both_are_found(index, folder, hashing):
    (folder / "copy.md").write_text(ISLANDS)
    report = index.sync(folder)
    assert (report.passages, report.embedded) == (5, 3)
    assert len(index.search_lexical("Caribbean", 5)) == 2
    (folder / "copy.md").unlink()
    index.sync(folder)
    assert_equal_to_folder(index, folder, hashing)


def test_another_model_embeds_everything_anew_and_says_so(tmp_path, folder):
    with Index.open(tmp_path / "data", HashingEmbedder(128)) as index:
        index.sync(folder)
    other = HashingEmbedder(64)
    with Index.open(tmp_path / "data", other) as index:
        report = index.sync(folder)
        assert report.embedded == 3
        assert "changed from hashing-128 to hashing-64" in report.remarks[0]
        assert not index.sync(folder).remarks
        assert_equal_to_folder(index, folder, other)


def test_new_readers_read_every_file_again(index, folder, hashing, monkeypatch):
    index.sync(folder)
    monkeypatch.setattr(sync_module, "PIPELINE", sync_module.PIPELINE + 1)
    report = index.sync(folder)
    assert (len(report.changed), report.embedded) == (2, 0)
    assert "read anew" in report.remarks[0]


def test_renaming_and_copying_leave_chroma_alone(index, folder, hashing, monkeypatch):
    index.sync(folder)
    touched = []
    for name in ("upsert", "delete"):
        monkeypatch.setattr(
            f"index.chroma.Chroma.{name}", lambda self, points, *_: touched.extend(points)
        )
    (folder / "islands.md").rename(folder / "isles.md")
    (folder / "copy.md").write_text(RIVERS)
    report = index.sync(folder)
    assert (report.renamed, report.added, report.embedded) == (["isles.md"], ["copy.md"], 0)
    assert touched == []
    hits = index.search_dense(hashing.embed(["Rivers\nThe Orinoco flows"])[0], k=2)
    sources = {index.document(hit.passage_id.split(":")[0]).source for hit in hits}
    assert sources == {"copy.md", "water/rivers.md"}


def test_what_was_being_built_is_swept(tmp_path, folder, hashing):
    with Index.open(tmp_path / "data", hashing) as index:
        index.sync(folder)
    (tmp_path / "data" / "chroma" / "0123abcd-other-model").mkdir()
    (tmp_path / "data" / "chroma" / "0123abcd-other-model" / "x.bin").write_bytes(b"x")
    (tmp_path / "data" / "chroma" / "chroma.sqlite3").write_bytes(b"somebody else's")
    with Index.open(tmp_path / "data", hashing) as index:
        index._vectors.wait()
        kept = {index._vectors.generation, "chroma.sqlite3"}
    assert {path.name for path in (tmp_path / "data" / "chroma").iterdir()} == kept
