"""Synonyms from WordNet's database files (Debian: wordnet-base), for training only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

FOLDER = Path("/usr/share/wordnet")


@lru_cache(maxsize=50_000)
def synonyms(lemma: str, part: str, most: int = 2) -> tuple[str, ...]:
    """Return single-word synonyms of the ``most`` commonest senses of ``lemma``.

    ``part`` is the part of speech: "noun", "verb" or "adj".
    """
    senses, synsets = _tables(part)
    words = (word for offset in senses.get(lemma, [])[:most] for word in synsets[offset])
    single = (w for w in words if w.isalpha() and w.islower() and w != lemma)
    return tuple(dict.fromkeys(single))


@lru_cache(maxsize=4)
def _tables(part: str) -> tuple[dict[str, list[int]], dict[int, list[str]]]:
    """Read a lemma's synsets, most frequent first, and a synset's words (wndb(5WN))."""
    senses: dict[str, list[int]] = {}
    for fields in _lines(f"index.{part}"):
        many = int(fields[2])
        senses[fields[0]] = [int(offset) for offset in fields[-many:]]
    synsets: dict[int, list[str]] = {}
    for fields in _lines(f"data.{part}"):
        count = int(fields[3], 16)
        synsets[int(fields[0])] = [fields[4 + 2 * n].split("(")[0] for n in range(count)]
    return senses, synsets


def _lines(name: str) -> Iterator[list[str]]:
    """The fields of each line of a database file, without its licence and the glosses."""
    text = (FOLDER / name).read_text(encoding="utf-8", errors="replace")
    return (line.split("|")[0].split() for line in text.splitlines() if not line.startswith(" "))
