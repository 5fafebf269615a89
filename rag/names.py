"""Names that a text gives in another form: by their initials, or by what people call them.

"WHO" is the World Health Organization, and what is American is of the United States. A derived
name (Cuba, Cuban) is told by ``rag.terms.same_name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from index.stopwords import STOPWORDS

# Each line is one name; only those that neither initials nor an ending tell.
_CALLED = """
american, americans, america, usa, us, u.s., u.s.a., united states
british, briton, britons, britain, uk, u.k., united kingdom
soviet, soviets, ussr, u.s.s.r., soviet union
dutch, netherlands, holland
french, france
spanish, spaniard, spaniards, spain
swiss, switzerland
welsh, wales
greek, greeks, greece
irish, ireland
scottish, scots, scotland
danish, danes, denmark
polish, poles, poland
turkish, turks, turkey
swedish, swedes, sweden
finnish, finns, finland
filipino, filipinos, philippines
emirati, emiratis, uae, united arab emirates
european union, eu, e.u.
united nations, un, u.n.
"""
# "Latin America" is not America, "New South Wales" not Wales.
_OF_ANOTHER = "".join(
    f"(?<!{word} )" for word in ("Latin", "South", "Central", "North", "Northern", "Southern")
)
_GROUPS = tuple(
    frozenset(name.strip() for name in line.split(",")) for line in _CALLED.strip().splitlines()
)
_WORDS = tuple(
    re.compile(
        rf"(?<![\w.]){_OF_ANOTHER}(?:"
        + "|".join(re.escape(n) for n in sorted(group, key=len)[::-1])
        + r")(?![\w])",
        re.IGNORECASE,
    )
    for group in _GROUPS
)
# Two letters say too little: AM and PM are nobody's initials.
_SHORT = re.compile(r"\b[A-Z]{3,6}\b(?!-)")
_WORD = re.compile(r"[\w’']+")
_RUN = re.compile(
    r"\b[A-Z][\w’']*(?:[ \t-]+(?:(?:of|the|and|for|on|in|de|del|la)[ \t]+)*[A-Z][\w’']*)+"
)


def otherwise(question: str, text: str) -> list[tuple[int, int]]:
    """Return the spans of ``question`` that hold a name which ``text`` gives in another form."""
    return [*_called(question, text), *_initials(question, text)]


def _called(question: str, text: str) -> Iterator[tuple[int, int]]:
    for words in _WORDS:
        asked = [m.span() for m in words.finditer(question) if _is_name(question, m)]
        if asked and any(_is_name(text, match) for match in words.finditer(text)):
            yield from asked


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether it is written as a name: "us" is none in "they told us"."""
    return match.group()[0].isupper() and (len(match.group()) > 2 or match.group().isupper())


def _initials(question: str, text: str) -> Iterator[tuple[int, int]]:
    """Short forms that a run of capitalised words in the text spells, and the other way round."""
    spelt, short = {letters for letters, _ in _runs(text)}, set(_SHORT.findall(text))
    yield from (m.span() for m in _SHORT.finditer(question) if m.group() in spelt)
    yield from (span for letters, span in _runs(question) if letters in short)


@lru_cache(maxsize=1024)
def _runs(text: str) -> list[tuple[str, tuple[int, int]]]:
    """The initials of runs of capitalised words, and where they stand, without "Is the" before."""
    found = []
    for run in _RUN.finditer(text):
        words = [m for m in _WORD.finditer(text, *run.span()) if m.group().lower() not in STOPWORDS]
        letters = "".join(word.group()[0] for word in words if word.group()[0].isupper())
        if words:
            found.append((letters, (words[0].start(), run.end())))
    return found
