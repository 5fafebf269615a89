"""The documents and what a sync did to them, as HTML and as plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from index.readers import unit_of
from index.types import DocumentInfo, Progress, Skipped, SyncReport, document_id
from ui.text import html_text, shown_name

_STAGES = {"reading": "Reading", "embedding": "Embedding", "writing": "Writing the index"}


def summary(report: SyncReport) -> str:
    """Return what a sync did in one sentence, such as "2 added, 1 removed; 85 passages (1.2 s)"."""
    counts = (
        (len(report.added), "added"),
        (len(report.changed), "changed"),
        (len(report.renamed), "renamed"),
        (len(report.deleted), "removed"),
        (len(report.skipped), "could not be read"),
    )
    done = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing changed"
    held = len(report.added) + len(report.changed) + len(report.renamed) + len(report.unchanged)
    held += report.kept
    size = f"{count_of(held, 'document')}, {count_of(report.passages, 'passage')}"
    return f"{done[0].upper()}{done[1:]}; {size} ({report.seconds:.1f} s)"


def skipped_line(skipped: Skipped) -> str:
    """Return why a file is not in the index and what to do: ``file: reason; remedy``."""
    why = "; ".join(filter(None, (skipped.reason, skipped.remedy)))
    return f"{shown_name(skipped.source)}: {why}"


def progress_line(progress: Progress) -> str:
    """Return how far a sync is, such as "Reading 3 of 12: report.pdf"."""
    source = f": {shown_name(progress.source)}" if progress.source else ""
    return f"{_STAGES[progress.stage]} {progress.done:,} of {progress.total:,}{source}"


def count_of(number: int, noun: str) -> str:
    """Return ``number`` and its noun, in the plural where it takes one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def documents_html(documents: Sequence[DocumentInfo]) -> str:
    """Return the list of documents, each with a button that deletes it."""
    if not documents:
        return '<p class="fn-empty">No documents yet. Add files above, or to the folder.</p>'
    rows = "".join(_row(document) for document in sorted(documents, key=lambda d: d.source))
    return f'<ul class="fn-documents" aria-label="Documents">{rows}</ul>'


def report_html(report: SyncReport | None) -> str:
    """Return the summary of the last sync and each file it could not read, with the reason.

    Each such file has a button that deletes it.
    """
    if report is None:
        return ""
    items = "".join(map(_skipped_item, report.skipped))
    items += "".join(f"<li>{html_text(remark)}</li>" for remark in report.remarks)
    problems = f'<ul class="fn-skipped">{items}</ul>' if items else ""
    return f'<div class="fn-report"><p>{html_text(summary(report))}</p>{problems}</div>'


def _skipped_item(skipped: Skipped) -> str:
    name = shown_name(skipped.source)
    button = _delete_button(document_id(skipped.source), name, name)
    return f"<li><span>{html_text(skipped_line(skipped))}</span> {button}</li>"


def _delete_button(key: str, source: str, name: str) -> str:
    return (
        f'<button type="button" class="fn-delete" data-document="{key}" '
        f'data-source="{html_text(source)}" aria-label="Delete {html_text(name)}">Delete</button>'
    )


def _row(document: DocumentInfo) -> str:
    facts = (
        shown_name(document.source),
        document.published,
        document.author,
        count_of(document.pages, unit_of(document.source)) if document.pages else None,
        count_of(document.passages, "passage"),
    )
    meta = "".join(f"<span>{html_text(fact)}</span>" for fact in facts if fact)
    notes = "".join(f'<p class="fn-note">{html_text(note)}</p>' for note in document.notes)
    return (
        f'<li><div><p class="fn-title">{html_text(document.title)}</p>'
        f'<p class="fn-meta">{meta}</p>{notes}</div>'
        f"{_delete_button(document.id, shown_name(document.source), document.title)}</li>"
    )
