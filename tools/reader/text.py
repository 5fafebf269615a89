"""The public texts that questions are made from, as titled lists of sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.datasets import json_lines
from index.sentences import STRANDED, boundaries

_TOKENISED = (
    (re.compile(r"`` ?| ?''"), '"'),
    (re.compile(r" ([,.;:!?%)\]’])"), r"\1"),
    (re.compile(r"([(\[$£€]) "), r"\1"),
    (re.compile(r" ('s|n't|'re|'ve|'ll|'d)\b"), r"\1"),
    (re.compile(r"(?<=\w) - (?=\w)"), "-"),
)
# A line, and those after it that it went on in, when the texts were written about.
_LINE_THEN = re.compile(
    r"[^\n]+(?:(?<![.!?:;。！？\n])\n(?=[^\S\n]*[^\W\d_A-ZÀ-ÞА-Я一-鿿])[^\n]+)*"
)
_SHORTEST = 60  # characters of a text, and
_LINE = 40  # of a line of WiCE's evidence, from which on it is taken for prose
_LINES = 8  # of WiCE's evidence that make one text


@dataclass(frozen=True, slots=True)
class Text:
    """One passage: its title, its sentences, and where it is from."""

    title: str
    sentences: tuple[str, ...]
    source: str


def natural(text: str) -> str:
    """Undo the spaces that a tokeniser left: "1 , 000 ( est . )" -> "1, 000 (est.)"."""
    for pattern, replacement in _TOKENISED:
        text = pattern.sub(replacement, text)
    return re.sub(r"[ \t]+", " ", text).strip()


def split(text: str) -> tuple[str, ...]:
    """Return the sentences of ``text`` as they were told apart when they were written about.

    Since then "Ms." ends none any more, an item's number is part of what it numbers, and a
    sentence goes on over a line that was full.
    """
    found: list[str] = []
    for line in _LINE_THEN.finditer(text):
        end = 0
        for start, stop in boundaries(line.group()):
            said = line.group()[start:stop].strip()
            if end and STRANDED.match(said):  # a closing quote or bracket
                found[-1] += line.group()[end:stop].rstrip()
            elif said:
                found.append(said)
            end = stop if said else end
    return tuple(found)


def texts(data: Path) -> Iterator[Text]:
    """Yield the passages of ClapNQ, MTRAG-UN, AttributionBench and WiCE, each once."""
    seen: set[str] = set()
    for title, text, source in _raw(data):
        body = natural(text)
        if body not in seen and len(body) > _SHORTEST:
            seen.add(body)
            yield Text(title, split(body), source)


def _raw(data: Path) -> Iterator[tuple[str, str, str]]:
    for name in ("answerable", "unanswerable"):
        for row in json_lines(data / "clapnq" / f"{name}.jsonl"):
            for passage in row["passages"]:
                yield passage["title"], passage["text"], "clapnq"
    for row in json_lines(data / "mtrag_un" / "tasks.jsonl"):
        for passage in row["contexts"]:
            yield passage.get("title") or "", _untitled(passage), "mtrag"
    for row in json_lines(data / "attributionbench" / "dev_all_subset_balanced.jsonl"):
        for reference in row["references"]:
            yield *reference_parts(reference), "attribution"
    for row in json_lines(data / "wice" / "claim_dev.jsonl"):
        yield from _evidence(row["evidence"])


def _untitled(passage: dict[str, Any]) -> str:
    """The text of an MTRAG passage without the title that its first line repeats."""
    title: str = passage.get("title") or ""
    text: str = passage["text"].strip()
    return text[len(title) :].strip() if title and text.startswith(title) else text


def _evidence(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """The prose among the lines of a page that WiCE cites."""
    meta = [line.split(":", 1)[1] for line in lines if "(meta data) TITLE:" in line]
    title = meta[0].split("|")[0].split("–")[0].strip() if meta else ""
    body = [line for line in lines if not line.startswith("(meta data)") and len(line) > _LINE]
    prose = [line for line in body if line.rstrip()[-1:] in '.!?"']
    for start in range(0, len(prose), _LINES):
        yield title, " ".join(prose[start : start + _LINES]), "wice"


def reference_parts(reference: str) -> tuple[str, str]:
    """Split an AttributionBench reference into its title and text."""
    found = re.match(r"(?:Title: (.*?)\n)?(?:Section:.*?\n)?\s*(?:Text:)?(.*)", reference, re.S)
    assert found is not None
    title, text = found.group(1) or "", found.group(2)
    if linked := re.match(r"\s*\[\d+\]\s*\S+\s*\n(.*)", text, re.S):
        text = linked.group(1)
    return re.sub(r"\s*\((?:www\.)?[\w.-]+\)$", "", title), text.strip()
