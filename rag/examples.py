"""Questions to begin with, made from the documents and known to be answered by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.language import parse
from rag.quantities import quantities

if TYPE_CHECKING:
    from spacy.tokens import Token

    from rag.assistant import Assistant

_READ = 12  # documents looked at
_OPENING = 5_000  # characters read of each
_LONGEST = 70  # characters of a question


def examples(assistant: Assistant, most: int = 4) -> list[str]:
    """Return up to ``most`` short questions that ``assistant`` answers, one a document at most.

    Questions are drawn from sentences that give a date, a count or a description of something
    named, and each is asked before it is offered.
    """
    found: list[str] = []
    for info in assistant.index.documents()[:_READ]:
        for question in _drawn(assistant.index.text(info.id)[:_OPENING])[:4]:
            if question not in found and assistant.ask(question).status != "not_found":
                found.append(question)
                break
        if len(found) == most:
            break
    return found


def _drawn(text: str) -> list[str]:
    """Questions that sentences of ``text`` answer: "When was X founded?", "What is X?"."""
    found = []
    for chunk in parse(text).noun_chunks:
        if chunk.root.dep_ not in ("nsubj", "nsubjpass") or chunk.root.pos_ != "PROPN":
            continue
        if not chunk.text[0].isalpha():  # a bullet or a bracket
            continue
        name, verb = " ".join(chunk.text.split()), chunk.root.head
        dated = any(entity.label_ == "DATE" for entity in chunk.sent.ents)
        if dated and chunk.root.dep_ == "nsubjpass" and verb.tag_ == "VBN":
            particle = "".join(f" {c.text}" for c in verb.children if c.dep_ == "prt")
            found.append(f"When was {name} {verb.text}{particle}?")
        elif dated and verb.tag_ == "VBD" and (thing := _object(verb)):
            found.append(f"When did {name} {verb.lemma_} {thing}?")
        elif verb.lemma_ == "be" and verb.i == chunk.end and chunk.start == chunk.sent.start:
            found.append(f"What {verb.text} {name}?")
    for quantity in quantities(text):
        words = quantity.thing.split()
        if quantity.value > 12 and len(words) in (2, 3) and words[-1].endswith("s"):
            found.append(f"How many {quantity.thing} are there?")
    return [question for question in dict.fromkeys(found) if len(question) <= _LONGEST]


def _object(verb: Token) -> str:
    """The direct object of ``verb`` where it is a name."""
    things = [child for child in verb.children if child.dep_ == "dobj" and child.pos_ == "PROPN"]
    return " ".join(token.text for token in things[0].subtree) if things else ""
