"""A sync makes the index equal to the folder, whatever changed and wherever it was stopped."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index
from index import sync as sync_module
from index.reading import Reading
from index.types import NothingToRead

ISLANDS = (
    "# Islands\n\nCuba is an island. It lies in the Caribbean.\n\n## Food\n\nRice and beans.\n"
)
RIVERS = "# Rivers\n\nThe Orinoco flows through Venezuela. It is long.\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    (folder / "water").mkdir(parents=True)
    (folder / "islands.md").write_text(ISLANDS)
    (folder / "water" / "rivers.md").write_text(RIVERS)
    return folder


@pytest.fixture
def embedder():
    return HashingEmbedder()


@pytest.fixture
def index(tmp_path, embedder):
    with Index.open(tmp_path / "data", embedder) as index:
        yield index


def test_first_sync_adds_everything(index, folder, embedder):
    report = index.sync(folder)
    assert report.added == ["islands.md", "water/rivers.md"]
    assert (report.passages, report.embedded) == (3, 3)
    assert_equal_to_folder(index, folder, embedder)


def test_sync_without_changes_does_nothing(index, folder, embedder):
    index.sync(folder)
    revision = index.revision
    report = index.sync(folder)
    assert report.unchanged == ["islands.md", "water/rivers.md"]
    assert (report.added, report.changed, report.deleted, report.embedded) == ([], [], [], 0)
    assert (index.revision, embedder.embedded) == (revision, 3)


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


def test_changed_file_embeds_only_the_passage_that_changed(index, folder, embedder):
    index.sync(folder)
    revision = index.revision
    (folder / "islands.md").write_text(ISLANDS.replace("Rice", "Fish"))
    report = index.sync(folder)
    assert (report.changed, report.embedded) == (["islands.md"], 1)
    assert not index.search_lexical("rice", 5)
    assert index.revision > revision
    assert_equal_to_folder(index, folder, embedder)


def test_touched_file_is_unchanged(index, folder):
    index.sync(folder)
    os.utime(folder / "islands.md", ns=(10**18, 10**18))
    assert index.sync(folder).changed == []
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]


def test_deleted_file_leaves_no_trace(index, folder, embedder):
    index.sync(folder)
    (folder / "islands.md").unlink()
    report = index.sync(folder)
    assert (report.deleted, report.passages) == (["islands.md"], 1)
    assert not index.search_lexical("Cuba", 5)
    assert index._embeddings.missing() == 0
    assert_equal_to_folder(index, folder, embedder)


def empty(folder):
    for path in folder.rglob("*.md"):
        path.unlink()


@pytest.mark.parametrize("left", [None, "film.mp4", ".hidden"])
def test_an_empty_folder_empties_no_index_unless_that_is_allowed(index, folder, embedder, left):
    index.sync(folder)
    empty(folder)
    if left:
        (folder / left).write_text("Nothing Footnote reads.")
    for _ in range(2):
        report = index.sync(folder)
        assert (report.kept, report.deleted, report.passages) == (2, [], 3)
        assert f"nothing to read in {folder}" in report.remarks[0]
        assert "2 documents" in report.remarks[0]
        assert index.search_lexical("Cuba", 5)
    report = index.sync(folder, allow_empty=True)
    assert (report.kept, report.deleted) == (0, ["islands.md", "water/rivers.md"])
    assert report.remarks == []
    assert_equal_to_folder(index, folder, embedder)
    assert index.sync(folder).kept == 0


def test_another_folder_that_is_empty_takes_nothing_out_of_the_index(index, folder, tmp_path):
    index.sync(folder)
    other = tmp_path / "not mounted"
    other.mkdir()
    for _ in range(2):
        with pytest.raises(NothingToRead) as caught:
            index.sync(other)
        assert f"nothing to read in {other}" in str(caught.value)
        assert f"that of {folder} (2 documents)" in str(caught.value)
        assert f"`footnote index '{other}' --allow-empty`" in str(caught.value)
        assert index.search_lexical("Cuba", 5)
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]


def test_another_folder_is_another_collection(index, folder, embedder, tmp_path):
    index.sync(folder)
    other = tmp_path / "other"
    other.mkdir()
    report = index.sync(other, allow_empty=True)
    assert (report.kept, report.deleted) == (0, ["islands.md", "water/rivers.md"])
    (said,) = report.remarks
    assert f"now that of {other}" in said
    assert f"2 documents of {folder}" in said
    assert_equal_to_folder(index, other, embedder)
    assert index.sync(other).remarks == []
    (other / "new.md").write_text("Something new.")
    index.sync(other)
    (other / "new.md").unlink()
    assert index.sync(other).kept == 1  # this one was emptied


def test_what_comes_back_after_an_empty_folder_is_not_read_again(index, folder, embedder):
    index.sync(folder)
    folder.rename(folder.parent / "elsewhere")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        index.sync(folder)
    folder.mkdir()
    assert index.sync(folder).kept == 2
    folder.rmdir()
    (folder.parent / "elsewhere").rename(folder)
    before = embedder.embedded
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]
    assert embedder.embedded == before


def test_renamed_file_is_not_embedded_again(index, folder, embedder):
    index.sync(folder)
    before = embedder.embedded
    (folder / "islands.md").rename(folder / "water" / "isles.md")
    report = index.sync(folder)
    assert (report.renamed, report.added, report.deleted) == (["water/isles.md"], [], [])
    assert embedder.embedded == before
    assert_equal_to_folder(index, folder, embedder)


def test_swapped_files_keep_their_own_texts(index, folder, embedder):
    index.sync(folder)
    (folder / "islands.md").write_text(RIVERS)
    (folder / "water" / "rivers.md").write_text(ISLANDS)
    assert index.sync(folder).embedded == 0
    assert_equal_to_folder(index, folder, embedder)


def test_duplicate_is_embedded_once_and_both_are_found(index, folder, embedder):
    (folder / "copy.md").write_text(ISLANDS)
    report = index.sync(folder)
    assert (report.passages, report.embedded) == (5, 3)
    assert len(index.search_lexical("Caribbean", 5)) == 2
    (folder / "copy.md").unlink()
    index.sync(folder)
    assert_equal_to_folder(index, folder, embedder)


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


def test_new_readers_read_every_file_again(index, folder, embedder, monkeypatch):
    index.sync(folder)
    monkeypatch.setattr(sync_module, "PIPELINE", sync_module.PIPELINE + 1)
    report = index.sync(folder)
    assert (len(report.changed), report.embedded) == (2, 0)
    assert "read anew" in report.remarks[0]


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


def test_renaming_and_copying_leave_chroma_alone(index, folder, embedder, monkeypatch):
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
    hits = index.search_dense(embedder.embed(["Rivers\nThe Orinoco flows"])[0], k=2)
    sources = {index.document(hit.passage_id.split(":")[0]).source for hit in hits}
    assert sources == {"copy.md", "water/rivers.md"}


def test_what_was_being_built_is_swept(tmp_path, folder, embedder):
    with Index.open(tmp_path / "data", embedder) as index:
        index.sync(folder)
    (tmp_path / "data" / "chroma" / "0123abcd-other-model").mkdir()
    (tmp_path / "data" / "chroma" / "0123abcd-other-model" / "x.bin").write_bytes(b"x")
    (tmp_path / "data" / "chroma" / "chroma.sqlite3").write_bytes(b"somebody else's")
    with Index.open(tmp_path / "data", embedder) as index:
        index._vectors.wait()
        kept = {index._vectors.generation, "chroma.sqlite3"}
    assert {path.name for path in (tmp_path / "data" / "chroma").iterdir()} == kept


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


def test_indexed_file_that_becomes_unreadable_is_taken_out(index, folder, embedder):
    index.sync(folder)
    (folder / "islands.md").write_bytes(b"")
    report = index.sync(folder)
    assert report.deleted == ["islands.md"]
    assert [skipped.source for skipped in report.skipped] == ["islands.md"]
    assert not index.search_lexical("Cuba", 5)
    (folder / "islands.md").write_text(ISLANDS)
    assert index.sync(folder).added == ["islands.md"]
    assert_equal_to_folder(index, folder, embedder)


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


def test_missing_folder_is_a_clear_error(index, folder):
    with pytest.raises(FileNotFoundError, match="FOOTNOTE_DOCUMENTS"):
        index.sync(folder / "nowhere")
    with pytest.raises(NotADirectoryError, match=r"islands\.md is not a folder"):
        index.sync(folder / "islands.md")


def test_progress_counts_files_then_passages(index, folder):
    seen = []
    index.sync(folder, seen.append)
    reading = [(p.done, p.total, p.source) for p in seen if p.stage == "reading"]
    assert reading == [(0, 2, "islands.md"), (1, 2, "water/rivers.md"), (2, 2, None)]
    assert [(p.done, p.total) for p in seen if p.stage == "embedding"] == [(3, 3)]


class StopHere(BaseException):
    """Ends a sync the way Ctrl-C does."""


def test_sync_stopped_at_any_progress_is_finished_by_the_next(tmp_path, folder, embedder):
    stops = 0
    while True:
        with Index.open(tmp_path / f"data{stops}", embedder) as index:
            seen = []

            def stop(progress, seen=seen, limit=stops):
                seen.append(progress)
                if len(seen) > limit:
                    raise StopHere

            try:
                index.sync(folder, stop)
            except StopHere:
                index.sync(folder)
                assert_equal_to_folder(index, folder, embedder)
                stops += 1
            else:
                break
    assert stops == 4


def test_searches_run_while_a_sync_runs(index, folder):
    index.sync(folder)
    for n in range(40):
        (folder / f"{n}.md").write_text(f"# Note {n}\n\nCuba is named in note {n}.\n")
    failures = []
    done = threading.Event()

    def search():
        while not done.is_set():
            ids = [hit.passage_id for hit in index.search_lexical("Cuba", 100)]
            failures.extend(
                passage
                for passage in index.passages(ids)
                if index.text(passage.document)[passage.start : passage.end] != passage.text
            )

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    index.sync(folder)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(index.search_lexical("Cuba", 100)) == 41


CHILD = """
import sys
from pathlib import Path
from hashing import HashingEmbedder
import chromadb, index.splitter
from index import Index
print("ready", flush=True)
with Index.open(Path(sys.argv[1]), HashingEmbedder()) as index:
    index.sync(Path(sys.argv[2]))
print("done", flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_sync_is_finished_by_the_next(tmp_path, seed):
    chance = random.Random(seed)
    data, folder = tmp_path / "data", tmp_path / "documents"
    folder.mkdir()
    embedder = HashingEmbedder()
    for _ in range(2):
        change_files(folder, chance)
        kill_a_sync(data, folder, after=chance.uniform(0, 0.6))
        with Index.open(data, embedder) as index:
            index.sync(folder)
            assert_equal_to_folder(index, folder, embedder)


def change_files(folder: Path, chance: random.Random) -> None:
    for path in folder.glob("*.md"):
        if chance.random() < 0.3:
            path.unlink()
    for n in chance.sample(range(120), 60):
        lines = [f"Sentence {chance.randrange(10**6)} of file {n}." for _ in range(60)]
        (folder / f"{n}.md").write_text(f"# File {n}\n\n{' '.join(lines)}\n")


def kill_a_sync(data: Path, folder: Path, after: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, data, folder], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout.readline() == b"ready\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
