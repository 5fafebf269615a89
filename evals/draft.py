"""Draft cases from a user's own documents, without a model that writes: for a person to edit.

A sentence that defines, dates or counts something is turned into the question it answers, by its
grammar (in the manner of Heilman and Smith, "Good Question!", NAACL 2010, reduced to patterns
that seldom go wrong). The sentence is the evidence, the words that were asked for the answer. An
unanswerable question is one of these with a name or a year in it exchanged (``evals.exchange``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from evals.cases import Case, Span
from evals.exchange import Drafted, Exchange, Texts, unanswerable
from index.sentences import sentences
from rag.language import parse

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

    from index import Index

WORDS = range(6, 36)  # a shorter sentence says too little, a longer one is parsed badly
_LONGEST_DATE = 5  # tokens of "on 30 October 2000,"; more is a clause of its own
_NAMES = {"PERSON": "person", "GPE": "place", "LOC": "place", "ORG": "organisation"}
_ODD = re.compile(r"[\"“”«»;:|\n\t]|\.\.\.|…")
_LOOSE = frozenset({"PRON", "DET"})
_POINTING = frozenset(
    ["this", "that", "these", "those", "other", "such", "his", "her", "its", "their", "one"]
)
_ITEM = re.compile(r"[-*•–+]\s|\d{1,3}[.)]\s")
_PEOPLE = re.compile(
    r"(?:ist|ian|eer|ress|man|woman|president|king|queen|host|nurse|poet|doctor|author|actor|"
    r"professor|director|minister|leader|writer|singer|player|painter|composer|teacher|founder)$"
)
_UNITS = frozenset(
    [
        "foot",
        "inch",
        "metre",
        "meter",
        "kilometre",
        "kilometer",
        "mile",
        "acre",
        "pound",
        "ton",
        "tonne",
    ]
)


def draft(
    index: Index, most: int, progress: Callable[[int, int], None] | None = None
) -> list[Case]:
    """Return up to ``most`` cases from the documents of ``index``, a third unanswerable.

    Documents take turns, so that one long one does not give all. The same index gives the same
    cases, and a question has the same id in every index. Every case says in its note that a person
    should look at it.
    """
    found = list(_answerable(index, most, progress))
    wanted = most // 3
    silent = list(unanswerable(found, Texts(index), wanted))
    kept = found[: most - len(silent)]
    return [*map(_case, kept), *map(_silent_case, silent)]


def questions(sentence: str, source: str = "") -> Iterator[Drafted]:
    """Yield the questions that ``sentence`` answers: what or who, when, how many."""
    odd = _ODD.search(sentence) or _ITEM.match(sentence)
    if odd or len(sentence.split()) not in WORDS:
        return
    doc = parse(sentence)
    root = next((token for token in doc if token.dep_ == "ROOT"), None)
    subject = _child(root, "nsubj", "nsubjpass") if root is not None else None
    if root is None or subject is None or _vague(subject):
        return
    for make in (_definition, _date, _count, _doer):
        if made := make(doc, root, subject):
            question, answer = made
            name, kind = _name(doc, question)
            asks = tuple(_content(doc, answer, name))
            yield Drafted(question, answer, source, sentence, name, kind, asks)


def _definition(doc: Doc, root: Token, subject: Token) -> tuple[str, str] | None:
    """Ask what or who: "Heberprot-P is a Cuban medicine" → "What is Heberprot-P"."""
    attribute = _child(root, "attr")
    if root.lemma_ != "be" or attribute is None or subject.pos_ != "PROPN":
        return None
    if attribute.pos_ != "NOUN" or not subject.i < root.i < attribute.i or _pointing(attribute):
        return None
    person = subject.ent_type_ == "PERSON" and _PEOPLE.search(attribute.lower_)
    word = "Who" if person else "What"
    return f"{word} {root.text} {_phrase(subject)}?", _phrase(attribute)


def _date(doc: Doc, root: Token, subject: Token) -> tuple[str, str] | None:
    """Ask when: "The bridge was opened in 1904" → "When was the bridge opened"."""
    date = _dated(doc, root)
    if date is None:
        return None
    cut = {token.i for token in date.subtree}
    asked = _asked("When", root, subject, cut)
    answer = next(e.text for e in doc.ents if e.label_ == "DATE" and e.root.head == date)
    return (asked, answer) if asked else None


def _doer(doc: Doc, root: Token, subject: Token) -> tuple[str, str] | None:
    """Ask who or what: "Ann Lind built the mill in 1904" → "Who built the mill in 1904"."""
    date = _dated(doc, root)
    person = subject.ent_type_ == "PERSON"
    # A name that acts and is not known to be a person's may be one: neither "who" nor "what".
    unclear = subject.tag_ == "NNP" and not person and subject.dep_ == "nsubj"
    if date is None or unclear or subject.tag_ not in ("NN", "NNP") or _child(subject, "conj"):
        return None
    cut = {token.i for token in date.subtree}
    rest = _rest(root, {token.i for token in subject.subtree} | cut)
    if not rest or len(cut) > _LONGEST_DATE:
        return None
    helpers = [t.text for t in root.lefts if t.dep_ in ("aux", "auxpass")]
    word = "Who" if person else "What"
    when = doc[min(cut) : max(cut) + 1].text
    parts = [word, *helpers, root.text, rest, when[0].lower() + when[1:]]
    return " ".join(parts) + "?", _phrase(subject)


def _dated(doc: Doc, root: Token) -> Token | None:
    """The preposition that ties a date with a year to ``root``: the "in" of "in 1904"."""
    for entity in doc.ents:
        preposition = entity.root.head
        dated = entity.label_ == "DATE" and re.search(r"\b\d{4}\b", entity.text)
        if dated and preposition.dep_ == "prep" and preposition.head == root:
            return preposition
    return None


def _count(doc: Doc, root: Token, subject: Token) -> tuple[str, str] | None:
    """Ask how many: "It taught 1,200 pupils" → "How many pupils did it teach"."""
    thing = _child(root, "dobj")
    number = _child(thing, "nummod") if thing is not None else None
    if thing is None or number is None or thing.tag_ != "NNS" or thing.lemma_ in _UNITS:
        return None
    if thing.ent_type_ == "DATE":
        return None
    figure = {token.i for token in number.subtree} | {thing.i}
    lead = {t.i for t in thing.lefts if t.dep_ in ("advmod", "amod", "compound", "det")}
    described = [t.text for t in thing.lefts if t.dep_ in ("amod", "compound") and t.i > number.i]
    words = " ".join(["How many", *described, thing.text])
    asked = _asked(words, root, subject, figure | lead)
    return (asked, doc[min(figure - {thing.i}) : number.i + 1].text) if asked else None


def _asked(word: str, root: Token, subject: Token, cut: set[int]) -> str | None:
    """The clause of ``root`` as a question, without the tokens in ``cut``."""
    if root.tag_ not in ("VBD", "VBN", "VBZ", "VBP") and root.lemma_ != "be":
        return None
    auxiliaries = [t for t in root.lefts if t.dep_ in ("aux", "auxpass")]
    rest = _rest(root, {t.i for t in subject.subtree} | {t.i for t in auxiliaries} | cut)
    if rest is None:
        return None
    who = _phrase(subject)
    if auxiliaries:
        helpers = [t.text for t in auxiliaries[1:]]
        parts = [word, auxiliaries[0].text, who, *helpers, root.text, rest]
    elif root.lemma_ == "be":
        parts = [word, root.text, who, rest]
    else:
        do = {"VBZ": "does", "VBP": "do"}.get(root.tag_, "did")
        parts = [word, do, who, root.lemma_, rest]
    return " ".join(part for part in parts if part).replace(" ,", ",") + "?"


def _rest(root: Token, inside: set[int]) -> str | None:
    """What follows ``root`` in its clause, without the tokens in ``inside``; None if it goes on."""
    after = [t for t in root.doc[root.i + 1 :] if t.i not in inside]
    after = after[:-1] if after and after[-1].is_punct else after
    clauses = ("conj", "ccomp", "advcl", "parataxis", "nsubj", "nsubjpass")
    if any(t.is_punct or (t.dep_ in clauses and t.head == root) for t in after):
        return None
    return " ".join("".join(t.text_with_ws for t in after).split())


def _child(token: Token | None, *relations: str) -> Token | None:
    found = (t for t in token.children if t.dep_ in relations) if token is not None else ()
    return next(iter(found), None)


def _vague(subject: Token) -> bool:
    """A subject that only the text around it explains: "it", "this", "the second one"."""
    phrase = list(subject.subtree)
    named = any(t.pos_ == "PROPN" for t in phrase)
    marked = any(t.is_punct and t.text != "-" for t in phrase)
    loose = subject.pos_ in _LOOSE or _pointing(subject) or marked
    return loose or len(phrase) > 8 or not (named or len(phrase) > 1)


def _pointing(head: Token) -> bool:
    return any(token.lower_ in _POINTING for token in head.subtree)


def _phrase(head: Token) -> str:
    """A noun with what belongs to it, as it stands in the middle of a sentence."""
    tokens = list(head.subtree)
    text = head.doc[tokens[0].i : tokens[-1].i + 1].text
    plain = tokens[0].i == 0 and tokens[0].pos_ != "PROPN"
    return text[0].lower() + text[1:] if plain else text


def _name(doc: Doc, question: str) -> tuple[str | None, str | None]:
    """The last name of a person, place or body that the question has; None without."""
    found = [(e.text, _NAMES[e.label_]) for e in doc.ents if e.label_ in _NAMES]
    return next(((text, kind) for text, kind in reversed(found) if text in question), (None, None))


def _content(doc: Doc, answer: str, name: str | None) -> Iterator[str]:
    """The words that say what is asked: verbs and nouns, neither the answer nor the name."""
    known = f"{answer} {name or ''}"
    for token in doc:
        if token.pos_ in ("VERB", "NOUN", "PROPN") and token.text not in known:
            yield token.lemma_.lower()


def _answerable(
    index: Index, most: int, progress: Callable[[int, int], None] | None
) -> Iterator[Drafted]:
    """Yield drafted questions, the documents taking turns, until there are enough."""
    readers = [_from_document(index.text(d.id), d.source) for d in index.documents()]
    seen: set[str] = set()
    enough, found = 2 * most, 0
    while readers and found < enough:
        for reader in list(readers):
            item = next((i for i in reader if i.question.lower() not in seen), None)
            if item is None:
                readers.remove(reader)
                continue
            seen.add(item.question.lower())
            found += 1
            if progress:
                progress(min(found, enough), enough)
            yield item


def _from_document(text: str, source: str) -> Iterator[Drafted]:
    spans = sentences(text)
    for start, end in spans:
        sentence = text[start:end]
        if text.count(sentence) == 1:
            yield from questions(sentence, source)


def _id(item: Drafted, kind: str) -> str:
    """The id of what is made from a question; an exchange has that of the question it began as."""
    return f"{kind}-{hashlib.sha256(item.question.lower().encode()).hexdigest()[:10]}"


def _case(item: Drafted) -> Case:
    return Case(
        id=_id(item, "draft"),
        split="dev",
        kind="fact",
        question=item.question,
        answerable=True,
        status="answered",
        answer=((item.answer,),),
        evidence=((Span(document=item.source, quote=item.quote),),),
        note="drafted from the sentence: check the wording",
    )


def _silent_case(exchange: Exchange) -> Case:
    old, new = exchange.old, exchange.new
    return Case(
        id=_id(exchange.drafted, "silent"),
        split="dev",
        kind="unanswerable",
        question=exchange.question,
        answerable=False,
        status="not_found",
        missing=f"this {'in' if new.isdigit() else 'of'} {new}",
        note=f"drafted by putting {new} for {old}: check that the documents are silent",
    )
