"""Hand-built answers over one hostile passage, for what turns answers into text and HTML."""

from __future__ import annotations

from rag.schema import Answer, Citation, Passage, Sentence

TEXT = (
    "The bridge opened in 1904.\nIt cost <b>2 & a half</b> million. "
    "[Click](javascript:alert(1)) ![](http://example.invalid/x.png) *now* `rm` $x$ ${1+1}"
)
FIRST = (0, 26)
SECOND = (27, 61)


def passage(number=0, **changes):
    fields = {
        "id": f"doc:{number}",
        "document": "doc",
        "title": "Bridges <i>of</i> Lindow",
        "source": "bridges & tunnels.pdf",
        "published": "2020-01-02",
        "page": 3,
        "heading": "Old <bridges>",
        "start": 100,
        "end": 100 + len(TEXT),
        "text": TEXT,
        "dense_rank": 1,
    }
    return Passage(**(fields | changes))


def citation(marker, span, number=0):
    place = passage(number)
    return Citation(
        marker=marker,
        start=100 + span[0],
        end=100 + span[1],
        quote=TEXT[slice(*span)],
        content_hash="0" * 64,
        passage=place.id,
        **place.model_dump(include={"document", "title", "source", "published", "page", "heading"}),
    )


def sentence(span, *markers, **changes):
    fields = {"text": TEXT[slice(*span)], "support": 0.9, "verdict": "supported"}
    return Sentence(citations=markers, **(fields | changes))


def answered(**changes):
    fields = {
        "status": "answered",
        "question": "When did <it> open?",
        "standalone_question": "When did <it> open?",
        "sentences": (sentence(FIRST, 1, highlights=((21, 25),)), sentence(SECOND, 2)),
        "citations": (citation(1, FIRST), citation(2, SECOND)),
        "passages": (passage(0), passage(1)),
        "writer": "quotes",
    }
    return Answer(**(fields | changes))


def conflicting():
    return answered(
        status="conflicting",
        message="Two sources, two figures.",
        citations=(citation(1, FIRST), citation(2, SECOND, number=1)),
    )


def refused():
    return answered(
        status="not_found", sentences=(), citations=(), message="The documents don't say."
    )
