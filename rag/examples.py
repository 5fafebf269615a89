"""Questions to begin with, made from the documents and known to be answered by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.language import parse
from rag.quantities import quantities

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

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
    """Questions that sentences of ``text`` answer: "When was X founded?", "How many X …?"."""
    found = [question for chunk in parse(text).noun_chunks if (question := _about(chunk))]
    for quantity in quantities(text):
        words = quantity.thing.split()
        if quantity.value > 12 and len(words) in (2, 3) and words[-1].endswith("s"):
            found.append(f"How many {quantity.thing} are there?")
    return [question for question in dict.fromkeys(found) if len(question) <= _LONGEST]


def _about(chunk: Span) -> str | None:
    """A question about the subject of a sentence, None where it makes no good one."""
    root, verb = chunk.root, chunk.root.head
    definite = root.pos_ == "NOUN" and chunk[0].lower_ == "the"
    if not (root.pos_ == "PROPN" or definite) or not chunk.text[0].isalpha():  # a bullet
        return None
    name = " ".join(chunk.text.split())
    name = f"the{name[3:]}" if name.startswith("The ") else name
    if root.dep_ == "nsubjpass" and verb.tag_ == "VBN" and _happened(verb):
        particle = "".join(f" {child.text}" for child in verb.children if child.dep_ == "prt")
        return f"When was {name} {verb.text}{particle}?"
    if root.dep_ != "nsubj" or definite:
        return None
    dated = any(entity.label_ == "DATE" for entity in chunk.sent.ents)
    if dated and verb.tag_ == "VBD" and (thing := _object(verb)):
        return f"When did {name} {verb.lemma_} {thing}?"
    opens = chunk.start == chunk.sent.start and verb.i == chunk.end
    return f"What {verb.text} {name}?" if opens and verb.lemma_ == "be" else None


def _happened(verb: Token) -> bool:
    """Whether the sentence says when it was done: "was built in 1871"."""
    children = list(verb.children)
    if any(child.dep_ in ("xcomp", "ccomp") for child in children):  # "is said to have …"
        return False
    whens = [child for child in children if child.dep_ == "prep"]
    return any(token.ent_type_ == "DATE" for when in whens for token in when.children)


def _object(verb: Token) -> str:
    """The direct object of ``verb`` where it is a name."""
    things = [child for child in verb.children if child.dep_ == "dobj" and child.pos_ == "PROPN"]
    return " ".join(token.text for token in things[0].subtree) if things else ""
