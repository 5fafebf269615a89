"""Lists as units: a lead-in such as "The box holds:" and the items below it belong together.

A reader who is shown the lead-in alone learns nothing, and one who is shown three of five items
takes them for all. So a list that answers is shown as a whole, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from index.lists import item_at, leads_in
from rag.evidence import Candidate, Evidence
from rag.language import parse
from rag.rows import is_row
from rag.terms import Term, among, terms
from rag.writers.rivals import words_held

MOST_ITEMS = 15
ENOUGH = 4  # items that were chosen of a long list, of which nobody chooses most
_ASKS_STEPS = re.compile(
    r"\bhow (?:do|can|could|should|must|shall|would) (?:i|we|you|one|they)\b|\bhow to\b"
    r"|\bwhat (?:should|must|do|can|shall) (?:i|we|you|one) do\b",
    re.I,
)
_MOST_SENTENCES = 20  # of one list; of a longer one each item gives its first only
_MARKER = 12  # characters between two items at most: line breaks, indentation, a marker


@dataclass(frozen=True, slots=True)
class Listing:
    """A list among the candidates, by their numbers: its lead-in, the sentences of each item.

    ``is_marked`` says whether its items have bullets or numbers; lines below a colon have none,
    nor have the rows of a table. ``before`` is what stands right before it, lead-in or not.
    """

    lead: int | None
    items: tuple[tuple[int, ...], ...]
    is_marked: bool = True
    is_table: bool = False
    before: int | None = field(default=None, compare=False)

    @property
    def members(self) -> set[int]:
        """All of its sentences."""
        return {n for item in self.items for n in item}.union(self.leading)

    @property
    def leading(self) -> list[int]:
        """The lead-in, if there is one."""
        return [] if self.lead is None else [self.lead]


def with_lists(evidence: Evidence, chosen: Sequence[int]) -> list[int]:
    """Return the chosen sentences, likeliest first, with the whole of each list that they ask for.

    A list that is shown is the answer: what stands elsewhere must be likelier than all of it. A
    lead-in of which nothing is known but itself is left out.
    """
    lists = listings(evidence.candidates)
    asked = [each for each in lists if _is_asked(evidence, each, chosen)]
    if not asked:
        return _without_dangling(evidence.candidates, lists, chosen)
    members = {n for each in asked for n in each.members}
    best = max(float(evidence.chance[n]) for n in members)
    kept = [n for n in chosen if n in members or evidence.chance[n] > best]
    added = [n for each in asked for n in _shown(each, chosen) if n not in kept]
    return list(dict.fromkeys([*_without_dangling(evidence.candidates, lists, kept), *added]))


def cut_short(evidence: Evidence, shown: Sequence[int]) -> tuple[int, int] | None:
    """Return how many items of a list are ``shown`` of how many, None if each shown list is whole.

    A list of which not even the first items are shown was not asked for.
    """
    for each in listings(evidence.candidates):
        there = sum(any(n in shown for n in item) for item in each.items)
        if MOST_ITEMS <= there < len(each.items):
            return there, len(each.items)
    return None


def _is_asked(evidence: Evidence, listing: Listing, chosen: Sequence[int]) -> bool:
    """Whether its lead-in is asked about, or most of its items were chosen, and not one of them.

    A table is asked for if rows of it were chosen and none holds more of the question than others.
    """
    found = [n for n in chosen if n in listing.members]
    if listing.is_table:
        held = {len(words_held(evidence, n)) for n in listing.members}
        return evidence.question.many and len(found) > 1 and len(held) == 1
    if _is_procedure(evidence, listing) and (found or listing.before in chosen):
        return True
    hit = sum(any(n in found for n in item) for item in listing.items)
    is_most = listing.is_marked and hit >= max(2, min(len(listing.items) // 2 + 1, ENOUGH))
    if is_most and evidence.question.many:
        return True
    if not found or _singled_out(evidence, listing, found[0]):
        return False
    if listing.lead in found or _names_all(evidence, listing):
        return True
    return is_most


def _is_procedure(evidence: Evidence, listing: Listing) -> bool:
    """Whether its items are numbered steps of what the question asks how to do.

    What is to be done is in the heading, or in the sentence before them.
    """
    question, first = evidence.question, evidence.candidates[listing.items[0][0]]
    if not _ASKS_STEPS.search(question.text) or not _item(first)[0][:1].isdigit():
        return False
    heading = (first.passage.heading or "").rpartition(" › ")[2]
    before = [] if listing.before is None else [listing.before]
    place = [*terms(heading), *_terms(evidence, before)]
    if not any(among(term, place) for term in question.terms):
        return False
    begun = [parse(evidence.candidates[item[0]].text)[0] for item in listing.items]
    return 2 * sum(token.tag_ == "VB" for token in begun) >= len(begun)


def _singled_out(evidence: Evidence, listing: Listing, n: int) -> bool:
    """Whether the item of ``n`` alone holds a word of the question, which its place lacks, too.

    "Is a torch in the kit?" asks about one item; the lead-in may explain it.
    """
    passage = evidence.candidates[n].passage
    items = [_terms(evidence, item) for item in listing.items]
    place = [
        *terms(f"{passage.title}\n{passage.heading or ''}"),
        *_terms(evidence, listing.leading),
    ]
    own = [words for words, item in zip(items, listing.items, strict=True) if n in item]
    holding = [
        [words for words in items if among(term, words)]
        for term in evidence.question.terms
        if not among(term, place)
    ]
    return any(words == own for words in holding if own)


def _names_all(evidence: Evidence, listing: Listing) -> bool:
    """Whether the lead-in holds all that the question speaks of, which its items then answer."""
    lead, asked = _terms(evidence, listing.leading), evidence.question.terms
    return bool(asked) and all(among(term, lead) for term in asked)


def _terms(evidence: Evidence, members: Sequence[int]) -> list[Term]:
    return [term for n in members for term in terms(evidence.candidates[n].text)]


def _shown(listing: Listing, chosen: Sequence[int]) -> list[int]:
    """The lead-in and the items, in order; of a long list the first ones and what was chosen."""
    items = listing.items
    if sum(map(len, items)) > _MOST_SENTENCES:
        items = tuple(item[:1] for item in items)
    shown = [n for item in items[:MOST_ITEMS] for n in item]
    return [*listing.leading, *shown, *(n for n in chosen if n in listing.members)]


def _without_dangling(
    where: Sequence[Candidate], lists: Sequence[Listing], chosen: Sequence[int]
) -> list[int]:
    """The chosen ones but for lead-ins of whose items none is known, if that leaves any."""
    leads = {each.lead for each in lists}
    kept = [n for n in chosen if n in leads or not leads_in(where[n].text)]
    return kept or list(chosen)


def listings(where: Sequence[Candidate]) -> list[Listing]:
    """Return the lists among ``where``; one may go on in the next passage of its document."""
    order = sorted(range(len(where)), key=lambda n: (where[n].passage.document, where[n].start))
    found = []
    for k, n in enumerate(order):
        begins = _is_item(where[n]) and not (k and _continues(where, order[k - 1], n))
        if begins:
            found.append(_marked(where, order, k))
        if leads_in(where[n].text):
            found += _below(where, order, k)
        if is_row(where[n].text) and not (k and _in_table(where[order[k - 1]], where[n])):
            found.append(_table(where, order[k:]))
    return [each for each in found if each.items]


def _marked(where: Sequence[Candidate], order: Sequence[int], k: int) -> Listing:
    """The list of bullets or numbers whose first item is the ``k``-th in ``order``."""
    before = order[k - 1] if k and _adjoin(where[order[k - 1]], where[order[k]]) else None
    lead = before if before is not None and leads_in(where[before].text) else None
    return Listing(lead, tuple(_items(where, order[k:])), before=before)


def _below(where: Sequence[Candidate], order: Sequence[int], k: int) -> Iterator[Listing]:
    """What stands below a lead-in that no list of its own follows: deeper items, or lines."""
    lead, rest = order[k], order[k + 1 :]
    if not rest or not _adjoin(where[lead], where[rest[0]]):
        return
    if not _is_item(where[rest[0]]):
        yield Listing(lead, tuple(_lines(where, rest)), is_marked=False)
    elif _is_item(where[lead]):
        depth = _indent(where[lead])
        items = takewhile(lambda item: _indent(where[item[0]]) > depth, _items(where, rest))
        yield Listing(lead, tuple(items))


def _table(where: Sequence[Candidate], order: Sequence[int]) -> Listing:
    """The table that the row at the start of ``order`` is the first of."""
    rows = [order[0]]
    for last, n in pairwise(order):
        if not _in_table(where[last], where[n]):
            break
        rows.append(n)
    return Listing(None, tuple((n,) for n in rows), is_marked=False, is_table=True)


def _in_table(row: Candidate, other: Candidate) -> bool:
    """Whether two candidates are rows of one table: of a section, with the same first column."""
    a, b = row.passage, other.passage
    is_same = row.text.partition(": ")[0] == other.text.partition(": ")[0]
    return (
        is_row(row.text) and is_row(other.text) and is_same and a.document == b.document
        and a.heading == b.heading
    )  # fmt: skip


def _items(where: Sequence[Candidate], order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The items that ``order`` begins with, each with its sentences."""
    item = [order[0]]
    for last, n in pairwise(order):
        if not _continues(where, last, n):
            break
        if _is_item(where[n]):
            yield tuple(item)
            item = []
        item.append(n)
    yield tuple(item)


def _lines(where: Sequence[Candidate], order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The lines that ``order`` begins with, down to a blank one; of a paragraph its start."""
    yield (order[0],)
    for last, n in pairwise(order):
        if not _adjoin(where[last], where[n]) or _between(where[last], where[n]).count("\n") != 1:
            return
        yield (n,)


def _continues(where: Sequence[Candidate], last: int, n: int) -> bool:
    """Whether a list that ``last`` is in goes on with ``n``: an item, or more of the item."""
    if not _adjoin(where[last], where[n]):
        return False
    if _is_item(where[n]):
        return _is_item(where[last]) or _in_item(where[last])
    gap = _between(where[last], where[n])
    return _in_item(where[n]) and gap.count("\n") <= 1


def _adjoin(one: Candidate, other: Candidate) -> bool:
    """Whether nothing but white space and a marker is between two sentences of one section."""
    a, b = one.passage, other.passage
    is_near = 0 <= other.start - one.end <= _MARKER + _indent(other)
    return a.document == b.document and a.heading == b.heading and is_near


def _between(one: Candidate, other: Candidate) -> str:
    """The white space between two sentences; passages that meet have a line break there."""
    if one.passage.id != other.passage.id:
        return "\n"
    shift = one.passage.start
    return one.passage.text[one.end - shift : other.start - shift]


def _line_before(candidate: Candidate) -> str:
    """What stands before it in its line."""
    text, at = candidate.passage.text, candidate.start - candidate.passage.start
    return text[text.rfind("\n", 0, at) + 1 : at]


def _item(candidate: Candidate) -> tuple[str, bool]:
    return item_at(candidate.passage.text, candidate.start - candidate.passage.start)


def _is_item(candidate: Candidate) -> bool:
    """Whether it is the first sentence behind a bullet or a number."""
    return _item(candidate)[1]


def _in_item(candidate: Candidate) -> bool:
    """Whether its line is an item, or goes on with one by its indentation."""
    return bool(_item(candidate)[0]) or _line_before(candidate).startswith("  ")


def _indent(candidate: Candidate) -> int:
    before = _line_before(candidate)
    return len(before) - len(before.lstrip())
