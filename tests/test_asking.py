"""The verb of a question with "do" is found where the grammar takes it for a noun."""

from __future__ import annotations

import pytest

from rag.asking import parse_asked
from rag.language import parse


@pytest.mark.parametrize(
    ("question", "subject", "verb"),
    [
        ("How much does the ferry cost?", "ferry", "cost"),
        ("How much does the ferry cost in the summer season?", "ferry", "cost"),
        ("what did the second halden bridge cost", "bridge", "cost"),
        ("Which bank does the cooperative use?", "cooperative", "use"),
        ("How much does a yearly check for a rowing boat cost?", "check", "cost"),
    ],
)
def test_the_last_word_of_what_was_read_as_a_noun_phrase_is_the_verb(question, subject, verb):
    doc = parse_asked(question)
    root = next(token for token in doc if token.dep_ == "ROOT")
    does = [token.text for token in root.children if token.dep_ == "nsubj"]
    assert (root.text, root.pos_, does) == (verb, "VERB", [subject])
    assert doc.text == question
    assert verb not in {token.text for chunk in doc.noun_chunks for token in chunk}


@pytest.mark.parametrize(
    "question",
    [
        "Who did the night shift?",
        "What does the director do?",
        "When did the fire start?",
        "How much will the ferry cost?",
        "Do it",
        "What does it?",
        "",
    ],
)
def test_a_question_that_has_its_verb_is_left_alone(question):
    assert parse_asked(question) is parse(question)
