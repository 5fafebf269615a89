"""Follow-ups become questions that stand alone; new topics are left alone."""

from __future__ import annotations

import pytest
from talk import BACK, DIRECTOR, DIRECTOR_ANSWER, MISSION, MISSION_ANSWER, turns

from rag.conversation import standalone
from rag.schema import Message


@pytest.mark.parametrize(
    ("history", "question", "held"),
    [
        (
            (MISSION, MISSION_ANSWER),
            "When was it established?",
            ["When", "Robinson", "established"],
        ),
        (
            (MISSION, MISSION_ANSWER),
            "Why was the programme founded?",
            ["Why", "Robinson", "founded"],
        ),
        ((MISSION, MISSION_ANSWER), "And its budget?", ["Robinson", "budget"]),
        ((MISSION, MISSION_ANSWER), "How much does it cost?", ["Robinson", "cost"]),
        (("When was the Robinson mission founded?", "In 2003."), "why?", ["why", "Robinson"]),
        (("When was the Robinson mission founded?", "In 2003."), "By whom?", ["whom", "Robinson"]),
        (
            ("Who opened the Halden bridge?", "Maria Lopez, in a storm."),
            "And when was that?",
            ["when did somebody open the Halden bridge"],
        ),
        (
            ("When was the school founded?", "In 1998."),
            "Where did this happen?",
            ["Where was the school founded"],
        ),
        ((DIRECTOR, DIRECTOR_ANSWER), "Where is she from?", ["Where", "Paula Stein", "from"]),
        ((DIRECTOR, DIRECTOR_ANSWER), "What is her profession?", ["Paula Stein's profession"]),
        (("What did Trump say about Cuba?", "He said no."), "and Rubio?", ["Rubio", "say", "Cuba"]),
        (
            ("How many doctors are in Cuba?", "12."),
            "What about Spain?",
            ["How many doctors", "Spain"],
        ),
        (
            (MISSION, MISSION_ANSWER, "When was it founded?", "In 2003."),
            "Who leads it?",
            ["Robinson"],
        ),
        ((MISSION, MISSION_ANSWER, "Why?", "It helps."), "When was it founded?", ["Robinson"]),
        ((MISSION, "The documents don't say."), "Who leads it?", ["Robinson"]),
        (("Tell me about the benefits of yoga.",), "Does it reduce stress?", ["yoga reduce"]),
        (("What is melatonin?",), "What are the side effects?", ["effects of melatonin"]),
        (
            ("What is taurine?", "An acid.", "What are the effects of energy drinks?", "Many."),
            "Why are they harmful?",
            ["energy drinks harmful"],
        ),
        (("When was it founded?", BACK), "The Robinson mission", ["the robinson mission founded"]),
        (
            ("What is its budget?", BACK.replace("it”", "its”")),
            "Marlow clinic",
            ["Marlow clinic's"],
        ),
    ],
)
def test_a_follow_up_is_filled_in(history, question, held):
    resolved = standalone(question, turns(*history)).lower()
    assert [words for words in held if words.lower() not in resolved] == []


@pytest.mark.parametrize(
    ("history", "question", "gone"),
    [
        (("What did Trump say about Cuba?", "No."), "and Rubio?", "Trump"),
        (("How many doctors are in Cuba?", "12."), "What about Spain?", "Cuba"),
        (("When was the Halden bridge opened?", "1904."), "And the night school?", "the the"),
        ((DIRECTOR, DIRECTOR_ANSWER), "Where is she from?", "[1]"),
    ],
)
def test_what_is_replaced_is_gone(history, question, gone):
    assert gone not in standalone(question, turns(*history))


@pytest.mark.parametrize(
    "question",
    [
        "Who founded the night school?",
        "What is the capital of France?",
        "How many doctors work in Norway?",
        "Is there a clinic in Oslo?",
        "Did Maria say that the bridge is old?",
        "What did Maria Lopez say about her bridge?",
        "Who is responsible for IT?",
        "What does the US pay?",
        "橋はいつ開通しましたか?",
    ],
)
def test_a_new_topic_is_left_alone(question):
    assert standalone(question, turns(MISSION, MISSION_ANSWER)) == question


@pytest.mark.parametrize("question", ["When was it established?", "why?", "and Rubio?"])
def test_without_a_history_nothing_changes(question):
    assert standalone(question, []) == question


@pytest.mark.parametrize("question", ["?", "🙂", "it", "and", "what about", "why " * 500, "\n"])
@pytest.mark.parametrize(
    "history", [(MISSION, MISSION_ANSWER), ("", ""), ("🙂", "?"), ("why?", "[1]")]
)
def test_any_turn_can_be_resolved(question, history):
    assert isinstance(standalone(question, turns(*history)), str)


def test_turns_in_any_order_are_taken():
    history = [Message(role="assistant", content="Hello, ask me."), *turns(MISSION)]
    assert "Robinson" in standalone("When was it founded?", history)


def test_what_was_signed_is_what_it_is_that_somebody_signed():
    before = turns(
        "When was the Marlow Agreement signed?",
        "In 2000.",
        "What did Norway promise in it?",
        "Norway promised nurses.",
        "And what did Spain send?",
        "Spain sent teachers.",
    )
    assert standalone("Who signed it?", before) == "Who signed the Marlow Agreement?"


@pytest.mark.parametrize(
    ("history", "question", "held"),
    [
        ((MISSION, MISSION_ANSWER), "Who paid for the result?", "the result (Robinson mission)"),
        (
            ("What is Los Pinos?", "A rehabilitation center.", "Who treats feet?", "Doctors do."),
            "How many beds does the center have?",
            "the center (Los Pinos)",
        ),
        (
            ("When was the Halden bridge opened?", "1904.", "And the Marlow clinic?", "In 1990."),
            "Who paid for the first of the two?",
            "the first of the two (Halden bridge)",
        ),
        (
            ("How many beds has the Marlow clinic?", "12.", "Who is Ines Calder?", "A pilot."),
            "Back to the hospitals: who leads that institution?",
            "(Marlow clinic)",
        ),
        (("Where does Maria Lopez live?", "In Oslo."), "What does Lopez do?", "Maria Lopez do"),
        (("Who built the Halden bridge?", "Ines Calder."), "Tell me more.", "the Halden bridge"),
    ],
)
def test_a_description_is_explained_and_kept(history, question, held):
    resolved = standalone(question, turns(*history))
    assert held in resolved
    for word in question.strip(" ?.").split():
        assert word in resolved


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        ("What does the crew of the lift wear?", "When do they rest?", "When do the crew rest?"),
        ("What do the lifts cost?", "When are they checked?", "When are the lifts checked?"),
        ("Is there a tour with the bells?", "How much is it?", "How much is the tour?"),
    ],
)
def test_they_are_not_one_thing(asked, question, understood):
    assert standalone(question, turns(asked, "The bell.")) == understood


def test_he_is_a_person_and_named_once():
    before = turns("Who learned to read at 60?", "A worker in Oslo, with the Robinson method.")
    resolved = standalone("Where was he when he read the constitution?", before)
    assert resolved == "Where was the worker when he read the constitution?"


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (
            (
                "Who is the secretary of Aldane?",
                "The union Aldane called it a joke. Its secretary, Paul Stein, said no.",
            ),
            "What did he say about pay?",
            "What did Paul Stein say about pay?",
        ),
        (
            ("What does the Guild of Weavers do?", "The Guild, led by Ines Calder, trains people."),
            "Where does she live?",
            "Where does Ines Calder live?",
        ),
        (
            ("Who visited Norway in 2003?", "The Pope visited Norway."),
            "Where was he born?",
            "Where was the Pope born?",
        ),
    ],
)
def test_he_and_she_are_no_organisation(history, question, understood):
    assert standalone(question, turns(*history)) == understood


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (
            ("How many people took part in the survey?", "Of 46 employees, 39 took part."),
            "And how many of them were nurses?",
            "How many of the people that took part in the survey were nurses?",
        ),
        (
            ("How many doctors did Norway send?", "Twelve."),
            "How many of those were women?",
            "How many of the doctors were women?",
        ),
        (
            ("What does the museum show?", "It shows 46 old boats and 12 maps."),
            "Which of them can be hired?",
            "Which of the old boats can be hired?",
        ),
        (
            ("How many bridges has Halden?", "Halden has three bridges."),
            "Which of them is the oldest?",
            "Which of the bridges is the oldest?",
        ),
        (
            ("How many doctors did Norway send?", "Twelve."),
            "How many of those doctors were women?",
            "How many of those doctors were women?",
        ),
    ],
)
def test_some_of_them_are_of_those_that_were_counted(history, question, understood):
    assert standalone(question, turns(*history)) == understood


def test_what_a_reason_speaks_of_is_not_what_the_answer_is_about():
    before = turns("Which tool did the board choose?", "It chose Rensa, because Pellow is slow.")
    resolved = standalone("How long does the contract run?", before)
    assert resolved == "How long does the contract run (Rensa)?"


def test_our_train_is_the_train():
    before = turns("What time does our train from Oslo leave?", "It leaves at 20:40.")
    assert standalone("When does it arrive?", before) == "When does the train arrive?"


@pytest.mark.parametrize(
    "question",
    [
        "A different question: how many clinics are there?",
        "Let's talk about the Halden bridge. When was it opened?",
        "As for Ines Calder, where was she born?",
        "Why do gas stations charge different amounts?",
    ],
)
def test_a_switch_of_topic_leaves_the_old_one(question):
    assert standalone(question, turns(MISSION, MISSION_ANSWER)) == question
