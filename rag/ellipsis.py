"""What a follow-up says in place of a whole question: "and Rubio?", "sorry, 2005", "why?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.asking import parse_asked
from rag.language import PLACES, parse
from rag.mentions import QUESTION_WORD, core, is_asked_for, is_subject, phrases
from rag.times import MONTH, SEASON, WEEKDAY

if TYPE_CHECKING:
    from spacy.tokens import Span

_ASKED_FOR = re.compile(
    r"^\W*(?:(?:in|on|at|by|for|to|from) )?(?:who|whom|whose|what|when|where|why|which|how)\b"
    r"(?:\s+(?:many|much|long|old|year|date))?\s*",
    re.I,
)
_ASKS_NOUN = re.compile(  # "how many doctors", "which clinic", "in which hospital"
    r"^\W*(?P<at>(?:in|on|at|by|for|to|from) )?(?P<word>how(?: many| much)?|which|what|whose)\s+"
    r"(?!(?:year|date|long|old)\b)(?=\w)",
    re.I,
)
_AUXILIARY = re.compile(r"\b(?:did|does|do|has|have|had|can|could|will|would|should|must)\b", re.I)
_REPEATED = re.compile(r"^(?P<word>[\w ]{2,20}): (?=\w)")  # as asked_again puts it
_MOMENTS = ("century", "day", "decade", "hour", "month", "moment", "time", "week")
_DATED = ("DATE", "TIME", "CARDINAL", "ORDINAL", "PERCENT", "MONEY", "QUANTITY")
_FIGURE = re.compile(r"\d[\d.,]*")
_CODE = re.compile(r"\b(?P<letters>[A-Za-z]+-?)\d[\w-]*")  # "E4", "A380", "COVID-19"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth last"
_ORDINAL = rf"(?:{_ORDINALS.replace(' ', '|')}|\d+(?:st|nd|rd|th))"
_IN_ORDER = re.compile(rf"\b(?:the|its|his|her|their|our) (?P<which>{_ORDINAL})\b", re.I)
_ONE = re.compile(  # "the first", "the old one"
    rf"the (?:(?P<order>{_ORDINAL})(?: ones?)?|(?P<other>[\w -]+?) ones?)", re.I
)

_WHEN = tuple(  # a phrase of one of these takes the place of another of it
    re.compile(rf"\b(?:(?:on|in|at|during|over|for) )(?:the |each |every )?{what}\b", re.I)
    for what in (
        r"(?:weeks?|weekdays?|weekends?|working days?|(?:public |bank )?holidays?"
        rf"|{WEEKDAY})",
        rf"(?:{SEASON}|(?:high|low|off)[ -]season)(?: months)?",
        r"(?:mornings?|afternoons?|evenings?|nights?)",
        r"(?:q[1-4]|(?:first|second|third|fourth|last) quarter|h[12]|(?:first|second) half)"
        r"(?: (?:of )?\d{4})?",
    )
)
_YEAR_NEAR = re.compile(
    r"(?:in )?(?:the (?:year )?(?:(?P<before>before|previous|prior)|after|following|next)(?: year)?"
    r"|(?:a|one) year (?:later|(?P<earlier>earlier)))",
    re.I,
)
_BOUND = re.compile(  # "up to 20 kg"
    r"\b(?:up to|over|under|above|below|more than|less than|at least|at most|about|around) ", re.I
)
_LONE_YEAR = re.compile(
    rf"(?<!\w)(?:in|of|since|by|until|till|from|during|{MONTH}) (?P<year>(?:1[0-9]|20)\d\d)\b",
    re.I,
)
_PASSIVE = re.compile(r"(was|were|is|are) (?!being\b)", re.I)
_PREPOSITION = re.compile(r"(?:on|in|at|during|over|for) ", re.I)
_YEAR = re.compile(r" (?:of )?\d{4}$")
_LETTERED = re.compile(r"(?:the )?(?P<kind>[A-Za-z]{3,}) (?P<letter>[A-Z0-9]{1,3})")  # "type L"

# What makes a phrase the one that is replaced, in the order of docs/experiments.md.
_SAME_SORT, _SAME_PREPOSITION, _FOCUS, _SAME_LABEL, _SAME_NUMBER = 2.0, 2.0, 1.0, 0.8, 0.5


@dataclass(frozen=True, slots=True)
class _Slot:
    """A phrase of a question, at characters ``start`` to ``end``, that another may replace."""

    start: int
    end: int
    named: bool
    label: str
    plural: bool
    subject: bool
    preposition: str


def is_bare(question: str) -> bool:
    """Return whether a question word has nothing to ask about: "why?", "since when?"."""
    match = QUESTION_WORD.match(question)
    content = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "PRON")
    return match is not None and all(
        token.idx < match.end() for token in parse(question) if token.pos_ in content
    )


def has_verb(text: str) -> bool:
    """Return whether ``text`` says that something is or is done."""
    return any(token.pos_ in ("VERB", "AUX") for token in parse(text))


def asked_again(word: str, previous: str) -> str:
    """Ask "why was X founded?" for "why?" after "When was X founded?".

    After a question for a subject the subject stays open: "when did somebody found X?".
    """
    if (repeated := _REPEATED.match(previous)) and is_bare(repeated["word"]):
        previous = previous[repeated.end() :]
    word, rest = word.rstrip(" ?!."), _ASKED_FOR.sub("", previous)
    word = re.sub(r"^(why) so (?:long|many|much|late|early|few)$", r"\1", word, flags=re.I)
    doc = parse(previous)
    asked = _ASKS_NOUN.match(previous)
    after = next((t for t in doc if asked and t.idx >= asked.end()), None)
    if asked and after is not None and after.pos_ in ("NOUN", "PROPN", "ADJ", "ADV", "NUM", "ADP"):
        moved = None if asked["at"] else _with_noun(word, previous[asked.end() :], asked["word"])
        return moved or f"{word}: {previous[0].lower()}{previous[1:]}"
    verb = next((t for t in doc if t.dep_ == "ROOT" and t.tag_ in ("VBD", "VBZ", "VBP")), None)
    subjects = ("nsubj", "nsubjpass")
    subject = next((c for c in doc if c.dep_ in subjects and c.head.dep_ == "ROOT"), None)
    of_subject = subject is not None and is_asked_for(subject)
    passive = _PASSIVE.match(rest)
    if passive and of_subject and subject is not None and subject.dep_ == "nsubjpass":
        somebody = "something" if previous.lower().startswith("what") else "somebody"
        return f"{word} {passive[1]} {somebody} {rest[passive.end() :]}"
    if verb is not None and of_subject and verb.pos_ == "VERB":
        do = "did" if verb.tag_ == "VBD" else "does"
        return f"{word} {do} somebody {verb.lemma_} {previous[verb.idx + len(verb) :].strip()}"
    return f"{word} {rest}"


def _with_noun(word: str, rest: str, asked: str) -> str | None:
    """Ask "why did Cuba send doctors?" of "doctors did Cuba send?", None where that is unclear.

    It is clear where an auxiliary and a subject follow the noun, and its place after the verb is
    neither taken by an object nor next to a preposition at the end ("which town is he from?").
    """
    rest = re.sub(r"^(?:kind|sort|type)s? of ", "", rest, flags=re.I)
    auxiliary = _AUXILIARY.search(rest)
    noun = parse(rest[: auxiliary.start()].strip()) if auxiliary else None
    if auxiliary is None or not noun or noun[-1].pos_ not in ("NOUN", "PROPN"):
        return None
    says = [t for t in noun if t.pos_ in ("VERB", "AUX", "ADP") and t.tag_ != "VBG"]
    if noun[-1].lemma_.lower() in _MOMENTS or says:  # but "booking software" is a noun
        return None
    again = f"{word} {rest[auxiliary.start() :].rstrip(' ?!.')}?"
    doc = parse(again)
    verb = next((t for t in doc if t.dep_ == "ROOT" and t.tag_ in ("VB", "VBN", "VBG")), None)
    subject = verb and next((c for c in verb.lefts if c.dep_ in ("nsubj", "nsubjpass")), None)
    if verb is None or subject is None or subject.idx < len(word) + len(auxiliary[0]):
        return None
    tail = [t for t in doc[verb.i + 1 :] if not t.is_punct]
    if tail and (tail[0].pos_ != "ADP" or tail[-1].pos_ == "ADP"):
        return None
    end = verb.idx + len(verb)
    one = noun[-1].tag_ in ("NN", "NNP") and asked.lower() in ("which", "what")
    return f"{again[:end]} {'the ' if one else ''}{noun.text}{again[end:]}"


def swapped(new: str, previous: str, old: str | None = None) -> str:
    """Put ``new`` where ``previous`` has its like, or at its end if it has nothing like it.

    ``old`` is what the user said it stands for ("not Cuba, Bolivia"). A figure takes the place of
    a figure and a name that of a name: of several, the one that the grammar reads as it reads the
    new name there, then the subject.
    """
    name = new.strip(" ?!.,;:")
    if not name:
        return previous
    if old and (said := re.search(rf"\b{re.escape(old)}\b", previous, re.I)):
        return _put(previous, said.start(), said.end(), name)
    doc = parse(name)
    phrase = doc[1:].text if doc[0].pos_ == "ADP" and len(doc) > 1 else name
    preposition = doc[0].lower_ if phrase != name else ""
    alike = (
        _year_swapped(name, previous)
        or _when_swapped(name, previous)
        or _code_swapped(phrase, previous)
        or _one_swapped(phrase, preposition, previous)
    )
    if alike:
        return alike
    figure = _is_figure(phrase)
    slots = [slot for slot in _slots(previous) if (slot.label == "figure") == figure]
    if not slots:
        return f"{previous.rstrip(' ?!.')} {f'in {name}' if name.isdigit() else name}?"
    slot = max(slots, key=lambda one: _likeness(one, phrase, preposition, previous))
    if preposition and slot.preposition != preposition and not figure:
        return f"{previous.rstrip(' ?!.')} {name}?"
    if figure and (bound := _BOUND.search(previous[: slot.start])) and _BOUND.match(f"{name} "):
        return _put(previous, bound.start(), slot.end, name[0].lower() + name[1:])
    return _put(previous, *_extent(slot, phrase, previous), phrase)


def _year_swapped(name: str, previous: str) -> str | None:
    """Put 2022 where ``previous`` has 2023, for "the year before"."""
    near, found = _YEAR_NEAR.fullmatch(name), list(_LONE_YEAR.finditer(previous))
    if near is None or not found:
        return None
    year = int(found[-1]["year"]) + (-1 if near["before"] or near["earlier"] else 1)
    return _put(previous, *found[-1].span("year"), str(year))


def _when_swapped(name: str, previous: str) -> str | None:
    """Put "on weekends" where ``previous`` has "during the week", and "Q4" where it has "Q3"."""
    for when in _WHEN:
        own = when.fullmatch(name if _PREPOSITION.match(name) else f"in {name}")
        found = when.search(previous) if own else None
        if found and not _names_more(previous, found.end()):
            own, said = _PREPOSITION.match(name), _PREPOSITION.match(found.group())
            new = name[0].lower() + name[1:] if own else (said.group() if said else "") + name
            year = None if _YEAR.search(name) else _YEAR.search(found.group())
            return _put(previous, *found.span(), new + (year.group() if year else ""))
    return None


def _names_more(text: str, end: int) -> bool:
    """Whether the word that ends at ``end`` is part of a name or thing: "in the winter garden"."""
    after = next((t for t in parse(text) if t.idx >= end), None)
    return after is not None and (after.pos_ in ("NOUN", "PROPN") or after.lower_ == "of")


def _code_swapped(phrase: str, previous: str) -> str | None:
    """Put "E4" where ``previous`` has "E2", "error E4" for "error E2", "type L" for "type S"."""
    if lettered := _LETTERED.fullmatch(phrase):
        kind = re.escape(lettered["kind"])
        if old := re.search(rf"\b(?i:{kind}) (?P<letter>[A-Z0-9]{{1,3}})\b", previous):
            return _put(previous, *old.span("letter"), lettered["letter"])
    *said, code = re.sub(r"^the ", "", phrase, flags=re.I).split()
    new = _CODE.fullmatch(code)
    before = " ".join([*said, ""]).lower()
    found = [m for m in _CODE.finditer(previous) if previous[: m.start()].lower().endswith(before)]
    if new is None or not found:
        return None
    of_a_kind = [m for m in found if m["letters"].lower() == new["letters"].lower()]
    old = (of_a_kind or found)[-1]
    return _put(previous, old.start(), old.end(), code)


def _one_swapped(phrase: str, preposition: str, previous: str) -> str | None:
    """Put "the first one" where ``previous`` has "the second bridge": as "the first bridge"."""
    new = _ONE.fullmatch(phrase)
    if new is None:
        return None
    if new["order"] and (found := list(_IN_ORDER.finditer(previous))):
        return _put(previous, *found[-1].span("which"), new["order"])
    slots = [slot for slot in _slots(previous) if slot.label != "figure"]
    if preposition or not slots:
        return None
    slot = max(slots, key=lambda one: _likeness(one, phrase, "", previous))
    kept = [t for t in parse_asked(previous) if slot.start <= t.idx < slot.end]
    if kept[-1].pos_ == "PROPN":  # there is one of that name
        return None
    while len(kept) > 1 and kept[0].pos_ == "ADJ":
        kept.pop(0)
    whole = f"the {new['order'] or new['other']} {previous[kept[0].idx : slot.end]}"
    return _put(previous, *_extent(slot, whole, previous), whole)


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _is_figure(phrase: str) -> bool:
    doc = parse(phrase)
    return all(t.pos_ in ("NUM", "ADP", "DET", "PUNCT") or t.ent_type_ in _DATED for t in doc)


def _slots(question: str) -> list[_Slot]:
    doc = parse_asked(question)
    spans = [span for chunk in phrases(doc) if (span := core(chunk)) is not None]
    spans = [span for span in spans if span.root.pos_ in ("NOUN", "PROPN")]
    dated = [entity for entity in doc.ents if entity.label_ in _DATED]
    dated = [entity for entity in dated if _FIGURE.search(entity.text)]
    plain = [s for s in spans if not any(s.start < e.end and e.start < s.end for e in dated)]
    return [_slot(span, "figure") for span in dated] + [_slot(s, _label(s)) for s in plain]


def _slot(span: Span, label: str) -> _Slot:
    root = span.root
    return _Slot(
        start=span.start_char,
        end=span.end_char,
        named=any(token.pos_ == "PROPN" for token in span),
        label=label,
        plural=root.tag_ in ("NNS", "NNPS"),
        subject=is_subject(root),
        preposition=root.head.lower_ if root.dep_ == "pobj" else "",
    )


def _label(span: Span) -> str:
    """What sort of name the grammar takes a phrase for."""
    label = span.root.ent_type_
    return "place" if label in PLACES else "person" if label == "PERSON" else ""


def _likeness(slot: _Slot, phrase: str, preposition: str, previous: str) -> float:
    new = parse(phrase)
    named = any(token.pos_ == "PROPN" or token.text[0].isupper() for token in new)
    definite = new[0].lower_ == "the"
    score = _SAME_SORT * (named == slot.named) or definite * _SAME_SORT / 2
    score += _SAME_PREPOSITION * bool(preposition and preposition == slot.preposition)
    score += _FOCUS * slot.subject
    if not named:
        return score + _SAME_NUMBER * ((new[-1].tag_ in ("NNS", "NNPS")) == slot.plural)
    there = parse_asked(_put(previous, slot.start, slot.end, phrase))
    span = there.char_span(slot.start, slot.start + len(phrase), alignment_mode="expand")
    label = _label(span) if span is not None else ""
    if label or slot.label:
        score += _SAME_LABEL if label == slot.label else -_SAME_LABEL
    return score


def _extent(slot: _Slot, phrase: str, previous: str) -> tuple[int, int]:
    """Where the replaced phrase stands, with its article if the new one has its own."""
    article = re.search(r"\b(?:the|an?) $", previous[: slot.start], re.I)
    own = re.match(r"(?:the|an?|his|her|its|their) ", phrase, re.I)
    many = parse(phrase)[-1].tag_ in ("NNS", "NNPS") and article and article[0].lower() != "the "
    return (article.start() if article and (own or many) else slot.start), slot.end
