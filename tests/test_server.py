"""Everything against a real Chroma server: searching, syncing, sharing it, and losing it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from chroma_server import HEARTBEAT, IDENTITY, TENANT, Server, stuck_server
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index, IndexLocked
from index.types import ChromaUnreachable, IndexUnusable
from rag.settings import Settings
from ui.doctor import examine

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(shared_server):
    if shared_server.process.poll() is not None:
        shared_server.start()
    return shared_server


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    write(folder, range(30))
    return folder


@pytest.fixture
def embedder():
    return HashingEmbedder()


def write(folder, numbers, word="river"):
    for n in numbers:
        lines = [f"The {word} {n * 100 + m} of file {n} is long." for m in range(60)]
        (folder / f"{n}.md").write_text(f"# File {n}\n\n{' '.join(lines)}\n")


def test_a_server_holds_what_the_catalog_holds(server, tmp_path, folder, embedder):
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        assert index.sync(folder).passages > 60
        assert_equal_to_folder(index, folder, embedder, every=5)
        (folder / "3.md").unlink()
        write(folder, [4], word="harbour")
        report = index.sync(folder)
        assert (report.deleted, report.changed) == (["3.md"], ["4.md"])
        assert_equal_to_folder(index, folder, embedder, every=5)
    before = embedder.embedded
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        assert len(index.sync(folder).unchanged) == 29
        assert index.health().sound
    assert embedder.embedded == before


def test_several_workers_share_one_index(server, tmp_path, folder, embedder):
    data = tmp_path / "data"
    with (
        Index.open(data, embedder, server.url) as one,
        Index.open(data, embedder, server.url) as two,
    ):
        one.sync(folder)
        assert_equal_to_folder(two, folder, embedder, every=9)
        write(folder, [40], word="lighthouse")
        two.sync(folder)
        query = embedder.embed(["the lighthouse 4001 of file 40"])[0]
        for worker in (one, two):  # neither is opened again
            assert worker.search_lexical("lighthouse", k=1)
            best = worker.search_dense(query, k=1)[0]
            assert "lighthouse" in worker.passages([best.passage_id])[0].text
        one.rebuild()
        two.search_dense(query, k=1)
        two._vectors.wait()
        assert two._vectors.state == "chroma"
        assert two.search_dense(query, k=1) == one.search_dense(query, k=1)


def test_one_syncs_at_a_time_and_the_others_wait(server, tmp_path, folder, embedder):
    data = tmp_path / "data"
    with (
        Index.open(data, embedder, server.url) as one,
        Index.open(data, embedder, server.url) as two,
    ):
        running, waited = threading.Event(), []

        def slowly(progress):
            if not running.is_set():
                running.set()
                time.sleep(0.5)
            waited.append("one")

        thread = threading.Thread(target=one.sync, args=(folder, slowly))
        thread.start()
        running.wait(30)
        report = two.sync(folder, lambda progress: waited.append("two"))
        thread.join()
        assert len(report.unchanged) == 30
        assert waited == sorted(waited)


def test_an_index_that_one_process_owns_is_not_shared(
    server, tmp_path, folder, embedder, monkeypatch
):
    monkeypatch.setattr("index.index._PATIENCE", 0.1)
    with Index.open(tmp_path / "data", embedder) as index:
        index.sync(folder)
        with Index.open(tmp_path / "data", embedder, server.url) as other:
            with pytest.raises(IndexLocked, match=str(os.getpid())):
                other.sync(folder)
            assert other.search_lexical("river", k=1)


def test_two_indexes_on_one_server_do_not_meet(server, tmp_path, folder, embedder):
    other = tmp_path / "other"
    other.mkdir()
    (other / "only.md").write_text("# Only\n\nRice and beans.\n")
    with (
        Index.open(tmp_path / "a", embedder, server.url) as first,
        Index.open(tmp_path / "b", embedder, server.url) as second,
    ):
        first.sync(folder)
        second.sync(other)
        first.rebuild()
        second.rebuild()
        assert_equal_to_folder(first, folder, embedder, every=20)
        assert_equal_to_folder(second, other, embedder)


def test_a_server_killed_during_a_sync_loses_nothing(server, tmp_path, folder, embedder):
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        index.sync(folder)
        write(folder, range(20, 50), word="bridge")

        def kill(progress):
            if progress.stage == "embedding" and server.process.poll() is None:
                server.kill()

        with pytest.raises(ChromaUnreachable, match=f"{server.port}.*start it"):
            index.sync(folder, kill)
        query = embedder.embed(["the bridge 4001 of file 40 is long"])[0]
        best = index.search_dense(query, k=1)[0]  # without the server, by comparing all
        assert "bridge" in index.passages([best.passage_id])[0].text
        embedded = embedder.embedded
        server.start()
        report = index.sync(folder)
        assert report.embedded == 0
        assert embedder.embedded == embedded
        assert_equal_to_folder(index, folder, embedder, every=9)


def test_a_server_that_lost_its_files_is_filled_again(server, tmp_path, folder, embedder):
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        index.sync(folder)
    before = embedder.embedded
    server.kill()
    shutil.rmtree(server.folder)
    server.start()
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        assert_equal_to_folder(index, folder, embedder, every=9)
        assert any("built from the catalog" in line for line in index._vectors.found)
    assert embedder.embedded - before < 200  # only what the checks above embed


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://127.0.0.1:99999"])
def test_no_server_is_a_clear_error_and_words_still_find(tmp_path, folder, embedder, url):
    with Index.open(tmp_path / "data", embedder, url) as index:
        with pytest.raises(ChromaUnreachable, match="FOOTNOTE_CHROMA_URL"):
            index.sync(folder)
        assert index.search_lexical("river", k=3)
        assert index.search_dense(embedder.embed(["river"])[0], k=3)


def test_a_server_that_hangs_keeps_nobody_waiting(server, tmp_path, folder, embedder, monkeypatch):
    monkeypatch.setattr("index.chroma.PATIENCE", 0.5)
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        index.sync(folder)
        query = embedder.embed(["the river 1203 of file 12 is long"])[0]
        found = index.search_dense(query, k=3)
        server.process.send_signal(signal.SIGSTOP)
        try:
            assert index.search_dense(query, k=3) == found
            write(folder, [40], word="bridge")
            with pytest.raises(ChromaUnreachable, match=server.url):
                index.sync(folder)
            index._vectors.wait()
            monkeypatch.setattr("index.chroma.PATIENCE", 600)
            monkeypatch.setattr(index._vectors._generations, "patience", 0.1)
            index._vectors._restore_soon()
            index.close()  # although a repair waits for the server
        finally:
            server.process.send_signal(signal.SIGCONT)
    with Index.open(tmp_path / "data", embedder, server.url) as index:
        assert index.sync(folder).embedded == 0
        assert_equal_to_folder(index, folder, embedder, every=9)


@pytest.mark.parametrize(
    "answered", [[HEARTBEAT], [HEARTBEAT, IDENTITY], [HEARTBEAT, IDENTITY, TENANT]]
)
def test_a_server_that_hangs_behind_its_heartbeat_is_told(
    tmp_path, folder, embedder, monkeypatch, answered
):
    monkeypatch.setattr("index.chroma.PATIENCE", 0.3)
    told = []

    def sync():
        try:
            index.sync(folder)
        except ChromaUnreachable as error:
            told.append(str(error))

    with (
        stuck_server(answered) as (url, over),
        Index.open(tmp_path / "data", embedder, url) as index,
    ):
        syncing = threading.Thread(target=sync)
        syncing.start()
        syncing.join(30)
        waits = syncing.is_alive()
        assert index.search_lexical("river", k=3)
        assert index.search_dense(embedder.embed(["river"])[0], k=3)
        over.set()
        syncing.join()
        assert not waits
        assert url in told[0]


def test_doctor_leaves_alone_what_another_worker_writes_to(server, tmp_path, folder, monkeypatch):
    monkeypatch.setattr("index.index._COURTESY", 0.1)
    monkeypatch.setattr("index.index._PATIENCE", 0.1)
    monkeypatch.setattr("index.embedder.SentenceEmbedding", lambda name: HashingEmbedder())
    settings = Settings(documents=folder, data=tmp_path / "data", chroma_url=server.url)
    verdicts = []

    def examined(progress):
        if progress.stage == "embedding":
            verdicts.extend(examine(settings, rebuild).verdict for rebuild in (False, True))

    with Index.open(settings.data, HashingEmbedder(), server.url) as index:
        index.sync(folder, examined)
        assert set(verdicts) == {"in use"}
        assert examine(settings, rebuild=True).exit_code == 1
        assert_equal_to_folder(index, folder, HashingEmbedder(), every=9)
        assert examine(settings, rebuild=False).verdict in ("sound", "mended")


def test_a_worker_does_not_write_to_a_catalog_that_was_set_aside(
    server, tmp_path, folder, embedder
):
    data = tmp_path / "data"
    with Index.open(data, embedder, server.url) as index:
        index.sync(folder)
        catalog = data / "catalog.sqlite3"
        catalog.rename(data / "damaged.sqlite3")
        with pytest.raises(IndexUnusable, match="set aside"):
            index.sync(folder)
        with Index.open(data, embedder, server.url) as other:
            assert len(other.sync(folder).added) == 30
            with pytest.raises(IndexUnusable, match="start Footnote again"):
                index.search_lexical("river", k=1)


CHILD = """
import sys
from pathlib import Path
from hashing import HashingEmbedder
from index import Index
with Index.open(Path(sys.argv[1]), HashingEmbedder(), sys.argv[3]) as index:
    print("ready", flush=True)
    index.sync(Path(sys.argv[2]))
"""


def test_a_worker_killed_during_a_sync_is_followed_by_another(server, tmp_path, folder, embedder):
    write(folder, range(120))
    data = tmp_path / "data"
    path = f"{ROOT}{os.pathsep}{Path(__file__).parent}"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, data, folder, server.url],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout.readline() == b"ready\n"
        time.sleep(1)
        child.kill()
    with Index.open(data, embedder, server.url) as index:
        index.sync(folder)
        assert_equal_to_folder(index, folder, embedder, every=9)
