"""A small town's documents, questions about it, and faults to be planted in what is answered.

A fault takes an answer and the index, and returns the answer as a broken system would give it.
"""

from evals.cases import Case
from evals.datasets.claims import Claim
from evals.datasets.rewrites import Turn
from rag.schema import Message, Sentence

DOCUMENTS = {
    "bridge.md": "# The Halden bridge\n\nThe Halden bridge was opened in 1904 by the engineer "
    "Maria Lopez. The bridge was not painted red. It is 340 metres long.\n\n"
    "The bridge was built because the old ferry sank in a storm.\n",
    "school.md": "# The night school\n\nThe night school of Halden was founded in 1998. Rene "
    "Fournier founded the night school. Lessons at the night school are free for every visitor.\n",
    "clinic.md": "# The Marlow clinic\n\nThe Marlow clinic employs 85 doctors. The Marlow clinic "
    "was opened in 1977. The Marlow clinic treats patients from Bergen and from Oslo.\n",
    "report.md": "# Health report\n\nThe Marlow clinic employs 120 doctors. Its director is Paula "
    "Stein, a surgeon.\n",
    "harbour.md": "# The harbour of Marlow\n\nThe harbour of Marlow was dredged in 1963. The crane "
    "in the harbour of Marlow lifts 40 tonnes.\n",
}


def case(name, question, answer=(), evidence=(), kind="fact", status="answered", history=()):
    roles = ("user", "assistant")
    return Case(
        id=name,
        split="dev",
        kind=kind,
        status=status,
        answerable=status != "not_found",
        question=question,
        history=tuple(Message(role=roles[n % 2], content=text) for n, text in enumerate(history)),
        answer=tuple((words,) for words in answer),
        evidence=tuple(({"document": d, "quote": q},) for d, q in evidence),
    )


OPENED = "The Halden bridge was opened in 1904 by the engineer Maria Lopez."
CASES = [
    case("opened", "When was the Halden bridge opened?", ["1904"], [("bridge.md", OPENED)]),
    case("engineer", "Who opened the Halden bridge?", ["Maria Lopez"], [("bridge.md", OPENED)]),
    case(
        "painted",
        "Was the Halden bridge painted red?",
        ["not painted red"],
        [("bridge.md", "The bridge was not painted red.")],
    ),
    case(
        "founded",
        "When was the night school of Halden founded?",
        ["1998"],
        [("school.md", "The night school of Halden was founded in 1998.")],
    ),
    case(
        "followup-bridge",
        "When was it opened?",
        ["1904"],
        [("bridge.md", OPENED)],
        "followup",
        history=("How long is the Halden bridge?", "It is 340 metres long."),
    ),
    case(
        "followup-clinic",
        "When was it opened?",
        ["1977"],
        [("clinic.md", "The Marlow clinic was opened in 1977.")],
        "followup",
        history=("From where does the Marlow clinic treat patients?", "Bergen and Oslo."),
    ),
    case(
        "dredged",
        "When was the harbour of Marlow dredged?",
        ["1963"],
        [("harbour.md", "The harbour of Marlow was dredged in 1963.")],
    ),
    case(
        "crane",
        "How many tonnes does the crane in the harbour of Marlow lift?",
        ["40"],
        [("harbour.md", "The crane in the harbour of Marlow lifts 40 tonnes.")],
    ),
    case(
        "doctors",
        "How many doctors does the Marlow clinic employ?",
        ["85", "120"],
        [
            ("clinic.md", "The Marlow clinic employs 85 doctors."),
            ("report.md", "The Marlow clinic employs 120 doctors."),
        ],
        "conflict",
        "conflicting",
    ),
    case("mayor", "Who is the mayor of Bristol?", kind="unanswerable", status="not_found"),
    case("tunnel", "When was the Lindow tunnel opened?", kind="unanswerable", status="not_found"),
]
CITED = "The Halden bridge was opened in 1904 by the engineer Maria Lopez."
CLAIMS = [
    Claim(id=str(n), group="g", text=text, cited=CITED, supported=supported, label="")
    for n, (text, supported) in enumerate(
        [
            ("The Halden bridge was opened in 1904 by the engineer Maria Lopez.", True),
            ("The Halden bridge was opened in 1904.", True),
            ("Maria Lopez was the engineer.", True),
            ("The Halden bridge was opened in 1905.", False),
            ("The Halden bridge was opened by Paula Stein.", False),
            ("The night school employs eighty doctors.", False),
            ("The engineer hated the sea.", False),
            ("The engineer was paid badly.", False),
            ("Bridges are dangerous places at night.", False),
        ]
    )
]
TURNS = [
    Turn(
        id="1",
        group="later",
        history=(
            Message(role="user", content="When was the Halden bridge opened?"),
            Message(role="assistant", content="In 1904."),
        ),
        question="How long is it?",
        rewrite="How long is the Halden bridge?",
    )
]


def with_sentences(answer, *sentences, **fields):
    return answer.model_copy(update={"sentences": tuple(sentences), **fields})


def with_citations(answer, change):
    cited = tuple(c.model_copy(update=change(c)) for c in answer.citations)
    return answer.model_copy(update={"citations": cited})


def reworded(change):
    def fault(answer, index):
        said = [s.model_copy(update={"text": change(s.text)}) for s in answer.sentences]
        return with_sentences(answer, *said)

    return fault


def offsets_shifted(answer, index):
    return with_citations(answer, lambda c: {"start": c.start + 1, "end": c.end + 1})


def offsets_within_the_passage(answer, index):
    starts = {passage.id: passage.start for passage in answer.passages}
    return with_citations(
        answer, lambda c: {k: getattr(c, k) - starts[c.passage] for k in ("start", "end")}
    )


def markers_swapped(answer, index):
    """Each sentence carries the next one's marker; the citations stay."""
    if len(answer.sentences) < 2:
        return answer
    marks = [s.citations for s in answer.sentences]
    turned = [*marks[1:], marks[0]]
    said = [
        s.model_copy(update={"citations": m}) for s, m in zip(answer.sentences, turned, strict=True)
    ]
    return with_sentences(answer, *said)


def quote_of_another_sentence(answer, index):
    """Verbatim and grounded in itself, but another part of the documents."""
    if not answer.citations:
        return answer
    other = next(d for d in index.documents() if d.source == "school.md")
    text = index.text(other.id)
    words = "Lessons at the night school are free for every visitor."
    start = text.index(words)
    cited = answer.citations[0].model_copy(
        update={
            "document": other.id,
            "source": other.source,
            "start": start,
            "end": start + len(words),
            "quote": words,
            "content_hash": other.content_hash,
        }
    )
    said = answer.sentences[0].model_copy(update={"text": words, "citations": (1,)})
    return with_sentences(answer, said, citations=(cited,))


def whole_page_cited(answer, index):
    def change(cited):
        text = index.text(cited.document)
        return {"start": 0, "end": len(text), "quote": text}

    return with_citations(answer, change)


def citation_lost(answer, index):
    return answer.model_copy(update={"citations": answer.citations[1:]})


def citation_unused(answer, index):
    if not answer.citations:
        return answer
    more = answer.citations[-1].model_copy(update={"marker": len(answer.citations) + 1})
    return answer.model_copy(update={"citations": (*answer.citations, more)})


def markers_from_zero_up(answer, index):
    said = [
        s.model_copy(update={"citations": tuple(m + 1 for m in s.citations)})
        for s in answer.sentences
    ]
    return with_sentences(with_citations(answer, lambda c: {"marker": c.marker + 1}), *said)


def hash_of_an_older_text(answer, index):
    return with_citations(answer, lambda c: {"content_hash": "0" * 64})


def withheld_is_shown(answer, index):
    bad = Sentence(text="The bridge sank.", citations=(1,), support=0.1, verdict="unsupported")
    return with_sentences(answer, *answer.sentences, bad) if answer.sentences else answer


def never_conflicting(answer, index):
    return answer.model_copy(update={"status": "answered"}) if answer.sentences else answer


def only_the_first_sentence(answer, index):
    first = [s.model_copy(update={"citations": (1,)}) for s in answer.sentences[:1]]
    return with_sentences(answer, *first, citations=answer.citations[:1])


def refuses_everything(answer, index):
    fields = {"status": "not_found", "sentences": (), "citations": ()}
    return answer.model_copy(update=fields)


def refusal_claims(answer, index):
    return answer.model_copy(update={"status": "not_found"})


def answers_everything(answer, index):
    """The floor of the refusal gone: something is always quoted."""
    if answer.sentences or not answer.passages:
        return answer
    said = Sentence(text="It is so.", citations=(), support=1.0, verdict="supported")
    return with_sentences(answer, said, status="answered")


def cites_twice_as_much(answer, index):
    """Each sentence also carries a citation that has nothing to do with it."""
    if not answer.citations:
        return answer
    extra = quote_of_another_sentence(answer, index).citations[0]
    marker = len(answer.citations) + 1
    last = answer.sentences[-1]
    said = last.model_copy(update={"citations": (*last.citations, marker)})
    cited = (*answer.citations, extra.model_copy(update={"marker": marker}))
    return with_sentences(answer, *answer.sentences[:-1], said, citations=cited)


def sure_of_the_opposite(answer, index):
    sure = answer.confidence
    return answer if sure is None else answer.model_copy(update={"confidence": 1 - sure})


# Each with the metric that is there to notice it.
AFTER_THE_CHECK = {
    "offsets shifted": (offsets_shifted, "unsupported"),
    "offsets within the passage": (offsets_within_the_passage, "unsupported"),
    "markers swapped": (markers_swapped, "unsupported"),
    "markers off by one": (markers_from_zero_up, "contract"),
    "another sentence quoted": (quote_of_another_sentence, "citation_precision"),
    "a whole page cited": (whole_page_cited, "citation_focus"),
    "a citation lost": (citation_lost, "contract"),
    "a citation unused": (citation_unused, "contract"),
    "an irrelevant citation added": (cites_twice_as_much, "support_precision"),
    "hash of an older text": (hash_of_an_older_text, "unsupported"),
    "negation dropped": (reworded(lambda text: text.replace(" not ", " ")), "unsupported"),
    "a digit changed": (
        reworded(lambda text: text.replace("190", "191").replace("8", "9")),
        "unsupported",
    ),
    "a name exchanged": (
        reworded(lambda text: text.replace("Maria Lopez", "Paula Stein")),
        "unsupported",
    ),
    "sentences cut short": (reworded(lambda text: text[: len(text) // 2]), "correct"),
    "a withheld sentence shown": (withheld_is_shown, "unsupported"),
    "conflicts called answers": (never_conflicting, "status"),
    "only the first sentence": (only_the_first_sentence, "citation_recall"),
    "everything refused": (refuses_everything, "attempted"),
    "nothing refused": (answers_everything, "refusal_recall"),
    "a refusal that claims": (refusal_claims, "contract"),
    "sure of the opposite": (sure_of_the_opposite, "answerable_auroc"),
}
