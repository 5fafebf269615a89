"""The index follows its folder: a real watcher over a temporary folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event, Thread

import pytest
from lindow import write_documents

from index.watch import changes
from rag.settings import Settings

PATIENCE = 60  # seconds on a busy machine


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    (folder / "below").mkdir(parents=True)
    (folder / "a.md").write_text("Cuba is an island.")
    return folder


class Watching:
    """Counts what ``changes`` tells, in a thread."""

    def __init__(self, folder, data):
        self.told = 0
        self.stop = Event()
        self._thread = Thread(target=self._run, args=(folder, data))
        self._thread.start()
        self.wait(1)

    def _run(self, folder, data):
        for _ in changes(folder, leave_out=data, stop=self.stop):
            self.told += 1

    def wait(self, number):
        deadline = time.monotonic() + PATIENCE
        while self.told < number:
            assert time.monotonic() < deadline, f"told {self.told} times, not {number}"
            time.sleep(0.02)

    def end(self):
        self.stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def watching(folder):
    watching = Watching(folder, folder / "data")
    yield watching
    watching.end()


def test_every_kind_of_change_is_told(folder, watching):
    steps = [
        lambda: (folder / "below" / "b.md").write_text("Haiti shares one."),
        lambda: (folder / "a.md").write_text("Cuba is a large island."),
        lambda: (folder / "a.md").rename(folder / "c.md"),
        lambda: (folder / "c.md").unlink(),
        lambda: (folder / "new").mkdir(),
        lambda: (folder / "new" / "d.md").write_text("In a folder made meanwhile."),
    ]
    for number, step in enumerate(steps, 2):
        step()
        watching.wait(number)


def test_a_burst_is_told_once(folder, watching):
    for n in range(200):
        (folder / f"{n}.md").write_text("One of many.")
    watching.wait(2)
    time.sleep(1)
    assert watching.told <= 3  # of 200: a slow machine may see a pause in it


def test_hidden_files_and_the_index_itself_are_not_told(folder, watching):
    (folder / "data").mkdir()
    (folder / "data" / "catalog.sqlite3").write_text("changes with every sync")
    (folder / ".hidden").write_text("not read")
    (folder / "~$lock.docx").write_text("not read")
    (folder / "a.md").read_text()
    time.sleep(1)
    assert watching.told == 1


def test_without_a_folder_it_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        next(changes(tmp_path / "nowhere", leave_out=tmp_path / "data"))


@pytest.fixture
def footnote(folder):
    """``footnote index --watch`` in a process of its own; yields it and a reader of its lines."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FOOTNOTE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "index", "--watch", folder, "--data", folder.parent / "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        # What a shell starts in the background ignores Ctrl-C, and so would what the tests start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.timeout(180)
def test_index_watch_prints_a_line_per_sync_and_ends_at_ctrl_c(folder, footnote):
    assert "1 added; 1 document, 1 passage" in footnote.stdout.readline()
    (folder / "b.md").write_text("Haiti shares an island.")
    assert "1 added; 2 documents, 2 passages" in footnote.stdout.readline()
    (folder / "broken.pdf").write_text("not a PDF")
    assert "1 could not be read" in footnote.stdout.readline()
    (folder / "a.md").unlink()
    assert "1 removed" in footnote.stdout.readline()
    footnote.send_signal(signal.SIGINT)
    out, err = footnote.communicate(timeout=PATIENCE)
    assert footnote.returncode == 0, err
    assert out == ""
    assert err.count("broken.pdf") == 1
    assert "Traceback" not in err


@pytest.mark.timeout(180)
def test_index_watch_says_when_its_folder_goes(folder, footnote):
    assert "1 added" in footnote.stdout.readline()
    folder.rename(folder.parent / "elsewhere")
    (folder.parent / "elsewhere" / "b.md").write_text("Seen where it is now.")
    _, err = footnote.communicate(timeout=PATIENCE)
    assert footnote.returncode == 3
    assert "there is no folder" in err


@pytest.mark.timeout(180)
def test_a_server_follows_its_folder(tmp_path):
    from ui.service import Service

    folder = write_documents(tmp_path / "documents")
    service = Service(Settings(documents=folder, data=tmp_path / "data"))
    service.start()
    try:
        assert service.wait(PATIENCE * 2), service.state
        index = service.assistant.index
        before, changed_at = len(index.documents()), index.changed_at
        (folder / "new.md").write_text("# New\n\nA heron stood in the shallows.\n")
        deadline = time.monotonic() + PATIENCE
        while not index.search_lexical("heron", 1):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(index.documents()) == before + 1
        assert index.changed_at > changed_at
    finally:
        service.close()
