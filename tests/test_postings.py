"""Search by words scores as FTS5's own BM25 does, whatever has changed, and keeps so much only."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from index import postings
from index.catalog import Catalog
from index.document import Document, Heading
from index.lexical import content_words
from index.rows import FileState
from index.splitter import split
from index.types import document_id

WORDS = ["river", "Chávez", "fleet", "harbours", "harbour", "bridging", "council", "naïve"]
WORDS += ["1994", "budget", "語", "δοκιμή"]


def text_of(chance, sentences):
    return " ".join(
        f"The {' '.join(chance.choices(WORDS, weights=range(12, 0, -1), k=chance.randint(2, 9)))}."
        for _ in range(sentences)
    )


def put(catalog, source, chance, sentences=80):
    text = f"Council\n\n{text_of(chance, sentences)}"
    document = Document(text, title="A river town", headings=(Heading(1, 0, 7),))
    catalog.put(FileState(source, source, 1, 2, 1), document, split(document))


@pytest.fixture
def catalog(tmp_path):
    catalog, chance = Catalog(tmp_path / "catalog.sqlite3"), random.Random(1)
    for n in range(6):
        put(catalog, f"{n}.md", chance)
    yield catalog
    catalog.close()


def by_fts5(catalog, query, k, documents=None):
    """The best passages by ``bm25()``, where each text stands in one place."""
    expression = " OR ".join(f'"{word}"' for word in content_words(query))
    with catalog.database.reading() as db:
        rows = db.execute(
            """SELECT document, ordinal, -bm25(lexical, 1, 0.5, 0.5) FROM lexical
               JOIN passages ON passages.id = lexical.rowid WHERE lexical MATCH ?""",
            (expression,),
        ).fetchall()
    scores = {f"{document}:{ordinal}": score for document, ordinal, score in rows}
    chosen = {p: s for p, s in scores.items() if documents is None or p[:16] in documents}
    return [(p, chosen[p]) for p in sorted(chosen, key=lambda p: (-chosen[p], p))[:k]]


def assert_as_fts5(catalog, query, k=10_000, documents=None):
    hits = catalog.search(query, k, documents)
    expected = by_fts5(catalog, query, k, documents)
    assert {h.passage_id for h in hits} == {p for p, _ in expected}
    scores = [score for _, score in expected]
    assert [hit.score for hit in hits] == pytest.approx(scores, rel=1e-5, abs=1e-9)


QUERIES = [*WORDS, "harbour harbours", "Which river saw the fleet of Chavez in 1994?", "nothing"]


@pytest.mark.parametrize("query", QUERIES)
def test_scores_are_those_of_fts5(catalog, query):
    assert_as_fts5(catalog, query)
    assert_as_fts5(catalog, query, documents=[document_id("1.md"), document_id("4.md")])


def test_every_change_is_seen(catalog):
    chance, query = random.Random(2), "budget of the harbour council 1994"
    assert_as_fts5(catalog, query)
    put(catalog, "new.md", chance)
    assert_as_fts5(catalog, query)
    put(catalog, "0.md", chance, sentences=300)  # lengths beyond one digit
    assert_as_fts5(catalog, query)
    catalog.remove("5.md")
    assert_as_fts5(catalog, query)
    put(catalog, "last.md", chance)  # its rows have the numbers of those that are gone
    assert_as_fts5(catalog, query)
    catalog.rename("1.md", FileState("moved.md", "1.md", 1, 2, 1))
    assert_as_fts5(catalog, query)
    assert any(h.passage_id.startswith(document_id("moved.md")) for h in catalog.search(query, 999))
    for source in catalog.files():
        catalog.remove(source)
    assert catalog.search(query, 5) == []


def test_a_change_by_another_process_is_seen(catalog):
    assert catalog.search("budget", 5)
    other = Catalog(catalog.database.path)
    put(other, "other.md", random.Random(3))
    other.close()
    assert_as_fts5(catalog, "budget of the harbour")


def test_memory_is_bounded_and_words_asked_for_again_stay(catalog, monkeypatch):
    monkeypatch.setattr(postings, "_KEPT", 40)
    for word in (*WORDS, *WORDS):
        assert_as_fts5(catalog, f"river {word}")
        words = catalog._postings._words
        kept = sum(len(places) + 1 for places, _ in words.kept.values())
        assert words.size == kept
        assert kept <= 40 or len(words.kept) == 1


def test_what_is_read_ahead_need_not_be_read_by_a_search(catalog, monkeypatch):
    catalog.read_ahead(Event())
    assert {"river", "chavez"} <= catalog._postings._words.kept.keys()
    monkeypatch.setattr(postings, "_read", None)
    assert catalog.search("Chávez, river", 5)


def test_reading_ahead_ends_when_it_is_told_to(catalog):
    stop = Event()
    stop.set()
    catalog.read_ahead(stop)
    assert not catalog._postings._words.kept


def test_threads_may_search_while_the_index_changes(catalog):
    def search(n):
        return [len(catalog.search(f"{WORDS[n % 9]} river", 20)) for _ in range(30)]

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(search, n) for n in range(4)]
        for n in range(10):
            put(catalog, f"{n % 3}.md", random.Random(n))
        assert all(min(counts.result()) > 0 for counts in found)
    assert_as_fts5(catalog, "river council")


def test_best_takes_equal_scores_in_order():
    scores = np.array([0, 2, 1, 2, 0, 1, 1], dtype=float)
    assert postings._best(scores, 10).tolist() == [1, 3, 2, 5, 6]
    assert postings._best(scores, 3).tolist() == [1, 3, 2]
    assert postings._best(scores, 1).tolist() == [1]
    assert postings._best(np.zeros(3), 5).tolist() == []
