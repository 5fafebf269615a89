"""Text and vectors made up for the speed benchmarks: no one's words, the same for each seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

_SYLLABLES = [
    "ba",
    "de",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
    "we",
    "zi",
    "cha",
    "dro",
    "fle",
    "gra",
    "plo",
    "ster",
    "thi",
]
_LINKS = [
    "the",
    "of",
    "and",
    "in",
    "to",
    "a",
    "was",
    "for",
    "on",
    "with",
    "by",
    "from",
    "that",
    "is",
    "as",
    "at",
    "it",
    "were",
    "had",
    "its",
]
_WORDS = 20_000
_CENTRES = 256  # topics that the vectors gather around


class Writer:
    """Writes sentences whose words are as unevenly frequent as those of a language (Zipf)."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        spelling = random.Random(0)
        self._words = [
            "".join(spelling.choices(_SYLLABLES, k=spelling.randint(2, 4))) for _ in range(_WORDS)
        ]
        self._until = np.cumsum(1 / (10 + np.arange(_WORDS))).tolist()

    def words(self, number: int) -> list[str]:
        """Return content words."""
        return self._chance.choices(self._words, cum_weights=self._until, k=number)

    def sentence(self) -> str:
        """Return a sentence of 8 to 25 words, every other one a function word."""
        content = self.words(self._chance.randint(4, 12))
        links = self._chance.choices(_LINKS, k=len(content))
        text = " ".join(f"{link} {word}" for link, word in zip(links, content, strict=True))
        return f"{text.capitalize()}."

    def text(self, characters: int) -> str:
        """Return paragraphs of at least so many characters in all."""
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < characters:
            paragraphs.append(" ".join(self.sentence() for _ in range(self._chance.randint(3, 8))))
        return "\n\n".join(paragraphs)

    def question(self) -> str:
        """Return a question with four to eight content words."""
        return f"What was the {' of the '.join(self.words(self._chance.randint(4, 8)))}?"


def write_folder(folder: Path, files: int, characters: int, seed: int) -> Path:
    """Write ``files`` text files of about ``characters`` each into the new folder ``folder``."""
    folder.mkdir(parents=True)
    writer = Writer(seed)
    for n in range(files):
        (folder / f"{n:05}.txt").write_text(writer.text(characters), encoding="utf-8")
    return folder


class SyntheticEmbedder:
    """Unit vectors (384,) around 256 centres, the same for the same text; takes no time."""

    name = "synthetic"

    def __init__(self) -> None:
        self._centres = np.random.default_rng(0).standard_normal((_CENTRES, 384), dtype=np.float32)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row for each text."""
        keys = [crc32(text.encode()) for text in texts]
        noise = [np.random.default_rng(key).standard_normal(384, dtype=np.float32) for key in keys]
        rows = self._centres[[key % _CENTRES for key in keys]] + np.stack(noise)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
