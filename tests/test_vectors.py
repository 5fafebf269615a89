"""Chroma holds what the catalog holds and finds all of it, and is rebuilt where it does not."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index, probe
from index.catalog import Catalog
from index.chroma import Chroma
from index.types import document_id

FILES = 120


@pytest.fixture(scope="module")
def embedder():
    return HashingEmbedder()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files so alike that a sparse graph of neighbours would fall apart."""
    folder = tmp_path_factory.mktemp("documents")
    for n in range(FILES):
        lines = [f"Sentence {n * 1000 + m} of file {n}." for m in range(270)]
        (folder / f"{n}.md").write_text(f"# File {n}\n\n{' '.join(lines)}\n")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory, folder, embedder):
    """A data folder large enough that Chroma has written its graph to disk."""
    data = tmp_path_factory.mktemp("built") / "data"
    with Index.open(data, embedder) as index:
        assert index.sync(folder).passages > 1000
    return data


@pytest.fixture
def data(tmp_path, built):
    return Path(shutil.copytree(built, tmp_path / "data"))


def chroma_files(data):
    return sorted(path for path in (data / "chroma").rglob("*") if path.is_file())


def test_everything_is_found_by_its_own_vector(data, folder, embedder):
    started = time.perf_counter()
    with Index.open(data, embedder) as index:
        assert time.perf_counter() - started < 5
        assert_equal_to_folder(index, folder, embedder)


def test_nearest_are_those_of_an_exact_search(data, embedder):
    with Index.open(data, embedder) as index:
        _, stored = index._embeddings.vectors(sorted(index._embeddings.points()))
        for query in embedder.embed(["sentence 7 of file 7", "file 99", "sentence 101003"]):
            cosines = stored @ query / np.linalg.norm(stored, axis=1)
            hits = index.search_dense(query, k=10)
            assert [hit.score for hit in hits] == pytest.approx(sorted(cosines)[:-11:-1], abs=1e-3)


def test_documents_limit_the_search(data, embedder):
    query = embedder.embed(["sentence 7 of file 7"])[0]
    some = [document_id("3.md"), document_id("90.md")]
    with Index.open(data, embedder) as index:
        hits = index.search_dense(query, k=1000, documents=some)
        assert len(hits) == sum(index.document(document).passages for document in some)
        assert {hit.passage_id.split(":")[0] for hit in hits} == set(some)
        assert index.search_dense(query, k=5, documents=[]) == []
        assert index.search_dense(query, k=5, documents=["nowhere"]) == []
        assert len(index.search_dense(query, k=5, documents=None)) == 5


def test_bad_vectors_are_refused(data, embedder):
    with Index.open(data, embedder) as index:
        for vector in (np.ones(3), np.full(128, np.nan), np.ones((1, 128))):
            with pytest.raises(ValueError, match="128 finite numbers"):
                index.search_dense(vector, k=5)


def test_drift_is_repaired_without_embedding(data, folder, embedder):
    with Index.open(data, embedder) as index:
        names = sorted(index._vectors.points())
        chroma = index._vectors._chroma
        chroma.delete(names[:300])
        chroma.upsert(["gone"], embedder.embed(["x"]))
        index._vectors._seal = ""
    catalog = Catalog(data / "catalog.sqlite3")
    catalog.set_state("seal", "")
    catalog.close()
    before = embedder.embedded
    with Index.open(data, embedder) as index:
        assert sorted(index._vectors.points()) == names
        assert embedder.embedded == before
        assert_equal_to_folder(index, folder, embedder, every=10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no limits on CPU on this system")
def test_a_probe_may_wait_for_its_turn_and_not_compute_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "SECONDS", 1)
    monkeypatch.setattr(probe, "_PATIENCE", 60)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    begun = time.monotonic()
    (tmp_path / "chromadb.py").write_text("while True: pass")
    assert not probe.survives(tmp_path, "any", threading.Event())
    assert time.monotonic() - begun < 50
    (tmp_path / "chromadb.py").write_text("import os, time; time.sleep(3); os._exit(0)")
    assert probe.survives(tmp_path, "any", threading.Event())
    monkeypatch.setattr(probe, "_PATIENCE", 1)
    assert not probe.survives(tmp_path, "any", threading.Event())


def test_only_a_folder_that_was_not_closed_is_probed_first(data, embedder, monkeypatch):
    probed = []
    monkeypatch.setattr("index.generations.survives", lambda *given: not probed.append(given))
    Index.open(data, embedder).close()
    assert probed == []
    catalog = Catalog(data / "catalog.sqlite3")
    catalog.set_state("seal", "")  # as a kill leaves it
    catalog.close()
    Index.open(data, embedder).close()
    assert len(probed) == 1


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path):
    path.write_bytes(b"\xa5" * path.stat().st_size)


@pytest.mark.parametrize("damage", [truncate, overwrite, Path.unlink])
@pytest.mark.parametrize("which", ["chroma.sqlite3", "*.bin", "*"])
def test_damaged_folder_is_rebuilt_without_embedding(data, folder, embedder, damage, which):
    damaged = [path for path in chroma_files(data) if path.match(which)]
    assert damaged
    for path in damaged:
        damage(path)
    before = embedder.embedded
    with Index.open(data, embedder) as index:
        assert embedder.embedded == before
        assert_equal_to_folder(index, folder, embedder, every=10)
        assert index.sync(folder).embedded == 0
    assert len(list((data / "chroma").iterdir())) == 1


@pytest.mark.parametrize("which", ["chroma.sqlite3", "data_level0.bin"])
def test_a_file_that_claims_a_terabyte_is_not_read(data, folder, embedder, which):
    (path,) = [path for path in chroma_files(data) if path.name == which]
    os.truncate(path, 1 << 40)
    started = time.perf_counter()
    with Index.open(data, embedder) as index:
        assert index.sync(folder).embedded == 0
        assert_equal_to_folder(index, folder, embedder, every=20)
    assert time.perf_counter() - started < 60
    assert all(path.stat().st_size < 1 << 30 for path in chroma_files(data))


def test_chroma_that_fails_while_in_use_is_replaced(data, folder, embedder):
    query = embedder.embed(["sentence 7 of file 7"])[0]
    with Index.open(data, embedder) as index:
        before = index.search_dense(query, k=5)
        client = index._vectors._chroma.client
        client.delete_collection(client.list_collections()[0].name)
        assert index.search_dense(query, k=5) == before
        assert index.sync(folder).embedded == 0
        assert_equal_to_folder(index, folder, embedder, every=10)


def test_damage_is_reported_in_one_line(data, embedder, caplog):
    for path in chroma_files(data):
        overwrite(path)
    with Index.open(data, embedder) as index:
        index._vectors.wait()
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    assert "could not be used" in caplog.text


class SameEmbedder(HashingEmbedder):
    """Sees no difference between texts, as a model that reads only their beginning."""

    def embed(self, texts):
        """Return the same row for every text."""
        return super().embed(["same"] * len(texts))


def test_texts_with_one_vector_are_one_point_and_all_are_found(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    for n in range(8):
        (folder / f"{n}.md").write_text(f"# File {n}\n\nText number {n}.\n")
    (folder / "copy.md").write_text("# File 7\n\nText number 7.\n")
    embedder = SameEmbedder()
    with Index.open(tmp_path / "data", embedder) as index:
        assert index.sync(folder).embedded == 8
        assert len(index._vectors.points()) == 1
        hits = index.search_dense(embedder.embed(["x"])[0], k=20)
        assert len({hit.passage_id for hit in hits}) == 9
        some = [document_id("3.md"), document_id("copy.md")]
        hits = index.search_dense(embedder.embed(["x"])[0], k=20, documents=some)
        assert {hit.passage_id.split(":")[0] for hit in hits} == set(some)


def test_many_copies_of_a_sentence_are_one_point_and_one_hit(tmp_path, embedder):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "long.txt").write_text("The committee approved the budget for the year. " * 10_000)
    (folder / "other.txt").write_text("Rice and beans.")
    with Index.open(tmp_path / "data", embedder) as index:
        report = index.sync(folder)
        assert report.passages > 500
        assert report.embedded <= 3
        assert not index._vectors.found[1:]  # built once
        query = embedder.embed(["rice for the committee"])[0]
        assert len(index.search_dense(query, k=10)) == report.embedded
        assert len(index.search_lexical("rice for the committee", k=10)) == report.embedded
        assert not index.sync(folder).changed


def test_points_that_chroma_cannot_reach_are_still_found(data, folder, embedder, monkeypatch):
    with Index.open(data, embedder) as index:
        points = sorted(index._vectors.points())
        hidden = frozenset(points[:40])
        reachable, query = Chroma.reachable, Chroma.query
        monkeypatch.setattr(Chroma, "reachable", lambda chroma: reachable(chroma) - hidden)
        monkeypatch.setattr(
            Chroma,
            "query",
            lambda chroma, vector, k: [p for p in query(chroma, vector, k) if p not in hidden],
        )
        generation = index._vectors.generation
        index._vectors.publish()
        assert index._vectors.unreached == tuple(sorted(hidden))
        assert index._vectors.generation == generation  # no new one would be better
        assert_equal_to_folder(index, folder, embedder, every=20)
    monkeypatch.setattr("index.vectors._UNREACHED", 10)
    with Index.open(data, embedder) as index:
        for _ in range(2):
            index._vectors.publish()  # a new generation is tried once, not for ever
            assert index._vectors.state == "exact"
        assert sum("was built" in line for line in index._vectors.found) == 1
        assert_equal_to_folder(index, folder, embedder, every=20)


def test_every_search_is_answered_while_chroma_is_being_opened(data, embedder, monkeypatch):
    held = threading.Event()
    monkeypatch.setattr("index.generations.survives", lambda *given: held.wait(60))
    query = embedder.embed(["sentence 7 of file 7"])[0]
    with Index.open(data, embedder) as index:
        expected = index.search_dense(query, k=10)
    catalog = Catalog(data / "catalog.sqlite3")
    catalog.set_state("seal", "")
    catalog.close()
    with Index.open(data, embedder) as index:
        assert index._vectors.state == "opening"
        assert index.search_dense(query, k=10) == expected
        assert index.search_lexical("sentence", k=5)
        held.set()
        index._vectors.wait()
        assert index._vectors.state == "chroma"
        assert index.search_dense(query, k=10) == expected


def test_silent_damage_is_noticed(data, folder, embedder):
    """A flipped byte, with the size and time of change as they were."""
    path = max(chroma_files(data), key=lambda path: path.stat().st_size)
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with Index.open(data, embedder) as index:
        assert index._vectors.state == "opening"  # not opened as it is
        assert_equal_to_folder(index, folder, embedder, every=10)


def test_looking_up_what_was_found_never_walks_all_vectors(data, embedder):
    steps = []
    with Index.open(data, embedder) as index:
        vector = embedder.embed(["island"])[0]
        points = index._embeddings.some_points()
        with index._embeddings._database.reading() as db:
            db.set_trace_callback(steps.append)
        index._embeddings.hits(vector, points, 3)
        with index._embeddings._database.reading() as db:
            db.set_trace_callback(None)
            plans = [
                step[3]
                for query in {query for query in steps if query.startswith("SELECT")}
                for step in db.execute(f"EXPLAIN QUERY PLAN {query}")
            ]
    looked_up = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert len(looked_up) >= 2
    for plan in looked_up:
        assert "point=?" in plan or "embedding=?" in plan, plan
