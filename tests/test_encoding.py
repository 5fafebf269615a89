"""What has been read is encoded while the rest is still being read, and nothing twice."""

from __future__ import annotations

import time

import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index

FILES = 150
PATIENCE = 60  # seconds on a busy machine


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    for n in range(FILES):
        (folder / f"{n:03}.md").write_text(f"# File {n}\n\nSentence {n} of a short file.\n")
    return folder


class Hasty:
    """Holds the reading of the last file back until something has been embedded."""

    def __init__(self, attempts):
        self.attempts = attempts
        self.seen = 0

    def __call__(self, progress):
        if progress.stage == "reading" and progress.done == FILES - 1:
            deadline = time.monotonic() + PATIENCE
            while not self.attempts():
                assert time.monotonic() < deadline, "nothing was embedded before all was read"
                time.sleep(0.01)
            self.seen = self.attempts()


def test_encoding_begins_before_reading_ends(tmp_path, folder):
    embedder = HashingEmbedder()
    hasty = Hasty(lambda: embedder.embedded)
    with Index.open(tmp_path / "data", embedder) as index:
        report = index.sync(folder, hasty)
        assert 0 < hasty.seen < FILES
        assert report.embedded == embedder.embedded == FILES
        assert_equal_to_folder(index, folder, embedder, every=10)


class FailsOnce(HashingEmbedder):
    """Has no memory left at its first batch."""

    calls = 0

    def embed(self, texts):
        self.calls += 1
        if self.calls == 1:
            raise MemoryError
        return super().embed(texts)


def test_what_failed_ahead_is_encoded_at_the_end(tmp_path, folder):
    embedder = FailsOnce()
    with Index.open(tmp_path / "data", embedder) as index:
        report = index.sync(folder, Hasty(lambda: embedder.calls))
        assert report.embedded == FILES
        assert_equal_to_folder(index, folder, embedder, every=10)


def test_an_interrupted_sync_stops_encoding_and_the_next_finishes(tmp_path, folder):
    embedder = HashingEmbedder()
    hasty = Hasty(lambda: embedder.embedded)

    def interrupt(progress):
        hasty(progress)
        if hasty.seen:
            raise KeyboardInterrupt

    with Index.open(tmp_path / "data", embedder) as index:
        with pytest.raises(KeyboardInterrupt):
            index.sync(folder, interrupt)
        before = embedder.embedded
        report = index.sync(folder)
        assert before + report.embedded == FILES
        assert_equal_to_folder(index, folder, embedder, every=10)
