"""The Evals tab as HTML: the cases, the progress of a job, the report. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.cases import Case
from evals.form import Quote
from ui.evals.board import Job, title_of
from ui.listing import count_of
from ui.render import notice_html
from ui.text import html_text, shown_name

_EXPECTED = {
    "answered": "the documents answer it",
    "partial": "they answer a part",
    "conflicting": "they disagree",
    "not_found": "they do not say",
    "needs_clarification": "it should ask back",
}
_WAITS = "Say what was expected; until then it is not scored."
_NONE = (
    '<p class="fn-empty">No cases yet. Draft some from your documents, add one, or press '
    "“Not right” under an answer.</p>"
)


def cases_html(cases: Sequence[Case], lost: Mapping[str, str], right: Mapping[str, bool]) -> str:
    """Return the list of cases: first those that wait to be edited, then the others.

    ``lost`` says, by id, why a case's evidence is not there any more; ``right`` how it was
    handled in the last run.
    """
    waiting = [case for case in cases if case.flagged]
    others = [case for case in cases if not case.flagged]
    silent = sum(not case.answerable for case in others)
    counts = [
        count_of(len(others), "case"),
        *([f"{silent} of them that the documents do not answer"] if silent else []),
        *([f"{len(waiting)} to be edited"] if waiting else []),
    ]
    rows = "".join(_case(case, lost.get(case.id), right.get(case.id)) for case in waiting + others)
    if not cases:
        return f"<h2>Cases</h2>{_NONE}"
    return (
        f'<h2>Cases</h2><p class="fn-report">{", ".join(counts)}</p>'
        f'<ul class="fn-documents fn-cases" aria-label="Cases">{rows}</ul>'
    )


def _case(case: Case, lost: str | None, right: bool | None) -> str:
    facts = [*(["from the chat"] if case.said else []), *_wanted(case)]
    meta = "".join(f"<span>{html_text(fact)}</span>" for fact in facts)
    due = _WAITS if case.flagged else lost
    remarks = f'<p class="fn-note fn-due">{html_text(due)}</p>' if due else ""
    remarks += f'<p class="fn-note">{html_text(case.note)}</p>' if case.note else ""
    name = html_text(case.question)
    key = html_text(case.id)
    return (
        f'<li data-case="{key}"><div><p class="fn-title">{_mark(case, right)}{name}</p>'
        f'<p class="fn-meta">{meta}</p>{remarks}</div><div class="fn-do">'
        f'<button type="button" class="fn-edit" aria-label="Edit {name}">Edit</button>'
        f'<button type="button" class="fn-remove" aria-label="Delete {name}">Delete</button>'
        "</div></li>"
    )


def _wanted(case: Case) -> list[str]:
    """What is expected of a case, in a few words."""
    if case.flagged:
        return []
    words = " and ".join(" or ".join(group) for group in case.answer)
    return [_EXPECTED[case.status], *([words] if words else [])]


def _mark(case: Case, right: bool | None) -> str:
    if case.flagged or right is None:
        return ""
    word = "right" if right else "wrong"
    return f'<span class="fn-tag fn-{word}">{word}</span> '


def job_html(job: Job | None) -> str:
    """Return how far a job is, as a bar, or what became of it; nothing without one."""
    if job is None:
        return ""
    if job.ended.is_set():
        return notice_html(job.result, "error" if job.failed else "done")
    known = f' value="{job.done}" max="{job.total}"' if job.total else ""
    words = html_text(title_of(job))
    return (
        f'<div class="fn-job"><p role="status">{words}</p>'
        f'<progress aria-label="{words}"{known}></progress></div>'
    )


def report_html(changed: float | None, opened: bool) -> str:
    """Return the report of the last run in a frame of its own; ``changed`` is when it was made.

    The frame runs no script and has no origin, and the address changes with the report.
    """
    if changed is None:
        return ""
    address = f"v1/evals/report?at={changed:.0f}"
    return (
        f'<details class="fn-last"{" open" if opened else ""}><summary>Report of the last run'
        '</summary><p class="fn-actions">'
        f'<a href="{address}" target="_blank" rel="noopener">Open by itself</a>'
        f'<a href="{address}" download="footnote-evaluation.html">Save</a></p>'
        f'<iframe class="fn-frame" sandbox loading="lazy" title="Report of the last run" '
        f'src="{address}"></iframe></details>'
    )


def background_html(case: Case) -> str:
    """Return what a case is about besides what is edited: earlier turns, and what was said."""
    turns = "".join(
        f"<li><span>{'Asked' if turn.role == 'user' else 'Answered'}:</span> "
        f"{html_text(turn.content)}</li>"
        for turn in case.history
    )
    before = f'<p>Before it:</p><ul class="fn-turns">{turns}</ul>' if turns else ""
    said = f"<p>Was answered: <q>{html_text(case.said)}</q></p>" if case.said else ""
    return f'<div class="fn-background">{before}{said}</div>' if before or said else ""


def quotes_html(groups: Sequence[Sequence[Quote]]) -> str:
    """Return where each pasted quote stands, or that it stands nowhere."""
    items = "".join(_quote(quote) for group in groups for quote in group)
    return f'<ul class="fn-quotes" role="status">{items}</ul>' if items else ""


def _quote(quote: Quote) -> str:
    words = quote.text if len(quote.text) <= 60 else f"{quote.text[:58].rstrip()} …"
    if not quote.sources:
        return f'<li class="fn-lost">In no document, word for word: <q>{html_text(words)}</q></li>'
    places = ", ".join(shown_name(source) for source in quote.sources)
    return f'<li class="fn-found-in">In {html_text(places)}: <q>{html_text(words)}</q></li>'


def problems_html(problems: Sequence[str]) -> str:
    """Return what keeps a case from being saved."""
    return "".join(notice_html(problem, "error") for problem in problems)
