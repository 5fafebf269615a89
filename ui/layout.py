"""How the sentences of an answer stand below each other: in paragraphs, and as lists in lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from index.lists import item_at
from rag.schema import Answer, Citation, Passage, Sentence


@dataclass(frozen=True, slots=True)
class Block:
    """Sentences that read on; of an item of a list, ``label`` is its marker: "•" or "3."."""

    sentences: tuple[Sentence, ...]
    label: str = ""


def paragraphs(answer: Answer) -> list[list[Sentence]]:
    """Group the sentences of an answer: those from one passage read on, others start anew."""
    passages = {citation.marker: citation.passage for citation in answer.citations}

    def passage(sentence: Sentence) -> str | None:
        return passages.get(sentence.citations[0]) if sentence.citations else None

    return [list(group) for _, group in groupby(answer.sentences, key=passage)]


def blocks(answer: Answer) -> Iterator[list[Block]]:
    """Yield paragraphs, of one block each, and lists, of a block for each item.

    A sentence is in an item if it stands in one in its document, word for word.
    """
    cited = {citation.marker: citation for citation in answer.citations}
    passages = {passage.id: passage for passage in answer.passages}
    for group in paragraphs(answer):
        found: list[Block] = []
        for sentence in group:
            citation = cited.get(sentence.citations[0]) if sentence.citations else None
            passage = passages.get(citation.passage) if citation else None
            label = _label(sentence, citation, passage) if citation and passage else ""
            if found and (label == _WITHIN or not (label or found[-1].label)):
                last = found.pop()
                found.append(Block((*last.sentences, sentence), last.label))
            else:
                found.append(Block((sentence,), label.strip(_WITHIN)))
        yield from (list(run) for _, run in groupby(found, key=lambda block: bool(block.label)))


_WITHIN = "…"  # behind the first sentence of an item


def _label(sentence: Sentence, citation: Citation, passage: Passage) -> str:
    """The marker of the item that a sentence begins, "…" if it goes on in one, "" in prose."""
    marker, is_first = item_at(passage.text, citation.start - passage.start)
    if sentence.text != citation.quote or not marker:
        return ""
    if not is_first:
        return _WITHIN
    number = marker.strip("-*•–() .")
    return f"{number}." if number.isdigit() else "•"
