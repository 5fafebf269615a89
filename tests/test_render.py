"""Answers as HTML, Markdown and terminal text: everything is shown, nothing of it runs."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from sample_answers import FIRST, SECOND, TEXT, answered, conflicting, passage, refused, sentence

from index.types import DocumentInfo, Progress, Skipped, SyncReport, document_id
from rag.schema import Citation
from ui.export import answer_markdown
from ui.listing import documents_html, progress_line, report_html, skipped_line, summary
from ui.render import answer_html, conversation_html, draft_html, sources_html, turn_html
from ui.terminal import print_answer
from ui.text import markdown_text, marked, place_name, reference, shown_name, terminal_text


def soup(html):
    return BeautifulSoup(html, "html.parser")


def printed(answer, width=60):
    out = io.StringIO()
    print_answer(Console(file=out, width=width), answer, "documents")
    return out.getvalue()


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_marked_keeps_every_character_and_marks_the_spans(text, spans):
    page = soup(f"<pre>{marked(text, spans, 'mark')}</pre>")
    shown = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    assert page.pre.get_text().replace("\r\n", "\n").replace("\r", "\n") == shown
    inside = {i for start, end in spans for i in range(start, min(end, len(text)))}
    assert sum(len(mark.get_text()) for mark in page.find_all("mark")) == len(inside)


def test_cards_mark_exactly_the_quote():
    page = soup(sources_html(answered(), turn=4))
    for citation in answered().citations:
        card = page.find(id=f"cite-4-{citation.marker}")
        assert card.mark.get_text() == citation.quote
        assert card.blockquote.get_text() == TEXT
        facts = [fact.get_text() for fact in card.select(".fn-meta span")]
        assert facts == ["page 3", "2020-01-02", "bridges & tunnels.pdf"]
        assert card.select_one(".fn-title").get_text() == "Bridges <i>of</i> Lindow"


def test_each_marker_of_a_reply_links_to_a_card_of_its_panel():
    reply, panel = soup(answer_html(answered(), 2)), soup(sources_html(answered(), 2))
    links = [link["href"] for link in reply.select("a.fn-cite")]
    assert links == ["#cite-2-1", "#cite-2-2"]
    assert all(panel.find(id=link[1:]) for link in links)


@pytest.mark.parametrize("answer", [answered(), conflicting(), refused()])
def test_documents_and_questions_add_no_markup(answer):
    html = conversation_html([turn_html(answer.question, answer_html(answer, 0))])
    page = soup(html + sources_html(answer, 0))
    assert not page.find_all(["b", "i", "script", "img", "it", "bridges"])
    assert all(link["href"].startswith("#") for link in page.find_all("a"))
    assert page.h2.get_text() == "When did <it> open?"


def test_highlights_are_strong_and_passages_read_on():
    page = soup(answer_html(answered(), 0))
    assert page.select_one("button.fn-wrong")["data-turn"] == "0"
    assert [strong.get_text() for strong in page.find_all("strong")] == ["1904"]
    assert len(page.select(".fn-answer > p:not(.fn-actions)")) == 1


def test_a_conflict_shows_each_side_under_its_own_name():
    page = soup(answer_html(conflicting(), 0))
    assert page.select_one(".fn-headline").get_text() == "The documents disagree"
    first, second = page.select(".fn-side")
    assert TEXT[slice(*FIRST)] in first.get_text()
    assert TEXT[slice(*SECOND)] in second.get_text()
    assert all(
        "2020-01-02" in side.select_one(".fn-side-name").get_text() for side in (first, second)
    )


def test_a_refusal_looks_different_and_links_the_nearest_passages():
    page, panel = soup(answer_html(refused(), 1)), soup(sources_html(refused(), 1))
    assert page.select_one(".fn-answer.fn-not_found .fn-message").get_text() == refused().message
    links = [link["href"] for link in page.select("a.fn-near")]
    assert links == ["#near-1-1", "#near-1-2"]
    assert all(panel.find(id=link[1:]) for link in links)
    assert not panel.find_all("mark")


def test_the_standalone_question_shows_only_where_it_differs():
    assert "Understood as" not in answer_html(answered(), 0)
    followed = answered(standalone_question="When did the <old> bridge open?")
    understood = soup(answer_html(followed, 0)).select_one(".fn-understood").get_text()
    assert understood == "Understood as: When did the <old> bridge open?"


def test_the_reply_says_what_was_withheld_and_opens_to_show_why():
    doubtful = sentence((0, 3), text="It <i>flies</i>.", verdict="unsupported", reason="no <b>")
    for html in (answer_html(answered(withheld=(doubtful,)), 0), draft_html([], 0, "", [doubtful])):
        line = soup(html).select_one("details.fn-withheld")
        text = line.summary.get_text()
        assert text == "1 sentence withheld: not supported by the documents"
        assert line.li.get_text() == "It <i>flies</i>. no <b>"
        assert not line.has_attr("open")
    assert not soup(answer_html(answered(), 0)).select("details.fn-withheld")
    told = printed(answered(withheld=(doubtful, doubtful)), width=80)
    assert "2 sentences withheld: not supported by the documents" in told
    assert "“It <i>flies</i>.”: no <b>" in told


@pytest.mark.parametrize("text", ["http://a.example/x", "www.a.example", "me@a.example"])
def test_an_address_in_markdown_makes_no_link(text):
    escaped = markdown_text(text)
    assert soup(MarkdownIt().render(escaped)).get_text().strip() == text
    assert not any(sign in escaped for sign in ("p://", "www.", "e@"))  # what makes one a link


def test_passages_not_cited_are_folded_away():
    page = soup(sources_html(answered(), 0))
    assert page.select_one("details.fn-more details.fn-card")["id"] == "near-0-1"
    assert not page.select("details[open]")
    assert (
        soup(sources_html(answered(), 0, opened=2)).select_one("details[open]")["id"] == "cite-0-2"
    )


def test_a_citation_without_its_passage_still_shows_its_quote():
    card = soup(sources_html(answered(passages=()), 0)).find(id="cite-0-2")
    assert card.blockquote.get_text() == card.mark.get_text() == TEXT[slice(*SECOND)]


def test_a_draft_links_its_sentences_and_says_what_goes_on():
    page = soup(draft_html([sentence(FIRST, 1)], 3, "Writing…"))
    assert page.select_one("a.fn-cite")["href"] == "#cite-3-1"
    assert page.select_one("[role=status]").get_text() == "Writing…"


def test_an_empty_conversation_offers_examples_as_text():
    page = soup(conversation_html([], ["Who built <the> pier?"]))
    assert [button.get_text() for button in page.find_all("button")] == ["Who built <the> pier?"]
    assert "<button" not in conversation_html([])


def test_markdown_keeps_markers_and_quotes_and_escapes_the_documents():
    text = answer_markdown(answered())
    assert "The bridge opened in 1904. [1] It cost \\<b\\>2 & a half\\</b\\> million. [2]" in text
    assert (
        "[1] Bridges \\<i\\>of\\</i\\> Lindow, p. 3, 2020-01-02, bridges & tunnels.pdf\n> The"
        in text
    )
    assert "- Bridges" in answer_markdown(refused())


def test_the_terminal_shows_sentences_then_quotes_with_their_place():
    text = printed(answered(), width=200)
    assert text.startswith(
        "The bridge opened in 1904. [1] It cost <b>2 & a half</b> million. [2]\n"
    )
    place = "Bridges <i>of</i> Lindow, p. 3, 2020-01-02, documents/bridges & tunnels.pdf"
    assert f"[1] {place}\n    “The bridge opened in 1904.”" in text
    assert text.index("[1] Bridges") < text.index("[2] Bridges")


def test_the_terminal_shows_a_refusal_with_the_nearest_passages():
    text = printed(refused(), width=200)
    assert text.startswith("The documents don't say.\n")
    assert "Nearest passages:" in text
    assert "• Bridges" in text


def test_the_terminal_obeys_nothing_in_a_document():
    assert terminal_text("a\x1b[2J\x07\x9b31mb\u202ec\td\n") == "a[2J31mbc\td\n"
    hostile = passage(text="wipe \x1b[2J [bold]this[/bold]")
    assert "wipe [2J [bold]this[/bold]" in printed(
        refused().model_copy(update={"passages": (hostile,)})
    )


def test_a_report_counts_and_explains():
    report = SyncReport(
        added=["a", "b"],
        deleted=["c"],
        unchanged=["d"],
        skipped=[Skipped("<x>.pdf", "it is damaged", "save it again")],
        passages=1200,
        seconds=1.25,
    )
    line = "2 added, 1 removed, 1 could not be read; 3 documents, 1,200 passages (1.2 s)"
    assert summary(report) == line
    item = soup(report_html(report)).li
    assert item.span.get_text() == "<x>.pdf: it is damaged; save it again"
    assert item.button["data-document"] == document_id("<x>.pdf")
    assert report_html(None) == ""
    assert progress_line(Progress("reading", 3, 12, "x.md")) == "Reading 3 of 12: x.md"


def test_odd_names_are_shown_as_escapes_everywhere():
    name = "bill\u202efdp.\nexe\u200f"
    shown = r"bill\u202efdp.\u000aexe\u200f"
    assert shown_name(name) == shown
    assert skipped_line(Skipped(name, "it is empty")) == f"{shown}: it is empty"
    assert progress_line(Progress("reading", 0, 1, name)).endswith(shown)
    assert shown in reference(passage().model_copy(update={"source": name}))
    assert shown_name("שלום/été 👩‍👧.md") == "שלום/été 👩‍👧.md"


@pytest.mark.parametrize(
    ("source", "place", "short"),
    [
        ("a.pdf", "page 12", "p. 12"),
        ("a.pptx", "slide 12", "slide 12"),
        ("a.csv", "row 12", "row 12"),
    ],
)
def test_a_place_is_called_as_its_format_calls_it(source, place, short):
    found = passage().model_copy(update={"source": source, "page": 12})
    assert place_name(found) == place
    assert short in reference(found)
    assert place_name(found.model_copy(update={"page": None})) is None


def test_the_list_of_documents_names_each_and_its_delete_button():
    fields = {"author": None, "publisher": None, "url": None, "content_hash": "", "notes": ("odd",)}
    info = DocumentInfo(
        id="abc", title="A <b>", source="a b.md", published=None, characters=3, passages=1,
        pages=2, indexed_at=None, **fields,
    )  # fmt: skip
    page = soup(documents_html([info]))
    assert page.button["data-document"] == "abc"
    assert page.button["aria-label"] == "Delete A <b>"
    facts = [fact.get_text() for fact in page.select(".fn-meta span")]
    assert facts == ["a b.md", "2 pages", "1 passage"]
    assert page.select_one(".fn-note").get_text() == "odd"
    assert "No documents yet" in documents_html([])


def listed():
    """An answer from a list: its lead-in, three items, one of them with a second sentence."""
    text = "The box holds:\n\n1. gloves\n2. a lamp. It is yellow.\n3. <b>tape</b>"
    spans = [(0, 14), (19, 25), (29, 36), (37, 50), (54, len(text))]
    place = passage(start=0, end=len(text), text=text)
    known = place.model_dump(
        include={"document", "title", "source", "published", "page", "heading"}
    )
    citations = [
        Citation(
            marker=n,
            start=a,
            end=b,
            quote=text[a:b],
            content_hash="0" * 64,
            passage=place.id,
            **known,
        )
        for n, (a, b) in enumerate(spans, start=1)
    ]
    said = [sentence((0, 1), c.marker, text=c.quote) for c in citations]
    return answered(sentences=tuple(said), citations=tuple(citations), passages=(place,))


def test_a_list_is_shown_as_a_list_with_its_numbers():
    page = soup(answer_html(listed(), 0))
    assert page.select_one(".fn-answer > p").get_text().startswith("The box holds:")
    items = page.select(".fn-answer > ol > li")
    assert [item["value"] for item in items] == ["1", "2", "3"]
    assert [len(item.select("a.fn-cite")) for item in items] == [1, 2, 1]
    assert "<b>tape</b>" in items[2].get_text()
    assert "1. gloves [2]\n" in answer_markdown(listed())
    lines = [line.strip() for line in printed(listed()).splitlines()]
    assert {"1. gloves [2]", "2. a lamp. [3] It is yellow. [4]"} <= set(lines)


def test_bullets_are_bullets_and_a_models_words_are_prose():
    bullets = listed()
    text = bullets.passages[0].text
    for n in "123":
        text = text.replace(f"{n}.", "- ")[: len(text)]
    as_bullets = bullets.model_copy(
        update={"passages": (bullets.passages[0].model_copy(update={"text": text}),)}
    )
    assert len(soup(answer_html(as_bullets, 0)).select(".fn-answer > ul > li")) == 3
    written = bullets.model_copy(
        update={"sentences": tuple(sentence((0, 1), n, text="It is there.") for n in (2, 3))}
    )
    assert not soup(answer_html(written, 0)).select("li")
