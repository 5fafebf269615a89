"""Unanswerable questions: a drafted one with a name or a year in it exchanged for another.

An exchange is kept only if no passage of the index speaks of the new name, or the new year, and
of what is asked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.matching import holds

if TYPE_CHECKING:
    from index import Index

# Names to exchange for when the documents hold no other of the kind; one that is in the
# documents is not used.
_STRANGERS = {
    "person": ("Ingrid Solberg", "Tomás Ferreira", "Amina Diallo", "Kenji Morita"),
    "place": ("Uruguay", "Slovenia", "Botswana", "Nepal"),
    "organisation": ("the Baltic Museum Fund", "the Alpine Rescue Union"),
}
_YEAR = r"(?:1[5-9]|20)\d\d"
# A year that says when something happened. What held "since 1990" may have held since 1993, too.
_DATED = re.compile(
    r"\b(?:in|during|on)(?: the \w+ of)?(?: \d{1,2})?(?: (?:January|February|March|April|May|June|"
    rf"July|August|September|October|November|December))?(?: \d{{1,2}},?)? ({_YEAR})\b(?![-–/]\d)"
)
_SPAN = re.compile(rf"\b({_YEAR})\s*(?:-|–|—|to|and|until|till)\s*({_YEAR}|\d\d)\b")
_DECADE = re.compile(rf"\b({_YEAR})s\b")
_OPEN = re.compile(rf"\b(since|after|from|before|until|till|by)\s+(?:\w+\s+)?({_YEAR})\b", re.I)
_NEAR = (-2, 3, -5, 4, -7, 6)  # years that are tried when the documents hold no other


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question made from a sentence: what answers it, and which name in it can be exchanged.

    ``asks`` are the words that say what is asked, neither the answer nor the name.
    """

    question: str
    answer: str
    source: str
    quote: str
    name: str | None
    name_kind: str | None
    asks: tuple[str, ...]

    @property
    def year(self) -> str | None:
        """The year in which what is asked about happened, if the question gives one."""
        found = _DATED.findall(self.question)
        return found[0] if len(found) == 1 and self.question.count(found[0]) == 1 else None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A drafted question, the same with ``new`` put for ``old``, which nothing answers."""

    drafted: Drafted
    old: str
    new: str

    @property
    def question(self) -> str:
        """The question that the documents do not answer."""
        return self.drafted.question.replace(self.old, self.new)


class Texts:
    """The passages of an index, searched for words that stand together."""

    def __init__(self, index: Index) -> None:
        ids = (f"{d.id}:{n}" for d in index.documents() for n in range(d.passages))
        self._passages = [
            f"{passage.heading or ''}\n{passage.text}" for passage in index.passages(list(ids))
        ]

    def say(self, name: str) -> list[str]:
        """The passages that hold ``name``, or its last word: "Lopez" for "Maria Lopez"."""
        return [
            text for text in self._passages if holds(text, name) or holds(text, name.split()[-1])
        ]

    def together(self, name: str, words: Iterable[str]) -> bool:
        """Say whether a passage holds ``name`` and any of ``words``, by the first five letters."""
        return _any_of(self.say(name), words)

    def dated(self, year: str, words: Iterable[str]) -> bool:
        """Say whether a passage that speaks of ``year`` holds any of ``words``.

        A passage speaks of a year that it names, or that lies in a span of years, a decade, or
        the open time after or before a year that it names.
        """
        return _any_of((text for text in self._passages if covers(text, int(year))), words)


def unanswerable(drafted: Sequence[Drafted], texts: Texts, most: int) -> Iterator[Exchange]:
    """Yield up to ``most`` exchanges, of names and of years by turns where there are both."""
    names: dict[str, list[str]] = {"year": []}
    for item in drafted:
        for kind, name in ((item.name_kind, item.name), ("year", item.year)):
            if kind and name and name not in names.setdefault(kind, []):
                names[kind].append(name)
    found = 0
    for item in drafted:
        if found == most:
            return
        ways = [_other_name(item, names, texts, found), _other_year(item, names["year"], texts)]
        exchange = next(filter(None, ways[found % 2 :] + ways[: found % 2]), None)
        if exchange:
            found += 1
            yield exchange


def covers(text: str, year: int) -> bool:
    """Say whether ``text`` speaks of ``year``: by name, in a span, a decade, or an open time."""
    if re.search(rf"\b{year}\b", text):
        return True
    spans = ((int(a), int(b if len(b) == 4 else a[:2] + b)) for a, b in _SPAN.findall(text))
    decades = ((int(start), int(start) + 9) for start in _DECADE.findall(text))
    after = ("since", "after", "from")
    opened = (
        (int(named), 9999) if word.lower() in after else (0, int(named))
        for word, named in _OPEN.findall(text)
    )
    return any(first <= year <= last for first, last in (*spans, *decades, *opened))


def _any_of(passages: Iterable[str], words: Iterable[str]) -> bool:
    stems = [word[:5].lower() for word in words]
    return any(stem in text.lower() for text in passages for stem in stems)


def _other_name(
    item: Drafted, names: dict[str, list[str]], texts: Texts, turn: int
) -> Exchange | None:
    """Another name of the kind of the question's, that nothing is said of; they take turns."""
    if item.name is None or item.name_kind is None or not item.asks:
        return None
    strangers = _STRANGERS[item.name_kind]
    others = [*names[item.name_kind], *strangers]
    first = turn % len(others)
    for other in [*others[first:], *others[:first]]:
        alike = other in item.quote or other in item.name or item.name in other
        spoken_of = texts.say(other) if other in strangers else texts.together(other, item.asks)
        if not alike and not spoken_of:
            return Exchange(item, item.name, other)
    return None


def _other_year(item: Drafted, years: Sequence[str], texts: Texts) -> Exchange | None:
    """Another year: one that other questions give, else one near by."""
    if item.year is None or not item.asks:
        return None
    words = (*item.asks, *re.findall(r"\w{4,}", item.name or ""))
    near = (str(int(item.year) + step) for step in _NEAR)
    for other in (*years, *near):
        if not covers(item.quote, int(other)) and not texts.dated(other, words):
            return Exchange(item, item.year, other)
    return None
