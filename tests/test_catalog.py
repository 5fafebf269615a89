"""The catalog keeps what it was given, finds it by its words, and never trips over a query."""

from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import database
from index.catalog import Catalog
from index.database import point_of
from index.document import Document, Heading, Page
from index.lexical import MAX_TERMS, content_words
from index.places import COPIES
from index.rows import FileState
from index.splitter import split
from index.types import IndexUnusable, digest, document_id

TEXT = (
    "Visit\n\nHugo Chávez came to Havana in December 1994. Fidel Castro met him.\n\n"
    "Doctors\n\nThe oil-for-doctors deal began in 2000. Doctors were running clinics.\n\n"
    "Plan\n\nA five‑year plan followed."
)


def heading(text, name):
    return Heading(2, text.index(name), text.index(name) + len(name))


DOCUMENT = Document(
    TEXT,
    title="An alliance",
    pages=(Page(1, 0, 70), Page(2, 70, len(TEXT))),
    headings=(heading(TEXT, "Visit"), heading(TEXT, "Doctors"), heading(TEXT, "Plan")),
    metadata={"published": "3 May 2026", "author": "A. Writer", "url": "file:alliance"},
    notes=("page 3 has no text",),
)


def put(catalog, source, document):
    catalog.put(FileState(source, "hash of the bytes", 1, 2, 1), document, split(document))
    return document_id(source)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    catalog = Catalog(tmp_path_factory.mktemp("data") / "catalog.sqlite3")
    put(catalog, "reports/alliance.md", DOCUMENT)
    put(catalog, "poem.txt", Document("Roses are red.\n\nTo be or not to be."))
    yield catalog
    catalog.close()


ALLIANCE = document_id("reports/alliance.md")


def found(catalog, query, documents=None):
    return [hit.passage_id for hit in catalog.search(query, 10, documents)]


def test_document_comes_back_as_it_was_given(catalog):
    info = catalog.document(ALLIANCE)
    assert (info.title, info.source, info.pages) == ("An alliance", "reports/alliance.md", 2)
    assert (info.published, info.author, info.url) == ("3 May 2026", "A. Writer", "file:alliance")
    assert (info.notes, info.passages) == (("page 3 has no text",), 3)
    assert (info.content_hash, info.characters) == (digest(TEXT), len(TEXT))
    assert catalog.text(ALLIANCE) == TEXT
    assert catalog.pages(ALLIANCE) == DOCUMENT.pages


def test_document_without_a_title_is_called_by_its_file(catalog):
    assert [document.title for document in catalog.documents()] == ["poem", "An alliance"]


@pytest.mark.parametrize("method", ["document", "text", "pages"])
def test_unknown_document_is_a_key_error(catalog, method):
    with pytest.raises(KeyError, match="nowhere"):
        getattr(catalog, method)("nowhere")


def test_passages_are_slices_in_the_order_asked(catalog):
    ids = [f"{ALLIANCE}:2", "nowhere:0", f"{ALLIANCE}:0", "nonsense", f"{ALLIANCE}:9"]
    passages = catalog.passages(ids)
    assert [passage.id for passage in passages] == [ids[0], ids[2]]
    assert all(TEXT[p.start : p.end] == p.text for p in passages)
    assert [(p.heading, p.page) for p in passages] == [("Plan", 2), ("Visit", 1)]


def test_neighbours_stop_at_the_ends_of_the_document(catalog):
    def ordinals(passage, before, after):
        return [p.ordinal for p in catalog.neighbours(passage, before, after)]

    assert ordinals(f"{ALLIANCE}:1", 1, 1) == [0, 1, 2]
    assert ordinals(f"{ALLIANCE}:0", 5, 1) == [0, 1]
    assert ordinals("nowhere:0", 1, 1) == ordinals("nonsense", 1, 1) == []


@pytest.mark.parametrize(
    "query",
    [
        "When did Chavez come to Havana?",
        unicodedata.normalize("NFD", "Chávez"),
        "CHÁVEZ",
        "havana",
        "meeting Castro's",
    ],
)
def test_accents_case_and_endings_do_not_matter(catalog, query):
    assert found(catalog, query)[0] == f"{ALLIANCE}:0"


@pytest.mark.parametrize("query", ["five-year", "five‑year", "FIVE year", "five–year plans"])
def test_any_hyphen_finds_any_other(catalog, query):
    assert found(catalog, query) == [f"{ALLIANCE}:2"]


def test_a_word_of_the_passage_weighs_more_than_one_of_its_heading(catalog):
    ranked = catalog.search("doctors visit", 10)
    assert [hit.passage_id for hit in ranked[:2]] == [f"{ALLIANCE}:1", f"{ALLIANCE}:0"]
    assert all(hit.score > 0 for hit in ranked)
    assert ranked == sorted(ranked, key=lambda hit: -hit.score)


def test_stop_words_count_only_when_there_is_nothing_else(catalog):
    assert found(catalog, "to be or not to be")[0] == f"{document_id('poem.txt')}:0"
    assert content_words("What is the plan of the 1990s?") == ["plan", "1990s"]


def test_documents_limit_the_search(catalog):
    poem = document_id("poem.txt")
    assert found(catalog, "roses Havana", [poem]) == [f"{poem}:0"]
    assert found(catalog, "roses Havana", []) == []
    assert len(found(catalog, "roses Havana", None)) == 2


@given(st.text() | st.text('"*^:(){}[]+-—,.NEAR AND OR NOT\0\ud800a', max_size=40))
def test_no_query_is_a_syntax_error(catalog, query):
    catalog.search(query, 5)
    catalog.document_frequency([query])


def test_long_query_is_cut(catalog):
    words = [f"word{n}" for n in range(10_000)]
    assert found(catalog, " ".join(["roses", *words])) == [f"{document_id('poem.txt')}:0"]
    assert content_words(" ".join(words)) == words[:MAX_TERMS]


def test_document_frequency_counts_passages_with_the_stem(catalog):
    counts = catalog.document_frequency(["doctor", "clinics", "oil for doctors", "Castro", "Paris"])
    assert counts == {"doctor": 1, "clinics": 1, "oil for doctors": 1, "Castro": 1, "Paris": 0}


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*.md"], ["reports/alliance.md"]),
        (["reports/*"], ["reports/alliance.md"]),
        (["alliance.md"], ["reports/alliance.md"]),
        (["*"], ["poem.txt", "reports/alliance.md"]),
        (["POEM.txt", "x*"], []),
        ([], []),
    ],
)
def test_match(catalog, globs, expected):
    assert [catalog.document(key).source for key in catalog.match(globs)] == expected


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_any_text_is_kept_and_forgotten_without_trace(catalog, text):
    document = Document(text)
    key = put(catalog, "any.txt", document)
    ids = [f"{key}:{n}" for n in range(catalog.document(key).passages)]
    assert catalog.text(key) == text
    assert all(text[p.start : p.end] == p.text for p in catalog.passages(ids))
    catalog.remove("any.txt")
    with catalog.database.writing() as db:
        db.execute("INSERT INTO lexical (lexical) VALUES ('integrity-check')")
        (rows,) = db.execute("SELECT count(*) FROM lexical_docsize").fetchone()
    assert rows == len(catalog) == 4


def test_readers_see_a_finished_state_while_a_write_is_under_way(catalog):
    def delete_all_and_give_up():
        with catalog.database.writing() as db:
            db.execute("DELETE FROM documents")
            assert catalog.documents() == before
            raise RuntimeError("given up")

    before = catalog.documents()
    with pytest.raises(RuntimeError, match="given up"):
        delete_all_and_give_up()
    assert catalog.documents() == before


def test_catalog_of_a_newer_footnote_is_refused(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    Catalog(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexUnusable, match="newer Footnote"):
        Catalog(path)


def test_catalog_of_an_older_format_is_brought_up_without_loss(tmp_path, monkeypatch):
    path = tmp_path / "catalog.sqlite3"
    monkeypatch.setattr("index.database._STEPS", database._STEPS[:1])
    monkeypatch.setattr("index.database.VERSION", 1)
    catalog = Catalog(path)
    put(catalog, "poem.txt", Document("Roses are red."))
    with catalog.database.writing() as db:
        for key, vector in (("a", b"12"), ("b", b"12"), ("c", b"34")):
            db.execute("INSERT INTO embeddings VALUES ('model', ?, ?)", (key, vector))
    catalog.close()
    monkeypatch.undo()
    catalog = Catalog(path)
    assert [document.source for document in catalog.documents()] == ["poem.txt"]
    assert [hit.passage_id for hit in catalog.search("roses", 5)]
    with catalog.database.reading() as db:
        points = dict(db.execute("SELECT key, point FROM embeddings"))
        assert db.execute("PRAGMA user_version").fetchone() == (database.VERSION,)
    assert points["a"] == points["b"] == point_of(b"12") != points["c"]
    catalog.close()


def test_one_text_in_many_places_does_not_crowd_out_the_others(tmp_path):
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    repeated = "The budget was approved without any change. " * 6000
    for n in range(5):
        put(catalog, f"{n}.txt", Document(repeated))
    other = put(catalog, "other.txt", Document("The budget of Orinoco town fell."))
    hits = catalog.search("budget approved", 10)
    documents = [catalog.passages([hit.passage_id])[0].document for hit in hits]
    assert f"{other}:0" in {hit.passage_id for hit in hits}
    assert max(map(documents.count, documents)) <= 2  # the last passage may be a shorter one
    assert len(set(documents)) == COPIES + 1
    fourth = sorted(document_id(f"{n}.txt") for n in range(5))[3]
    assert catalog.search("budget", 10, [fourth])[0].passage_id.startswith(fourth)
    catalog.close()


def test_damaged_catalog_is_a_clear_error(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(IndexUnusable, match="doctor --rebuild"):
        Catalog(path)
