r"""A case as a person edits it: plain text for what a right answer says, and where that stands.

Answers: a line for each thing that must be said, ``|`` between other ways to say it; a ``|`` that
is to be said is written ``\|``. Evidence: quotes from the documents, an empty line between those
that are all needed, a line ``or`` between those of which one is enough. Which document a quote is
from is looked up.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from evals.cases import Case, CasesError, Library, Named, Span, places_of
from rag.schema import Status

LONGEST = 4_000  # characters of a question, as the doors take; and of the evidence
_OR = re.compile(r"\s*\n\s*or\s*\n\s*", re.IGNORECASE)
_BAR = re.compile(r"(?:\\[\\|]|[^|])+")  # what stands between two bars, an escaped one included
_ESCAPED = re.compile(r"\\([\\|])")
_TO_ESCAPE = re.compile(r"\\(?=[\\|])|\|")
_NARROWED_BY = 8  # words of a quote that are looked up to tell where it can stand


class Searched(Library, Protocol):
    """The stored texts, and which of them hold given words; ``index.Index`` is one."""

    def document(self, document_id: str) -> Named: ...  # noqa: D102
    def documents_with(self, parts: Sequence[str]) -> set[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Form:
    """What is filled in: all of it text, and the status that is expected."""

    question: str = ""
    status: Status = "answered"
    answer: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote of the evidence and the documents it stands in, by source; none if it does not."""

    text: str
    sources: tuple[str, ...]


def filled(case: Case, library: Library) -> Form:
    """Return the form of a case; evidence given by offsets is shown by its words."""
    ids = functools.cache(lambda: {d.source: d.id for d in library.documents()})
    groups = (
        "\nor\n".join(dict.fromkeys(_words(span, library, ids) for span in group))
        for group in case.evidence
    )
    return Form(
        question=case.question,
        status=case.status,
        answer="\n".join(" | ".join(map(_escaped, group)) for group in case.answer),
        evidence="\n\n".join(groups),
    )


def look_up(evidence: str, library: Searched) -> list[list[Quote]]:
    """Return the quotes of an evidence text, group by group, each with where it stands.

    The index says which documents can hold a quote; only those are read.
    """
    return [[_found(quote, library) for quote in group] for group in _groups(evidence)]


def taken(form: Form, before: Case, library: Searched) -> Case:
    """Return the case ``before`` as the form changes it; it is flagged no more.

    Raises:
        CasesError: saying what is missing, or which quote stands in no document.
    """
    was = filled(before, library)
    unchanged = form.evidence.strip() == was.evidence.strip()
    said = form.status not in ("not_found", "needs_clarification")
    if said and not unchanged and len(form.evidence) > LONGEST:
        raise CasesError([f"The evidence has more than {LONGEST:,} characters."])
    quotes = look_up(form.evidence, library) if said and not unchanged else []
    _complete(form, quotes, said)
    evidence = before.evidence if unchanged else tuple(map(_spans, quotes))
    answer = before.answer if form.answer == was.answer else _answers(form.answer)
    fields: dict[str, Any] = before.model_dump() | {
        "question": form.question.strip(),
        "status": form.status,
        "answerable": form.status != "not_found",
        "kind": _kind(form.status, before),
        "answer": answer if said else (),
        "evidence": evidence if said else (),
        "also": before.also if said else (),
        "missing": None if said else before.missing,
        "flagged": False,
    }
    try:
        return Case.model_validate(fields)
    except ValidationError as error:
        raise CasesError([item["msg"] for item in error.errors()]) from error


def _complete(form: Form, quotes: Iterable[Iterable[Quote]], said: bool) -> None:
    """Check that everything is there that a case needs to be scored."""
    problems = []
    if not form.question.strip():
        problems.append("Write the question.")
    if len(form.question) > LONGEST:
        problems.append(f"The question has more than {LONGEST:,} characters.")
    if said and not _answers(form.answer):
        problems.append("Write what a right answer says.")
    if said and not form.evidence.strip():
        problems.append("Paste the words of the documents that say it.")
    lost = [quote.text for group in quotes for quote in group if not quote.sources]
    problems += [f"This stands in no document: “{text}”" for text in lost]
    if problems:
        raise CasesError(problems)


def _answers(text: str) -> tuple[tuple[str, ...], ...]:
    groups = (
        tuple(filter(None, (_ESCAPED.sub(r"\1", way).strip() for way in _BAR.findall(line))))
        for line in text.splitlines()
    )
    return tuple(group for group in groups if group)


def _escaped(words: str) -> str:
    """One way to answer, in a line; what ``_answers`` would take for a sign is marked."""
    return " ".join(_TO_ESCAPE.sub(r"\\\g<0>", words).split())


def _groups(text: str) -> list[list[str]]:
    """The quotes of an evidence text, white space as it may be."""
    groups = re.split(r"\n\s*\n", _OR.sub("\nor\n", text.strip()))
    split = ([part.strip() for part in _OR.split(group)] for group in groups)
    return [quotes for group in split if (quotes := [part for part in group if part])]


def _found(quote: str, library: Searched) -> Quote:
    """Where a quote stands. A heading is in no passage: before it is in none, all are read."""
    for ids in (_candidates(quote, library), [document.id for document in library.documents()]):
        if held := sorted(filter(None, (_source(document, quote, library) for document in ids))):
            return Quote(quote, tuple(held))
    return Quote(quote, ())


def _candidates(quote: str, library: Searched) -> Iterable[str]:
    """The ids of the documents that can hold ``quote``: all of them if it is a word or two.

    Its first and last word may be parts of words; those between are whole.
    """
    whole = {part for part in quote.split()[1:-1] if any(map(str.isalnum, part))}
    if not whole:
        return [document.id for document in library.documents()]
    return library.documents_with(sorted(whole, key=lambda part: (-len(part), part))[:_NARROWED_BY])


def _source(document: str, quote: str, library: Searched) -> str | None:
    """The source of a document if it holds ``quote``; a document may have gone meanwhile."""
    try:
        held = places_of(quote, document, library.text(document))
        return library.document(document).source if held else None
    except KeyError:
        return None


def _spans(quotes: Iterable[Quote]) -> tuple[Span, ...]:
    return tuple(
        Span(document=source, quote=" ".join(quote.text.split()))
        for quote in quotes
        for source in quote.sources
    )


def _words(span: Span, library: Library, ids: Callable[[], dict[str, str]]) -> str:
    if span.quote is not None:
        return " ".join(span.quote.split())
    text = library.text(ids()[span.document]) if span.document in ids() else ""
    return " ".join(text[span.start : span.end].split())


def _kind(status: Status, before: Case) -> str:
    """The kind that goes with a status; as it was where that fits."""
    kinds = {
        "not_found": "unanswerable",
        "partial": "partial",
        "conflicting": "conflict",
        "needs_clarification": "underspecified",
    }
    if status in kinds:
        return kinds[status]
    if before.kind in kinds.values():
        return "followup" if before.history else "fact"
    return before.kind
