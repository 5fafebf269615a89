"""Cases over one short document, and a system that always answers with its first line.

Use with ``pytest_plugins = ["ferry"]``.
"""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest

from evals.cases import load_cases
from evals.run import Plan, run_answers
from rag.schema import Answer, Citation, Passage, Sentence

TEXT = "The ferry Aurora first sailed in 1932.\nShe carried\n200 passengers. <b>& more</b>"
SAILED = "The ferry Aurora first sailed in 1932."
CARRIED = "She carried 200 passengers."


class Shelf:
    """A library of one document; ``stored`` is its text."""

    def __init__(self, stored=TEXT):
        self.stored = stored

    def documents(self):
        return [SimpleNamespace(id="d1", source="ferry.md")]

    def text(self, document_id):
        return {"d1": self.stored}[document_id]


class Parrot:
    """A system that always quotes the first line, and remembers what it was asked."""

    name = "parrot"

    def __init__(self):
        self.index = Shelf()
        self.settings = {}
        self.asked = []

    def answer(self, case):
        self.asked.append((case.question, len(case.history)))
        if case.question == "boom":
            raise RuntimeError("broken")
        return quoting(SAILED)

    def confidence(self, answer):
        return 0.5


def quoting(words, **fields):
    start = TEXT.index(words)
    place = {"document": "d1", "title": "Ferry", "source": "ferry.md"}
    place |= {"start": start, "end": start + len(words)}
    text_hash = hashlib.sha256(TEXT.encode()).hexdigest()
    cited = Citation(marker=1, quote=words, content_hash=text_hash, passage="d1:0", **place)
    fields = {"status": "answered", "question": "q", "writer": "quotes"} | fields
    fields.setdefault("standalone_question", "q")
    return Answer(
        sentences=(Sentence(text=words, citations=(1,), support=0.9, verdict="supported"),),
        citations=(cited,),
        passages=(Passage(id="d1:0", text=words, dense_rank=1, **place),),
        **fields,
    )


def line(**changes):
    fields = {
        "id": "a",
        "split": "dev",
        "kind": "fact",
        "question": "When did the Aurora first sail?",
        "answerable": True,
        "status": "answered",
        "answer": [["1932"]],
        "evidence": [[{"document": "ferry.md", "quote": SAILED}]],
    }
    return fields | changes


SILENT = {"answerable": False, "status": "not_found", "kind": "unanswerable"}
SILENT |= {"answer": [], "evidence": []}


@pytest.fixture
def cases(tmp_path):
    def write(*lines):
        path = tmp_path / "cases.jsonl"
        path.write_text("\n".join(json.dumps(fields) for fields in lines), encoding="utf-8")
        return load_cases(path)

    return write


def run_of(cases):
    return run_answers(Parrot(), cases, Plan(name="ferry-all"))
