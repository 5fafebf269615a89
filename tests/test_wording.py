"""What is asked, apart from how it is put."""

from __future__ import annotations

import pytest

from rag.questions import analyse
from rag.wording import Asked, plainly


@pytest.mark.parametrize(
    ("put", "asked"),
    [
        ("Could you tell me when the mill was built?", "when the mill was built?"),
        ("can you please tell me who owns it", "who owns it?"),
        ("I'd like to know whether dogs are allowed.", "dogs are allowed?"),
        ("I was wondering if the shop is open on Sundays, thanks", "the shop is open on Sundays?"),
        ("Do you happen to know how many came?", "how many came?"),
        ("any idea what the fee is?", "what the fee is?"),
        ("Do the documents say when it opened?", "when it opened?"),
        ("Hi there, where is the key?", "where is the key?"),
        ("Quick question: where is the key", "where is the key"),
        ("Please explain how the pump works", "how the pump works?"),
        ("tell me the date of the founding", "the date of the founding?"),
        ("Could you check if the invoice was paid", "the invoice was paid?"),
    ],
)
def test_a_question_is_freed_of_its_frame(put: str, asked: str) -> None:
    assert plainly(put) == Asked(asked)


@pytest.mark.parametrize(
    ("put", "about"),
    [
        ("tell me about Operation Robinson", "Operation Robinson"),
        ("Can you tell me a bit more about the mill?", "the mill?"),
        ("I am interested to know about the mill.", "the mill."),
        ("what do the documents say about Ms Ortner?", "Ms Ortner?"),
        ("What can you tell me about the flood?", "the flood?"),
        ("Is there any information on parking?", "parking?"),
        ("anything about vaccines", "vaccines"),
        ("give me a short overview of the sales, please", "the sales"),
        ("Summarise the minutes of May", "the minutes of May"),
        ("describe the press", "the press"),
        ("Do the papers mention anything about the frost?", "the frost?"),
        ("Who is Tom Garth?", "Tom Garth?"),
        ("Do the documents mention a lift?", "a lift?"),
        ("Give me everything on Ms Keller", "Ms Keller"),
    ],
)
def test_a_request_to_be_told_about_something_is_told_from_a_question(put: str, about: str) -> None:
    assert plainly(put) == Asked(about, about=True)
    assert analyse(put).about
    assert analyse(put).kind == "other"


@pytest.mark.parametrize(
    "question",
    [
        "When was the mill built?",
        "when was the mill built",
        "Can I take books home?",
        "Can you see the sea from the terrace?",
        "Is there a lift?",
        "How do I know if I passed?",
        "Who knows about the leak?",
        "What does the report say about the noise?",
        "Well water quality",
        "I want to see the doctor",
        "What is the summary of findings?",
        "Who is the chair?",
        "Who is Tom Garth's deputy?",
        "Who is President?",
        "WHO IS THE CHAIR?",
        "What is written on the bell?",
        "What is there on the third floor?",
        "Is there anything on Saturday evening?",
        "What do you have on Monday?",
        "If I cancel, do I get a refund?",
        "Hi-fi price?",
        "Hello Kitty price",
        "OK, Computer release date",
        "Good day rate?",
        "Well, Somerset: population?",
        "Present value of the lease",
        "Outline planning permission",
        "Can I find out my balance online?",
        "Can I ask for a refund?",
        "Did anyone remember to lock the gate?",
        "Does the manual say thank you",
        "How many people do you know?",
        "Tell me about the mill. Who owns it?",
        "tell me",
        "please",
        "",
    ],
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    assert plainly(question) == Asked(question)


def test_what_follows_a_frame_asks_for_its_own_kind() -> None:
    assert analyse("Could you tell me who owns the mill?").kind == "person"
    assert analyse("tell me about how the pump works").kind == "manner"
    assert not analyse("tell me about how the pump works").about


def test_a_long_text_is_no_frame() -> None:
    text = "Could you tell me when " + "and when " * 100 + "it opened?"
    assert plainly(text) == Asked(text)
