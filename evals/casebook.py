"""The cases of a report as HTML, worst first: what was asked, expected, answered, found, and why.

Everything from a document, a question or an answer is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from evals.matching import overlap, place_of
from evals.results import AnswerRow as Row
from index.readers import unit_of
from rag.schema import Answer, Citation, Passage, Sentence

OPEN = 10  # cases that are shown unfolded


def casebook(rows: Sequence[Row]) -> str:
    """Return every case with a problem in full, worst first, and the others in a table."""
    worst = sorted((row for row in rows if row.problems), key=lambda row: -row.lost)
    fine = [row for row in rows if not row.problems]
    shown = "".join(_case(row, unfolded=n < OPEN) for n, row in enumerate(worst))
    return (
        f"<h2>Worst cases first</h2><p class=soft>{len(worst)} of {len(rows)} cases lost points "
        f"somewhere.</p>{shown}{_fine(fine)}"
    )


def _case(row: Row, unfolded: bool) -> str:
    case, answer = row.case, row.answer
    tag = (
        '<span class="tag good">right</span>' if row.right else '<span class="tag bad">wrong</span>'
    )
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in row.problems)
    return (
        f"<details class=case{' open' if unfolded else ''}><summary>{tag}"
        f"<b>{escape(case.question)}</b> "
        f"<span class='soft small'>{escape(case.id)} · {escape(case.kind)}</span></summary>"
        f"<ul class=problems>{problems}</ul>"
        f"{_history(row)}{_expected(row)}{_answered(answer)}{_passages(row)}</details>"
    )


def _history(row: Row) -> str:
    turns = "".join(
        f"<p class='small soft'>{escape(turn.role)}: {escape(turn.content)}</p>"
        for turn in row.case.history
    )
    standalone = row.answer.standalone_question
    if standalone != row.case.question:
        turns += f"<p class=small>read as: {escape(standalone)}</p>"
    return f"<h4>Conversation</h4>{turns}" if turns else ""


def _expected(row: Row) -> str:
    case = row.case
    wanted = " and ".join(escape(" or ".join(group)) for group in case.answer)
    quotes = "".join(
        f"<blockquote>{n}. {escape(words)}</blockquote>" for n, words in enumerate(row.expected, 1)
    )
    missing = f"<p>The documents do not say: {escape(case.missing)}</p>" if case.missing else ""
    wanted = f"<p>{wanted}</p>" if wanted else ""
    return f"<h4>Expected: {escape(case.status)}</h4>{wanted}{quotes}{missing}"


def _answered(answer: Answer) -> str:
    message = f"<p class=soft>{escape(answer.message)}</p>" if answer.message else ""
    sentences = "".join(_sentence(sentence) for sentence in answer.sentences)
    cited = "".join(_citation(citation) for citation in answer.citations)
    withheld = "".join(
        f"<p class='small soft'>Withheld ({escape(sentence.reason or 'no reason given')}): "
        f"{escape(sentence.text)}</p>"
        for sentence in answer.withheld
    )
    return f"<h4>Answered: {escape(answer.status)}</h4>{message}<p>{sentences}</p>{cited}{withheld}"


def _sentence(sentence: Sentence) -> str:
    markers = "".join(f"<sup>[{marker}]</sup>" for marker in sentence.citations)
    kind = "" if sentence.verdict == "supported" else " class=bad-ink"
    return f"<span{kind}>{escape(sentence.text)}{markers}</span> "


def _citation(citation: Citation) -> str:
    where = [citation.title, citation.source, citation.published]
    where += [f"{unit_of(citation.source)} {citation.page}"] if citation.page else []
    place = " · ".join(part for part in where if part)
    return (
        f"<blockquote class=small><sup>[{citation.marker}]</sup> {escape(citation.quote)}<br>"
        f"<span class=soft>{escape(place)}</span></blockquote>"
    )


def _passages(row: Row) -> str:
    """The retrieved passages in order, their evidence marked."""
    found = "".join(_passage(n, passage, row) for n, passage in enumerate(row.answer.passages, 1))
    return f"<h4>Retrieved, evidence marked</h4>{found or '<p>nothing</p>'}"


def _passage(rank: int, passage: Passage, row: Row) -> str:
    evidence = [
        (max(place.start, passage.start) - passage.start, place.end - passage.start)
        for group in row.places
        for place in group
        if overlap(place, place_of(passage))
    ]
    ranks = [
        ("dense", passage.dense_rank),
        ("lexical", passage.lexical_rank),
        ("reranked", passage.rerank_rank),
    ]
    why = ", ".join(f"{name} {place}" for name, place in ranks if place)
    heading = " · ".join(part for part in (passage.source, passage.heading, why) if part)
    return (
        f"<blockquote class=small><b>{rank}</b> <span class=soft>{escape(heading)}</span><br>"
        f"{_marked(passage.text, evidence)}</blockquote>"
    )


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts, position = [], 0
    for start, end in sorted(spans):
        start = max(start, position)
        if start < end:
            parts += [escape(text[position:start]), f"<mark>{escape(text[start:end])}</mark>"]
            position = end
    return "".join([*parts, escape(text[position:])])


def _fine(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td>{escape(row.case.question)}<br><span class='soft small'>{escape(row.case.id)} · "
        f"{escape(row.case.kind)}</span></td><td>{escape(row.answer.text)}</td></tr>"
        for row in rows
    )
    return (
        f"<details class=case><summary>The other {len(rows)} cases, with nothing to remark"
        f"</summary><div class=scroll><table>{lines}</table></div></details>"
    )
