"""Passages: whole sentences, each in exactly one of them, that know where they stand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.schema import Document as LlamaDocument
from test_sentences import TEXTS

from index.document import Document, Heading, Page
from index.node_parser import PassageSplitter
from index.sentences import sentences
from index.splitter import MAX_TOKENS, heading_at, page_at, split
from index.tokens import count_tokens
from index.types import frame

LIMITS = st.integers(1, 60)
REPETITIVE = "It rains. It rains. It rains. " * 40


@st.composite
def documents(draw):
    """Blocks of text, some of them headings, on pages that begin at some of the blocks."""
    text, headings, starts = "", [], [0]
    for block in draw(st.lists(TEXTS, max_size=5)):
        start, text = len(text), f"{text}{block}\n\n"
        if draw(st.booleans()) and block.strip():
            headings.append(Heading(draw(st.integers(1, 3)), start, start + len(block)))
        if draw(st.booleans()):
            starts.append(start)
    ends = [*starts[1:], len(text)]
    pages = [Page(n, *span) for n, span in enumerate(zip(starts, ends, strict=True), 1)]
    return Document(text, pages=tuple(pages), headings=tuple(headings))


def outside_headings(document):
    """Which characters are neither white space nor of a heading."""
    inside = {n for h in document.headings for n in range(h.start, h.end)}
    return {n for n, c in enumerate(document.text) if not c.isspace() and n not in inside}


@given(documents(), LIMITS)
def test_every_character_outside_headings_is_in_exactly_one_passage(document, limit):
    passages = split(document, limit)
    covered = [n for p in passages for n in range(p.start, p.end) if not document.text[n].isspace()]
    assert len(covered) == len(set(covered))
    expected = outside_headings(document) or outside_headings(Document(document.text))
    assert set(covered) == expected


@given(documents(), LIMITS)
def test_passages_are_trimmed_within_the_limit_and_numbered(document, limit):
    for n, passage in enumerate(split(document, limit)):
        text = document.text[passage.start : passage.end]
        assert passage.ordinal == n
        assert 1 <= len(text) <= limit
        assert text == text.strip()


@given(documents(), LIMITS)
def test_page_and_heading_are_those_above_the_passage(document, limit):
    for passage in split(document, limit):
        (page,) = [p for p in document.pages if p.start <= passage.start < p.end]
        assert passage.page == page.number
        above = [h for h in document.headings if h.start <= passage.start]
        innermost = (
            " ".join(document.text[above[-1].start : above[-1].end].split()) if above else ""
        )
        assert (passage.heading or "").endswith(innermost)


def test_sentences_are_whole_where_they_fit():
    text = " ".join(f"Sentence number {n} says a few words." for n in range(60))
    ends = {end for _, end in sentences(text)}
    passages = split(Document(text), 200)
    assert all(p.end in ends for p in passages)
    assert max(p.end - p.start for p in passages) <= 200


PROSE = "Prose is here for a while. And more of it is here, too. "
KIT = "The kit holds:\n\n- a lamp\n- a rope. It is long.\n- a knife"


@pytest.mark.parametrize("limit", [len(KIT), len(KIT) + 10, len(PROSE) + len(KIT) - 1])
def test_a_list_that_fits_is_in_one_passage_with_its_lead_in(limit):
    text = f"{PROSE}{KIT}\n\nThen it goes on."
    assert any(KIT in text[p.start : p.end] for p in split(Document(text), limit))


def test_a_list_that_is_too_long_is_cut_between_its_items():
    items = [f"{n}. Part {n} is red. It is heavy." for n in range(1, 40)]
    text = "\n".join([f"{PROSE}The parts are:", *items])
    passages = [text[p.start : p.end] for p in split(Document(text), 100)]
    assert any(passage.startswith(f"The parts are:\n{items[0]}") for passage in passages)
    assert all(any(item in passage for passage in passages) for item in items)


@pytest.mark.parametrize(
    "text", ["words apart  by\tall\u00a0kinds of\nspace ", "tab\tafter\ttab\t"]
)
def test_a_sentence_too_long_is_cut_between_words(text):
    for limit in range(20, 60):
        pieces = [(text * 20)[p.start : p.end] for p in split(Document(text * 20), limit)]
        assert [word for piece in pieces for word in piece.split()] == text.split() * 20
        assert pieces == [piece.strip() for piece in pieces]


DENSE = {  # scripts and notations in which 900 characters are far more than 256 tokens
    "Japanese": "日本政府は新しい経済対策を発表した。これは国民のためのものである。",
    "Korean": "정부는 새로운 경제 대책을 발표했다. 이것은 국민을 위한 것이다. ",
    "Russian": "Правительство объявило о новых мерах поддержки населения. ",
    "digits": "3.14159, 2.71828, 1.41421; 0.57721 and 1.61803. ",
    "code": "for(int i=0;i<n;++i){a[i]+=b[i]*c[i];}\n",
    "one word": "日本政府は新しい経済対策を発表した",
}


@pytest.mark.parametrize("name", DENSE)
def test_the_model_reads_every_passage_to_its_end(name):
    text = "Heading\n" + DENSE[name] * 100
    document = Document(text, title="T" * 200, headings=(Heading(2, 0, 7),))
    passages = split(document)
    whole = [frame(document.title, p.heading) + text[p.start : p.end] for p in passages]
    assert max(count_tokens(whole)) <= MAX_TOKENS
    kept = "".join(text[p.start : p.end] for p in passages)
    assert "".join(kept.split()) == "".join(text[7:].split())
    assert max(count_tokens([text[p.start : p.end] for p in passages])) > MAX_TOKENS / 2


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(40, 60))
def test_no_passage_is_over_the_limit_of_tokens(text, limit):
    for passage in split(Document(text), max_tokens=limit):
        (tokens,) = count_tokens([text[passage.start : passage.end]])
        assert tokens <= limit


def test_the_embedder_reads_as_many_tokens_as_passages_may_have(embedder):
    assert embedder.load().max_seq_length == MAX_TOKENS + 2


def test_many_headings_and_pages_are_not_slow():
    lines = [f"Part {n}\nIt is number {n}.\n" for n in range(20_000)]
    text, at, headings, pages = "".join(lines), 0, [], []
    for n, line in enumerate(lines):
        headings.append(Heading(2, at, at + line.index("\n")))
        pages.append(Page(n + 1, at, at + len(line)))
        at += len(line)
    begun = time.process_time()
    passages = split(Document(text, pages=tuple(pages), headings=tuple(headings)))
    assert time.process_time() - begun < 10
    assert (passages[-1].page, passages[-1].heading) == (20_000, "Part 19999")


def test_a_passage_never_crosses_a_heading_and_carries_all_above_it():
    text = "Title\nIntro.\nPart\nDeep\nBody.\nNext\nEnd."
    at = {word: text.index(word) for word in ("Title", "Part", "Deep", "Next")}
    levels = {"Title": 1, "Part": 2, "Deep": 3, "Next": 2}
    headings = tuple(Heading(levels[w], at[w], at[w] + len(w)) for w in at)
    document = Document(text, title="Title", headings=headings)
    found = [(text[p.start : p.end], p.heading) for p in split(document)]
    assert found == [("Intro.", None), ("Body.", "Part › Deep"), ("End.", "Next")]
    assert heading_at(document, len(text)) == "Next"


@pytest.mark.parametrize("text", ["", " \r\n\t\u00a0"])
def test_no_text_has_no_passages(text):
    assert split(Document(text)) == []


def test_a_document_of_headings_only_has_them_as_its_passage():
    (passage,) = split(Document("Closed on Monday", headings=(Heading(1, 0, 16),)))
    assert (passage.start, passage.end) == (0, 16)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        split(Document("text"), 0)


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (19, 2), (25, 2)])
def test_page_at(offset, page):
    assert page_at([Page(1, 0, 10), Page(2, 10, 20)], offset) == page
    assert page_at([], offset) is None


@given(TEXTS, LIMITS)
def test_nodes_of_llama_index_are_the_passages(text, limit):
    nodes = PassageSplitter(max_characters=limit).get_nodes_from_documents(
        [LlamaDocument(text=text)]
    )
    spans = [(p.start, p.end) for p in split(Document(text), limit)]
    assert [(node.start_char_idx, node.end_char_idx) for node in nodes] == spans
    assert [node.text for node in nodes] == [text[start:end] for start, end in spans]


def test_nodes_keep_offsets_metadata_and_source_on_repetitive_text():
    document = LlamaDocument(text=REPETITIVE, metadata={"title": "Rain"})
    nodes = PassageSplitter(max_characters=100).get_nodes_from_documents([document])
    starts = [node.start_char_idx for node in nodes]
    assert len(nodes) > 10
    assert starts == sorted(set(starts))
    assert [node.metadata["ordinal"] for node in nodes] == list(range(len(nodes)))
    for node in nodes:
        assert REPETITIVE[node.start_char_idx : node.end_char_idx] == node.text
        assert (node.ref_doc_id, node.metadata["title"]) == (document.doc_id, "Rain")
