"""Files that cannot be read, or should not be: each is told, and the rest goes in."""

from __future__ import annotations

import os

import pytest
from indexed import assert_equal_to_folder
from syncing import ISLANDS, RIVERS

from index import sync as sync_module
from index.reading import Reading

pytest_plugins = ["syncing"]


def test_skipped_file_is_tried_again_by_new_readers(index, folder, monkeypatch):
    (folder / "empty.md").write_bytes(b"")
    index.sync(folder)
    monkeypatch.setattr(sync_module, "PIPELINE", sync_module.PIPELINE + 1)
    read = sync_module.Reading.read
    tried = []
    monkeypatch.setattr(
        sync_module.Reading, "read", lambda self, path: tried.append(path.name) or read(self, path)
    )
    assert [skipped.source for skipped in index.sync(folder).skipped] == ["empty.md"]
    assert "empty.md" in tried
    tried.clear()
    index.sync(folder)
    assert tried == []


def test_file_that_was_given_up_is_tried_again_by_the_next_sync(index, folder, monkeypatch):
    index.sync(folder)
    (folder / "islands.md").write_text("Islands are busy.")
    with monkeypatch.context() as busy:
        busy.setattr("index.reading._PATIENCE", 0)  # its time by the clock is up at once
        report = index.sync(folder)
    assert [skipped.source for skipped in report.skipped] == ["islands.md"]
    assert report.deleted == ["islands.md"]
    report = index.sync(folder)
    assert (report.added, report.skipped) == (["islands.md"], [])


def test_bad_files_are_reported_each_time_and_the_rest_goes_in(index, folder, monkeypatch):
    (folder / "empty.md").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    (folder / "film.mp4").write_bytes(b"0")
    os.mkfifo(folder / "pipe.md")
    (folder / "nowhere.md").symlink_to(folder / "missing.md")
    first = index.sync(folder)
    assert first.added == ["islands.md", "water/rivers.md"]
    reasons = {skipped.source: skipped.reason for skipped in first.skipped}
    assert reasons.keys() == {"empty.md", "broken.pdf", "film.mp4", "pipe.md", "nowhere.md"}
    assert reasons["film.mp4"] == "Footnote does not read .mp4 files"
    assert ".pdf" in next(s.remedy for s in first.skipped if s.source == "film.mp4")
    monkeypatch.setattr(Reading, "read", lambda self, path: pytest.fail(f"read {path}"))
    again = index.sync(folder)
    assert sorted(again.skipped, key=str) == sorted(first.skipped, key=str)
    assert again.deleted == []


def test_indexed_file_that_becomes_unreadable_is_taken_out(index, folder, hashing):
    index.sync(folder)
    (folder / "islands.md").write_bytes(b"")
    report = index.sync(folder)
    assert report.deleted == ["islands.md"]
    assert [skipped.source for skipped in report.skipped] == ["islands.md"]
    assert not index.search_lexical("Cuba", 5)
    (folder / "islands.md").write_text(ISLANDS)
    assert index.sync(folder).added == ["islands.md"]
    assert_equal_to_folder(index, folder, hashing)


def test_file_removed_while_indexing_is_reported(index, folder):
    def remove(progress):
        (folder / "water" / "rivers.md").unlink(missing_ok=True)

    report = index.sync(folder, remove)
    assert report.added == ["islands.md"]
    assert [skipped.source for skipped in report.skipped] == ["water/rivers.md"]
    assert index.sync(folder).skipped == []


def test_one_failing_reader_does_not_stop_the_others(index, folder, monkeypatch):
    read = Reading.read

    def failing(self, path):
        if path.name == "islands.md":
            raise RecursionError("too deep")
        return read(self, path)

    monkeypatch.setattr(Reading, "read", failing)
    report = index.sync(folder)
    assert report.added == ["water/rivers.md"]
    assert "RecursionError" in report.skipped[0].reason
    monkeypatch.undo()
    assert index.sync(folder).added == ["islands.md"]


def test_hidden_files_locks_loops_and_the_data_folder_are_passed_over(index, tmp_path, folder):
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "a.md").write_text(RIVERS)
    (folder / "~$islands.md").write_text("lock")
    (folder / "water" / "loop").symlink_to(folder)
    (folder / "outside").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "a.md").write_text(RIVERS)
    report = index.sync(folder)
    assert (report.added, report.skipped) == (["islands.md", "water/rivers.md"], [])


def test_odd_names_are_kept(index, folder):
    names = ["a\nb.md", "é.md", "e\u0301.md", "\u202eabc.md", "𝔘.md", "[1]*.md"]
    for name in names:
        (folder / name).write_text(f"# T\n\nText {names.index(name)}.\n")
    (folder / os.fsdecode(b"\xff.md")).write_text("# T\n\nBytes.\n")
    report = index.sync(folder)
    assert set(report.added) >= {*names, r"\xff.md"}
    assert index.sync(folder).added == []
