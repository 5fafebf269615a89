"""When two texts say the same words, and when two places are the same place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from evals.cases import Place
from rag.schema import Citation, Passage

_GROUPED = re.compile(r"(?<=\d)[,’'\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_QUOTES = str.maketrans("‘’‚‛“”„‟«»", '\'\'\'\'""""""')
_INVISIBLE = str.maketrans("", "", "\u00ad\u200b\ufeff")


def normalise(text: str) -> str:
    """Return ``text`` as it is compared: a difference a reader would not mind is gone.

    Removed are case, accents, soft hyphens, thousands separators (1,500,000 is 1500000), the
    kind of dash, quotation mark and white space, and the hyphen between two letters, which
    reads as a space.
    """
    text = _GROUPED.sub("", text.translate(_INVISIBLE))
    text = _DASHES.sub("-", text.translate(_QUOTES))
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text)
    return " ".join(re.sub(r"\s+%", "%", text).split())


def holds(text: str, phrase: str) -> bool:
    """Say whether ``text`` holds ``phrase`` as whole words, both normalised.

    A number is whole too: "5 million" is not in "1.5 million", nor "20" in "2005".
    """
    words = normalise(phrase)
    start = r"(?<!\w)(?<!\d[.,])" if words[:1].isalnum() else ""
    end = r"(?!\w)(?![.,]\d)" if words[-1:].isalnum() else ""
    return bool(words) and bool(re.search(start + re.escape(words) + end, normalise(text)))


def verbatim(sentence: str, cited: Sequence[str]) -> bool:
    """Say whether one of the ``cited`` texts holds ``sentence`` word for word.

    This is the support check for a writer that quotes; only white space may differ.
    """
    words = " ".join(sentence.split())
    return bool(words) and any(words in " ".join(text.split()) for text in cited)


def overlap(one: Place, other: Place) -> bool:
    """Say whether two places share at least half of the shorter one's characters."""
    if one.document != other.document:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0 and 2 * shared >= min(one.end - one.start, other.end - other.start)


def place_of(item: Citation | Passage) -> Place:
    """Return where a citation or passage stands."""
    return Place(item.document, item.start, item.end)
