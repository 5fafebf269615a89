"""What nothing names is asked back about, and the reply completes the question."""

from __future__ import annotations

import pytest
from talk import DIRECTOR, DIRECTOR_ANSWER, MISSION, MISSION_ANSWER, turns

from rag.clarify import clarification, open_reference
from rag.conversation import standalone
from rag.schema import Passage


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("When was it founded?", "it"),
        ("What does she do?", "she"),
        ("What is its budget?", "its"),
        ("why?", "why"),
        ("What is the purpose of that mission?", "that mission"),
        ("When was the Halden bridge opened?", None),
        ("How long does it take to learn Norwegian?", None),
        ("why did jamie kill her mom in halloween 4", None),
        ("Is it true that the bridge is old?", None),
        ("Which bridge is in this year's report?", None),
        ("Who is responsible for IT?", None),
        ("WHEN WAS IT FOUNDED?", "IT"),
        ("", None),
    ],
)
def test_what_only_a_conversation_could_fill_in(question, reference):
    assert open_reference(question) == reference


def passages(*texts):
    return [
        Passage(
            id=f"p{n}",
            document=f"d{n}",
            source=f"{n}.md",
            title=f"Clinic {n}",
            text=text,
            start=0,
            end=len(text),
        )
        for n, text in enumerate(texts)
    ]


CLINICS = passages("The clinic in Oslo offers tests.", "This clinic in Bergen treats feet.")


@pytest.mark.parametrize(
    ("history", "question", "found", "asked"),
    [
        ((MISSION, MISSION_ANSWER), "What services does the clinic provide?", CLINICS, True),
        ((), "What services does the clinic provide?", CLINICS, True),
        ((), "what services does the clinic provide", CLINICS, False),
        ((), "What services does the clinic in Oslo provide?", CLINICS, False),
        ((), "When can I visit the clinic in Oslo?", CLINICS, False),
        ((), "When can I visit the clinic in Dunmarrow?", CLINICS, False),
        ((), "When can I visit the clinic in winter?", CLINICS, True),
        ((), "Did Oslo pay for the clinic?", CLINICS, False),
        ((), "What services does the clinic provide?", CLINICS[:1], False),
        ((DIRECTOR, DIRECTOR_ANSWER), "What services does the clinic provide?", CLINICS, False),
        (("Where is Oslo?", "Up north."), "What does the clinic provide?", CLINICS, False),
        ((), "This is one of few clinics with a garden.", CLINICS, True),
    ],
)
def test_the_clinic_is_asked_about_where_nothing_says_which(history, question, found, asked):
    before = turns(*history)
    back = clarification(question, standalone(question, before), before, found)
    assert (back is not None) == asked
    if back:
        assert "Clinic 0 or Clinic 1" in back


def test_the_reply_to_a_question_back_is_put_in_without_the_old_topic():
    question = "What services does the clinic provide?"
    back = "What do you mean by “the clinic”? For instance: We Care Clinic or North Clinic."
    before = turns(MISSION, MISSION_ANSWER, question, back)
    assert standalone("We Care Clinic", before) == "What services does We Care Clinic provide?"


@pytest.mark.parametrize(
    ("question", "reference", "understood"),
    [
        ("The clinic was opened when?", "the clinic", "Los Sauzales was opened when?"),
        ("Why?", "Why", "Why? (Los Sauzales)"),
        ("When was the “clinic” opened?", "the clinic", None),
        ("Does IT staff clean it?", "it", "Does IT staff clean Los Sauzales?"),
    ],
)
def test_the_reply_to_a_question_back_is_never_lost(question, reference, understood):
    back = f"What do you mean by “{reference}”? For instance: Los Sauzales or North Clinic."
    resolved = standalone("Los Sauzales", turns(question, back))
    assert resolved == (understood or f"{question} (Los Sauzales)")


def test_the_clinic_is_the_one_that_a_document_is_titled_after():
    question = "What services does the clinic provide?"
    notice, paper = CLINICS
    paper = paper.model_copy(update={"title": "The Marlow Messenger"})
    assert clarification(question, question, (), [notice, paper]) is None
    notice = notice.model_copy(update={"title": "Notice"})
    assert clarification(question, question, (), [notice, paper]) is not None
