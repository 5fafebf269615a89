"""An answer as HTML: the reply in the conversation and the cards of the sources panel.

Pure functions. ``turn`` numbers the answers of a conversation from 0, so that citation n of turn
t is linked as ``#cite-t-n`` and the n-th of its other passages as ``#near-t-n``. What documents,
questions and models wrote is escaped here, once, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.schema import Answer, Citation, Passage, Sentence
from ui.layout import Block, blocks, paragraphs
from ui.text import html_text, marked, place_name, reference, shown_name, withheld_line

_HEADLINES = {
    "not_found": "Not in the documents",
    "conflicting": "The documents disagree",
    "partial": "Part of the answer",
    "needs_clarification": "Which one do you mean?",
}
_PROMISE = "Every sentence of an answer carries a number. Open it to see the words it rests on."
_KEPT = {
    "new": (
        '<p class="fn-kept" role="status">Kept as a case, which is not scored until you say what '
        'is right. <a href="#case-{turn}">Say it in Evals</a></p>'
    ),
    "before": (
        '<p class="fn-kept" role="status">This question is a case already, and stays as it is. '
        '<a href="#case-{turn}">See it in Evals</a></p>'
    ),
}
Kept = Literal["new", "before"]
_NO_SOURCES = '<h2>Sources</h2><p class="fn-empty">The passages behind an answer stand here.</p>'


def conversation_html(turns: Sequence[str], examples: Sequence[str] = ()) -> str:
    """Return a conversation from its turns; an empty one welcomes and offers ``examples``."""
    body = "".join(turns) if turns else _welcome(examples)
    return f'<div class="fn-log" role="log" aria-label="Conversation">{body}</div>'


def turn_html(question: str, reply: str) -> str:
    """Return one turn: the question and the HTML of the reply to it."""
    return (
        f'<article class="fn-turn"><h2 class="fn-question">{html_text(question.strip())}</h2>'
        f"{reply}</article>"
    )


def notice_html(text: str, kind: str = "busy") -> str:
    """Return a message of Footnote itself: ``kind`` is "busy" (at work) or "error"."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="fn-notice fn-{kind}" role="{role}">{html_text(text)}</p>'


def answer_html(answer: Answer, turn: int, kept: Kept | None = None, trouble: str = "") -> str:
    """Return a finished answer as the reply that gives it.

    ``kept`` says that a reader called it not right and it is a case, a new one or one that was
    there before; ``trouble`` why it could not be made one.
    """
    parts = [
        _understood(answer),
        _headline(answer),
        *_body(answer, turn),
        *([_nearest_links(answer, turn)] if not answer.citations else []),
        withheld_html(answer.withheld),
        _actions(turn, kept, trouble),
    ]
    return f'<div class="fn-answer fn-{answer.status}">{"".join(parts)}</div>'


def draft_html(
    sentences: Sequence[Sentence], turn: int, status: str, withheld: Sequence[Sentence] = ()
) -> str:
    """Return an answer that is still being written: its sentences so far and what goes on."""
    written = "".join(f"<p>{_sentence(sentence, turn)}</p>" for sentence in sentences)
    body = f"{written}{withheld_html(withheld)}{notice_html(status)}"
    return f'<div class="fn-answer fn-draft">{body}</div>'


def sources_html(answer: Answer | None, turn: int = 0, opened: int | None = None) -> str:
    """Return the sources panel of an answer, with the card of marker ``opened`` open.

    Cited passages come first, each with the cited words in ``<mark>``; then the passages that
    were found and not cited, folded away.
    """
    if answer is None:
        return _NO_SOURCES
    passages = {passage.id: passage for passage in answer.passages}
    cited = {citation.passage for citation in answer.citations}
    cards = [
        _cited_card(citation, passages.get(citation.passage), turn, citation.marker == opened)
        for citation in answer.citations
    ]
    others = [passage for passage in answer.passages if passage.id not in cited]
    return (
        f'<div class="fn-sources" data-turn="{turn}"><h2>{_panel_title(answer)}</h2>'
        f"{''.join(cards)}{_others(others, turn, folded=bool(cited))}</div>"
    )


def _welcome(examples: Sequence[str]) -> str:
    buttons = "".join(f'<button type="button">{html_text(text)}</button>' for text in examples)
    offer = f'<div role="group" aria-label="Example questions">{buttons}</div>' if buttons else ""
    return f'<div class="fn-welcome"><h2>Ask your documents</h2><p>{_PROMISE}</p>{offer}</div>'


def _understood(answer: Answer) -> str:
    if answer.standalone_question.strip() == answer.question.strip():
        return ""
    return f'<p class="fn-understood">Understood as: {html_text(answer.standalone_question)}</p>'


def _headline(answer: Answer) -> str:
    title = _HEADLINES.get(answer.status)
    heading = f'<p class="fn-headline">{title}</p>' if title else ""
    message = f'<p class="fn-message">{html_text(answer.message)}</p>' if answer.message else ""
    return heading + message


def _body(answer: Answer, turn: int) -> list[str]:
    if answer.status == "conflicting":
        return _sides(answer, turn)
    return [_list(run, turn) if run[0].label else _prose(run, turn) for run in blocks(answer)]


def _prose(run: Sequence[Block], turn: int) -> str:
    return "".join(f"<p>{_sentences(block, turn)}</p>" for block in run)


def _list(items: Sequence[Block], turn: int) -> str:
    """A list as it stands in its document, with its own numbers if it has some."""
    if not items[0].label[0].isdigit():
        return "<ul>" + "".join(f"<li>{_sentences(item, turn)}</li>" for item in items) + "</ul>"
    numbered = (
        f'<li value="{int(item.label[:-1])}">{_sentences(item, turn)}</li>'
        if item.label[0].isdigit()
        else f"<li>{_sentences(item, turn)}</li>"
        for item in items
    )
    return f"<ol>{''.join(numbered)}</ol>"


def _sentences(block: Block, turn: int) -> str:
    return " ".join(_sentence(sentence, turn) for sentence in block.sentences)


def _sides(answer: Answer, turn: int) -> list[str]:
    """Each passage that takes a side, under its own name and date."""
    citations = {citation.marker: citation for citation in answer.citations}
    sides = []
    for group in paragraphs(answer):
        first = citations[group[0].citations[0]]
        date = f" <span>{html_text(first.published)}</span>" if first.published else ""
        text = " ".join(_sentence(sentence, turn) for sentence in group)
        sides.append(
            f'<div class="fn-side"><p class="fn-side-name">{html_text(first.title)}{date}</p>'
            f"<p>{text}</p></div>"
        )
    return sides


def _sentence(sentence: Sentence, turn: int) -> str:
    """The sentence and its markers, which no line break parts from its last word."""
    links = "".join(
        f'<a class="fn-cite" href="#cite-{turn}-{n}" aria-label="Source {n}">[{n}]</a>'
        for n in sentence.citations
    )
    return f"{marked(sentence.text, sentence.highlights, 'strong')}&#8288;{links}"


def _nearest_links(answer: Answer, turn: int) -> str:
    if not answer.passages:
        return ""
    items = "".join(
        f'<li><a class="fn-near" href="#near-{turn}-{number}">'
        f"{html_text(reference(passage))}</a></li>"
        for number, passage in enumerate(answer.passages, start=1)
    )
    return f'<p class="fn-nearest">Nearest passages</p><ol class="fn-nearest">{items}</ol>'


def _actions(turn: int, kept: Kept | None, trouble: str) -> str:
    wrong = (
        f'<button type="button" class="fn-wrong" data-turn="{turn}" '
        'title="Keep it as a case for your evaluation">Not right</button>'
    )
    told = notice_html(f"It could not be kept: {trouble}", "error") if trouble else ""
    if kept:
        wrong, told = "", _KEPT[kept].format(turn=turn)
    return (
        f'<p class="fn-actions"><a href="#copy-{turn}">Copy with sources</a>'
        f'<a href="#save-{turn}">Save as JSON</a>{wrong}</p>{told}'
    )


def _panel_title(answer: Answer) -> str:
    if answer.citations:
        return "Sources"
    return "Nearest passages" if answer.passages else "No passages"


def _cited_card(citation: Citation, passage: Passage | None, turn: int, opened: bool) -> str:
    """The card of one citation; without its passage, the quote stands alone."""
    text, start = (passage.text, passage.start) if passage else (citation.quote, citation.start)
    body = marked(text, [(citation.start - start, citation.end - start)], "mark")
    return _card(citation, f"cite-{turn}-{citation.marker}", str(citation.marker), body, opened)


def _card(place: Citation | Passage, anchor: str, number: str, body: str, opened: bool) -> str:
    facts = (place_name(place), place.published, shown_name(place.source))
    meta = "".join(f"<span>{html_text(fact)}</span>" for fact in facts if fact)
    heading = f'<p class="fn-heading">{html_text(place.heading)}</p>' if place.heading else ""
    return (
        f'<details class="fn-card" id="{anchor}"{" open" if opened else ""}>'
        f'<summary><span class="fn-number">{number}</span>'
        f'<span class="fn-title">{html_text(place.title)}</span>'
        f'<span class="fn-meta">{meta}</span></summary>{heading}'
        f'<blockquote class="fn-passage" dir="auto">{body}</blockquote>{_found_by(place)}'
        '<a class="fn-back" href="#back">Back to the answer</a></details>'
    )


def _found_by(place: Citation | Passage) -> str:
    """Why a passage was retrieved, in a line; nothing for a citation."""
    if isinstance(place, Citation):
        return ""
    meaning = f"meaning, rank {place.dense_rank}" if place.dense_rank else None
    words = f"words, rank {place.lexical_rank}" if place.lexical_rank else None
    read = f"reranker, rank {place.rerank_rank}" if place.rerank_rank else None
    found = " · ".join(part for part in (meaning, words, read) if part)
    return f'<p class="fn-found">Found by {found}</p>' if found else ""


def _others(passages: Sequence[Passage], turn: int, folded: bool) -> str:
    cards = "".join(
        _card(passage, f"near-{turn}-{number}", str(number), html_text(passage.text), False)
        for number, passage in enumerate(passages, start=1)
    )
    if not cards or not folded:
        return cards
    return (
        f'<details class="fn-more"><summary>Also looked at ({len(passages)})</summary>'
        f"{cards}</details>"
    )


def withheld_html(sentences: Sequence[Sentence]) -> str:
    """Return the line that says how many sentences are withheld; it opens to show each and why."""
    if not sentences:
        return ""
    items = "".join(
        f"<li><q>{html_text(sentence.text)}</q> "
        f"<span>{html_text(sentence.reason or '')}</span></li>"
        for sentence in sentences
    )
    return (
        f'<details class="fn-withheld"><summary>{withheld_line(len(sentences))}</summary>'
        f"<ul>{items}</ul></details>"
    )
