"""Draft cases from a user's own documents, without a model that writes: for a person to edit.

A sentence that defines, dates or counts something is turned into the question it answers, by its
grammar (in the manner of Heilman and Smith, "Good Question!", NAACL 2010, reduced to patterns
that seldom go wrong). The sentence is the evidence, the words that were asked for the answer. An
unanswerable question is one of these with a name in it exchanged for another, kept only if no
passage of the index speaks of the new name and of what is asked at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.cases import Case, Span
from evals.matching import holds
from index.sentences import sentences
from rag.language import parse

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

    from index import Index

WORDS = range(6, 36)  # a shorter sentence says too little, a longer one is parsed badly
_NAMES = {"PERSON": "person", "GPE": "place", "LOC": "place", "ORG": "organisation"}
# Names to exchange for when the documents hold no other of the kind; one that is in the
# documents is not used.
_STRANGERS = {
    "person": ("Ingrid Solberg", "Tomás Ferreira", "Amina Diallo", "Kenji Morita"),
    "place": ("Uruguay", "Slovenia", "Botswana", "Nepal"),
    "organisation": ("the Baltic Museum Fund", "the Alpine Rescue Union"),
}
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


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question made from a sentence: what answers it, and which name in it can be exchanged."""

    question: str
    answer: str
    source: str
    quote: str
    name: str | None
    name_kind: str | None
    asks: tuple[str, ...]


def draft(
    index: Index, most: int, progress: Callable[[int, int], None] | None = None
) -> list[Case]:
    """Return up to ``most`` cases from the documents of ``index``, a third unanswerable.

    Documents take turns, so that one long one does not give all. The same index gives the same
    cases. Every case says in its note that a person should look at it.
    """
    found = list(_answerable(index, most, progress))
    wanted = most // 3
    silent = list(_unanswerable(found, _Texts(index), wanted))
    kept = found[: most - len(silent)]
    cases = [_case(n, item) for n, item in enumerate(kept, start=1)]
    return cases + [_silent_case(n, *item) for n, item in enumerate(silent, start=1)]


def questions(sentence: str, source: str = "") -> Iterator[Drafted]:
    """Yield the questions that ``sentence`` answers: what or who is it, when, how many."""
    odd = _ODD.search(sentence) or _ITEM.match(sentence)
    if odd or len(sentence.split()) not in WORDS:
        return
    doc = parse(sentence)
    root = next((token for token in doc if token.dep_ == "ROOT"), None)
    subject = _child(root, "nsubj", "nsubjpass") if root is not None else None
    if root is None or subject is None or _vague(subject):
        return
    for make in (_definition, _date, _count):
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
    for entity in doc.ents:
        preposition = entity.root.head
        dated = entity.label_ == "DATE" and re.search(r"\b\d{4}\b", entity.text)
        if not dated or preposition.dep_ != "prep" or preposition.head != root:
            continue
        cut = {token.i for token in preposition.subtree}
        asked = _asked("When", root, subject, cut)
        return (asked, entity.text) if asked else None
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
    inside = {t.i for t in subject.subtree} | {t.i for t in auxiliaries} | cut
    after = [t for t in root.doc[root.i + 1 :] if t.i not in inside]
    after = after[:-1] if after and after[-1].is_punct else after
    clauses = ("conj", "ccomp", "advcl", "parataxis", "nsubj", "nsubjpass")
    if any(t.is_punct or (t.dep_ in clauses and t.head == root) for t in after):
        return None
    rest = " ".join("".join(t.text_with_ws for t in after).split())
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


class _Texts:
    """The passages of the index, searched for words that stand together."""

    def __init__(self, index: Index) -> None:
        ids = (f"{d.id}:{n}" for d in index.documents() for n in range(d.passages))
        self._passages = [passage.text for passage in index.passages(list(ids))]
        self._names: dict[str, list[str]] = {}

    def say(self, name: str) -> list[str]:
        """The passages that hold ``name``, or its last word: "Lopez" for "Maria Lopez"."""
        return [
            text for text in self._passages if holds(text, name) or holds(text, name.split()[-1])
        ]

    def together(self, name: str, words: Iterable[str]) -> bool:
        """Say whether a passage holds ``name`` and any of ``words``, by the first five letters."""
        stems = [word[:5] for word in words]
        return any(stem in text.lower() for text in self.say(name) for stem in stems)


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


def _unanswerable(
    drafted: Sequence[Drafted], texts: _Texts, most: int
) -> Iterator[tuple[Drafted, str, str]]:
    """Yield a drafted question, the question with another name in it, and that name."""
    names: dict[str, list[str]] = {}
    for item in drafted:
        if item.name and item.name_kind and item.name not in names.get(item.name_kind, []):
            names.setdefault(item.name_kind, []).append(item.name)
    found = 0
    for item in drafted:
        if found == most:
            return
        other = _stranger(item, names, texts, found)
        if item.name and other:
            found += 1
            yield item, item.question.replace(item.name, other), other


def _stranger(item: Drafted, names: dict[str, list[str]], texts: _Texts, turn: int) -> str | None:
    """Another name of the kind of the question's, that nothing is said of; they take turns."""
    if item.name is None or item.name_kind is None or not item.asks:
        return None
    others = [*names[item.name_kind], *_STRANGERS[item.name_kind]]
    first = turn % len(others)
    for other in [*others[first:], *others[:first]]:
        alike = other in item.quote or other in item.name or item.name in other
        if other in _STRANGERS[item.name_kind]:
            spoken_of = bool(texts.say(other))
        else:
            spoken_of = texts.together(other, item.asks)
        if not alike and not spoken_of:
            return other
    return None


def _case(number: int, item: Drafted) -> Case:
    return Case(
        id=f"draft-{number:03d}",
        split="dev",
        kind="fact",
        question=item.question,
        answerable=True,
        status="answered",
        answer=((item.answer,),),
        evidence=((Span(document=item.source, quote=item.quote),),),
        note="drafted from the sentence: check the wording",
    )


def _silent_case(number: int, item: Drafted, question: str, other: str) -> Case:
    return Case(
        id=f"draft-silent-{number:03d}",
        split="dev",
        kind="unanswerable",
        question=question,
        answerable=False,
        status="not_found",
        missing=f"this of {other}",
        note=f"drafted by putting {other} for {item.name}: check that the documents are silent",
    )
