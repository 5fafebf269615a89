"""Training examples that were written by hand: questions and claims over passages.

    python -m tools.reader.written ../shared/data OUT.jsonl [HELD_OUT.jsonl]

``written/*.txt`` holds them, a header for each passage and a line for each question and claim::

    ## a17 | 3f2a9c01d4e5
    q when did the first ferry cross the fjord? | 2 (3) | 2:21-25
    q who built the second ferry? | -
    c + 2,3 | A ferry first made the crossing in 1874, under Captain Holm.
    c - 3 | Lindqvist, who learned his trade at home, drew the plans.

Sentences are numbered from 1; those in brackets may be shown and need not be; ``-`` means that the
passage does not answer. After the last bar stands where the answer is, by sentence and characters,
or the answer itself. The passages of public sets are not in the repository: they are found again
in the data by the hash of their text. Those of ``original-*.txt`` were written with their
questions and stand there: a title in the header, a number before each sentence.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.datasets import json_lines
from tools.reader.examples import Example, show
from tools.reader.text import natural, reference_parts, split, texts

FOLDER = Path(__file__).parent / "written"
HELD_OUT = 9  # one passage in so many is not trained on

_PARTS = (6, 8, 9)  # sentences of a long reference that made one passage
_DIALOGUE = 11  # sentences of a CANARD dialogue that did
_SHORTEST = 20  # characters of a sentence of a reference that was kept

_HEADER = re.compile(r"## (\S+) \| (?:([0-9a-f]{12})|(.*))")
_QUESTION = re.compile(r"q (.+?) \| (-|[\d, ]*(?:\([\d, ]*\))?)\s*(?:\| (.*?))?\s*")
_CLAIM = re.compile(r"c ([+-]) ([\d, ]+) \| (.+?)\s*")
_SENTENCE = re.compile(r"(\d+) (.+?)\s*")
_PLACE = re.compile(r"(\d+):(\d+)-(\d+)")

Passage = tuple[str, tuple[str, ...]]  # a title and sentences


def passage_key(sentences: Sequence[str]) -> str:
    """Return the hash by which a passage is found again in the public data."""
    return hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:12]


def passages(data: Path) -> dict[str, Passage]:
    """Return every passage of the public sets that could have been written about, by its key."""
    found = (passage for read in (_pages, _references, _dialogues) for passage in read(data))
    known: dict[str, Passage] = {}
    for title, sentences in found:
        known.setdefault(passage_key(sentences), (title, sentences))
    return known


def _pages(data: Path) -> Iterator[Passage]:
    for text in texts(data):
        if text.source == "wice":
            yield text.title, text.sentences


def _references(data: Path) -> Iterator[Passage]:
    for row in json_lines(data / "attributionbench" / "dev_all_subset_balanced.jsonl"):
        for reference in row["references"]:
            title, text = reference_parts(reference)
            said = split(natural(re.sub(r"\[\d+\]", "", text)))
            kept = tuple(sentence for sentence in said if len(sentence) > _SHORTEST)
            for size in _PARTS:
                for start in range(0, len(kept), size):
                    yield title, kept[start : start + size]


def _dialogues(data: Path) -> Iterator[Passage]:
    longest: dict[str, list[str]] = defaultdict(list)
    for row in json.loads((data / "canard" / "dev_visible.json").read_text(encoding="utf-8")):
        name = row["QuAC_dialog_id"]
        longest[name] = max(longest[name], row["History"], key=len)
    for history in longest.values():
        title, section, *_ = history
        told = (natural(said) for said in history[3::2])
        answers = dict.fromkeys(a for a in told if a not in ("CANNOTANSWER", "I don't know."))
        said = tuple(sentence for answer in answers for sentence in split(answer))
        yield f"{title}, {section}", said[:_DIALOGUE]


def examples(path: Path, known: Mapping[str, Passage]) -> Iterator[Example]:
    """Yield the examples of one file; ``known`` are the public passages by their key.

    Raises:
        ValueError: if a line is not as the format says, naming it.
        KeyError: if a public passage is not in the data.
    """
    source, title, sentences = "", "", list[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        if match := _HEADER.fullmatch(line):
            name, key, title = match.groups()
            source, sentences = f"written:{name}", []
            if key:
                title, sentences = known[key][0], list(known[key][1])
        elif match := _SENTENCE.fullmatch(line):
            sentences.append(match.group(2))
        elif match := _QUESTION.fullmatch(line):
            yield _question(match, title, sentences, source)
        elif match := _CLAIM.fullmatch(line):
            yield _claim(match, title, sentences, source)
        else:
            raise ValueError(f"{path.name}, line {number}: not understood: {line}")


def _numbers(said: str) -> list[int]:
    return [int(number) - 1 for number in re.findall(r"\d+", said)]


def _question(match: re.Match[str], title: str, sentences: Sequence[str], source: str) -> Example:
    question, at, answer = match.groups()
    needed, _, optional = at.partition("(")
    labels = [0] * len(sentences)
    for n in _numbers(optional):
        labels[n] = -1
    for n in _numbers(needed):
        labels[n] = 1
    place = _place(answer, [(n, sentences[n]) for n in _numbers(needed)]) if answer else None
    return Example(question, title, tuple(sentences), tuple(labels), place, source)


def _place(answer: str, needed: Sequence[tuple[int, str]]) -> tuple[int, int, int] | None:
    if match := _PLACE.fullmatch(answer):
        n, start, end = map(int, match.groups())
        return n - 1, start, end
    found = ((n, sentence.find(answer)) for n, sentence in needed)
    return next(((n, start, start + len(answer)) for n, start in found if start >= 0), None)


def _claim(match: re.Match[str], title: str, sentences: Sequence[str], source: str) -> Example:
    sign, at, claim = match.groups()
    supported = sign == "+"
    labels = [0] * len(sentences)
    for n in _numbers(at):
        labels[n] = 1 if supported else -1
    return Example(claim, title, tuple(sentences), tuple(labels), None, source, supported)


def held_out(example: Example) -> bool:
    """Return whether ``example`` is kept from training, with all others of its passage."""
    return zlib.crc32(example.source.encode()) % HELD_OUT == 0


def main(data: str, out: str, held: str = "") -> None:
    """Write the examples to ``out``, or those to train on there and the others to ``held``."""
    known = passages(Path(data))
    found = [e for path in sorted(FOLDER.glob("*.txt")) for e in examples(path, known)]
    kept = [e for e in found if not (held and held_out(e))]
    Path(out).write_text("".join(e.line() + "\n" for e in kept), encoding="utf-8")
    show(len(kept), "examples to train on")
    if held:
        rest = [e for e in found if held_out(e)]
        Path(held).write_text("".join(e.line() + "\n" for e in rest), encoding="utf-8")
        show(len(rest), "held out")


if __name__ == "__main__":
    main(*sys.argv[1:])
