"""Golden cases: a question, what a right answer holds, and the words in the documents that say so.

A dataset is JSON Lines, one ``Case`` a line (see docs/evals.md for how to write one). Evidence
is given by quote, or by offsets where the text may not be copied, and resolved against the
stored texts before anything is asked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.schema import Message, Status

Kind = Literal[
    "fact", "list", "why", "how", "followup", "conflict", "unanswerable", "partial",
    "passage", "underspecified",
]  # fmt: skip
Split = Literal["dev", "test"]

Item = TypeVar("Item")

SHOWN = 20  # problems that an error message lists


class CasesError(Exception):
    """A dataset cannot be used; ``problems`` holds one line each: where, what."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(dict.fromkeys(problems))
        more = len(self.problems) - SHOWN
        lines = self.problems[:SHOWN] + [f"and {more} more"] * (more > 0)
        super().__init__("\n".join(lines))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Frozen):
    """Words of a document: its source and either the exact quote or the characters it spans."""

    document: str = Field(min_length=1)
    quote: str | None = Field(default=None, min_length=1)
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _quote_or_offsets(self) -> Span:
        if self.quote is not None and (self.start, self.end) == (None, None):
            return self
        if self.quote is None and self.start is not None and (self.end or 0) > self.start:
            return self
        raise ValueError("give either a quote, or a start and a larger end")


class Case(_Frozen):
    """One question and what counts as answering it.

    Every group of ``answer`` must be found in the shown text, any alternative of a group will
    do; every group of ``evidence`` is needed, any span of a group suffices. Citing ``also`` is
    fair but not needed. ``references`` are whole answers that people wrote.

    A set that ranks documents says which are ``relevant``, by source; one that gives the
    passages to read names them in ``given``. ``units`` are the sentences annotators chose from,
    and ``selections`` what each of them chose, by number from 0.
    """

    id: str = Field(min_length=1)
    split: Split
    kind: Kind
    history: tuple[Message, ...] = ()
    question: str = Field(min_length=1)
    answerable: bool
    status: Status
    answer: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[tuple[Span, ...], ...] = ()
    also: tuple[Span, ...] = ()
    references: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    units: tuple[Span, ...] = ()
    selections: tuple[tuple[int, ...], ...] = ()
    missing: str | None = None
    note: str | None = None
    flagged: bool = Field(
        default=False, description="Called wrong by a reader; not scored until it is edited."
    )
    said: str | None = Field(default=None, description="What was answered when it was flagged.")
    text_sha256: str | None = Field(
        default=None, description="Hash of the text that offsets point into, in hexadecimal."
    )

    @model_validator(mode="after")
    def _coherent(self) -> Case:
        if self.answerable != (self.status != "not_found"):
            raise ValueError("status must be not_found exactly when answerable is false")
        known = (self.answer and self.evidence) or self.references or self.flagged
        if self.answerable and not known and self.status != "needs_clarification":
            raise ValueError("an answerable case needs answer and evidence, or references")
        if not self.answerable and (self.answer or self.evidence or self.also):
            raise ValueError("an unanswerable case has no answer, evidence or also")
        if not all(self.answer) or not all(self.evidence):
            raise ValueError("a group of answer or evidence is empty")
        return self


class Place(NamedTuple):
    """Characters ``start`` to ``end`` of the stored text of ``document`` (its id)."""

    document: str
    start: int
    end: int


class Evidence(NamedTuple):
    """Where a case's evidence stands: the needed groups, and what else may fairly be cited."""

    groups: tuple[tuple[Place, ...], ...] = ()
    also: tuple[Place, ...] = ()
    units: tuple[Place, ...] = ()

    @property
    def fair(self) -> tuple[Place, ...]:
        """Every place that a citation may point to."""
        return tuple(place for group in self.groups for place in group) + self.also


class Named(Protocol):
    """A document of the index, by id and source."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


class Library(Protocol):
    """The stored texts; ``index.Index`` is one."""

    def documents(self) -> Sequence[Named]: ...  # noqa: D102
    def text(self, document_id: str) -> str: ...  # noqa: D102


def load_cases(path: Path) -> list[Case]:
    """Read the cases of a JSON Lines file, in order; blank lines are skipped.

    Raises:
        CasesError: naming file, line and fault, for every line that does not hold a case and
            every id used twice; or if the file cannot be read or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CasesError([f"{path}: cannot be read: {error}"]) from error
    cases: list[Case] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate(json.loads(line))
        except (ValidationError, json.JSONDecodeError) as error:
            problems.extend(f"{path}:{number}: {fault}" for fault in _faults(error))
            continue
        if case.id in seen:
            problems.append(f"{path}:{number}: id {case.id!r} is taken by line {seen[case.id]}")
        seen.setdefault(case.id, number)
        cases.append(case)
    if problems or not cases:
        raise CasesError(problems or [f"{path}: holds no case"])
    return cases


def select(
    cases: Iterable[Case], split: str = "all", kinds: Sequence[str] | None = None
) -> list[Case]:
    """Return the cases of ``split`` ("all" for both) and, if given, of ``kinds``.

    Those that are flagged are left out: nobody has said yet what a right answer is.
    """
    return [
        case
        for case in cases
        if split in ("all", case.split)
        and (kinds is None or case.kind in kinds)
        and not case.flagged
    ]


def spread(items: Sequence[Item], most: int | None) -> Sequence[Item]:
    """Return ``most`` of ``items`` in even steps, for sets are often ordered; all if None."""
    if most is None or most >= len(items):
        return items
    return [items[n * len(items) // most] for n in range(most)]


def resolve(cases: Iterable[Case], library: Library) -> dict[str, Evidence]:
    """Find the evidence of each case in the stored texts; return it by case id.

    A quote matches with any white space where it has some, and stands for every place where its
    words occur.

    Raises:
        CasesError: naming case and fault, for every span that cannot be found; in one line if
            none of the cited documents is there.
    """
    cases = list(cases)
    ids = {document.source: document.id for document in library.documents()}
    _same_folder(cases, ids)
    problems: list[str] = []

    def places(case: Case, spans: Iterable[Span]) -> Iterator[Place]:
        for span in spans:
            try:
                yield from _places(case, span, ids, library.text)
            except LookupError as error:
                problems.append(f"case {case.id}: {error.args[0]}")

    found = {
        case.id: Evidence(
            tuple(tuple(places(case, group)) for group in case.evidence),
            tuple(places(case, case.also)),
            tuple(next(places(case, [unit])) for unit in case.units),
        )
        for case in cases
    }
    if problems:
        raise CasesError(problems)
    return found


def places_of(quote: str, document: str, text: str) -> list[Place]:
    """Return where the words of ``quote`` stand in ``text``, white space as it may be."""
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return [Place(document, *match.span()) for match in re.finditer(pattern, text)]


def _same_folder(cases: Iterable[Case], ids: dict[str, str]) -> None:
    """Tell a wrong folder from a few wrong spans."""
    spans = (s for c in cases for group in (*c.evidence, c.also, c.units) for s in group)
    cited = {span.document for span in spans}
    if cited and cited.isdisjoint(ids):
        raise CasesError(
            [
                f"none of the {len(cited)} documents that the cases cite ({min(cited)!r}, …) is "
                f"among the {len(ids)} documents indexed; is this the folder they were written for?"
            ]
        )


def _places(
    case: Case, span: Span, ids: dict[str, str], text_of: Callable[[str], str]
) -> list[Place]:
    if span.document not in ids:
        raise LookupError(f"there is no document {span.document!r} in the index")
    document = ids[span.document]
    text = text_of(document)
    if span.quote is not None:
        found = places_of(span.quote, document, text)
        if not found:
            raise LookupError(f"{span.document} does not hold the words {span.quote!r}")
        return found
    start, end = span.start or 0, span.end or 0
    if case.text_sha256 not in (None, hashlib.sha256(text.encode()).hexdigest()):
        raise LookupError(f"{span.document} has changed since its offsets were taken")
    if end > len(text):
        raise LookupError(f"{span.document} ends at {len(text)}, before {end}")
    return [Place(document, start, end)]


def _faults(error: ValidationError | json.JSONDecodeError) -> list[str]:
    if isinstance(error, json.JSONDecodeError):
        return [f"not JSON: {error.msg} at column {error.colno}"]
    return [_fault(item["loc"], item["msg"]) for item in error.errors()]


def _fault(location: tuple[Any, ...], message: str) -> str:
    field = ".".join(str(part) for part in location)
    return f"{field}: {message}" if field else message
