"""A few words after a question are that question with something else in it."""

from __future__ import annotations

import pytest
from talk import MISSION, MISSION_ANSWER, turns

from rag.conversation import standalone


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (  # a person in the person's role
            ("What does Ines Calder demand about Norway?", "Better ferries."),
            "and Lopez?",
            "What does Lopez demand about Norway?",
        ),
        (
            ("What did Maria Lopez say about Norway?", "Nothing."),
            "And Spain?",
            "What did Maria Lopez say about Spain?",
        ),
        (
            ("How many doctors were sent to Norway?", "12."),
            "and nurses?",
            "How many nurses were sent to Norway?",
        ),
        (("What happened in 2004?", "A strike."), "What about 2005?", "What happened in 2005?"),
        (("What did Norway send?", "Nurses."), "And in 2005?", "What did Norway send in 2005?"),
        (("Is chilli a stew?", "Yes."), "How about goulash?", "Is goulash a stew?"),
    ],
)
def test_an_ellipsis_takes_the_place_of_its_like(history, question, understood):
    assert standalone(question, turns(*history)) == understood


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        (
            "How much does a yearly check for a rowing boat cost?",
            "and for a motor boat?",
            "How much does a yearly check for a motor boat cost?",
        ),
        ("How much does the ferry cost?", "And the bus?", "How much does the bus cost?"),
        (
            "How much does the ferry cost in the summer season?",
            "And the night bus?",
            "How much does the night bus cost in the summer season?",
        ),
        ("Which bank does the school use?", "and the clinic?", "Which bank does the clinic use?"),
    ],
)
def test_the_verb_of_a_question_is_not_replaced(asked, question, understood):
    assert standalone(question, turns(asked, "Some.")) == understood


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        (
            "What did the second Halden bridge cost?",
            "and the first one?",
            "What did the first Halden bridge cost?",
        ),
        ("Who led the third team?", "And the 2nd?", "Who led the 2nd team?"),
        ("When was the new bridge opened?", "and the old one?", "When was the old bridge opened?"),
        ("Who leads the team?", "and the second?", "Who leads the second team?"),
        ("What happened in May?", "and on the second?", "What happened in May on the second?"),
    ],
)
def test_an_ordinal_or_the_other_one_takes_the_noun_that_was_said(asked, question, understood):
    assert standalone(question, turns(asked, "Some.")) == understood


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        ("What does error E2 mean?", "And E4?", "What does error E4 mean?"),
        ("what does error E2 mean on model B7", "and E4?", "what does error E4 mean on model B7"),
        ("What does error E2 mean?", "and error E4?", "What does error E4 mean?"),
        ("How long is the Marlow A4?", "and the Halden B6?", "How long is the Halden B6?"),
        ("What did Norway earn in Q3 2024?", "and Q4?", "What did Norway earn in Q4 2024?"),
        ("What does the type S cabin cost?", "and type L?", "What does the type L cabin cost?"),
    ],
)
def test_a_code_takes_the_place_of_a_code(asked, question, understood):
    assert standalone(question, turns(asked, "Some.")) == understood


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        (
            "When must it be quiet at night during the week?",
            "and on weekends?",
            "When must it be quiet at night on weekends?",
        ),
        ("When is it open on Sundays?", "And Mondays?", "When is it open on Mondays?"),
        ("How much is it in summer?", "and in winter?", "How much is it in winter?"),
        ("Who opens in the morning?", "and at night?", "Who opens at night?"),
        ("What did Norway earn in Q3 2024?", "In Q4 2025?", "What did Norway earn in Q4 2025?"),
        ("What did Norway earn in 2023?", "And the year before?", "What did Norway earn in 2022?"),
        (
            "When is the Winter Palace open?",
            "and in summer?",
            "When is the Winter Palace open in summer?",
        ),
        (
            "When does the Friday market open?",
            "And on Saturdays?",
            "When does the Friday market open on Saturdays?",
        ),
        (
            "How many hours a week is the pool open?",
            "on Sundays?",
            "How many hours a week is the pool open on Sundays?",
        ),
        (
            "What did Norway earn in 2023?",
            "in the following year?",
            "What did Norway earn in 2024?",
        ),
        (
            "What does a dog of up to 20 kg cost?",
            "sorry, I meant over 20 kg",
            "What does a dog of over 20 kg cost?",
        ),
        ("How long does a dog stay?", "what about rabbits?", "How long does rabbits stay?"),
    ],
)
def test_a_time_or_a_bound_takes_the_place_of_its_sort(asked, question, understood):
    assert standalone(question, turns(asked, "Some.")) == understood


@pytest.mark.parametrize(
    ("asked", "question", "understood"),
    [
        (
            "Who was elected chair of the Guild?",
            "For how long?",
            "For how long was somebody elected chair of the Guild?",
        ),
        ("Who is elected by the members?", "when?", "when is somebody elected by the members?"),
        ("What is kept in the cellar?", "why?", "why is something kept in the cellar?"),
        ("How long do rabbits stay?", "why so long?", "why do rabbits stay?"),
    ],
)
def test_a_question_for_somebody_is_asked_again_of_somebody(asked, question, understood):
    assert standalone(question, turns(asked, "Ines Calder.")) == understood


@pytest.mark.parametrize(
    "asked",
    ["How many of the 1200 members paid?", "Who lives in flat 1204?", "Who paid 1200 euros?"],
)
def test_not_every_number_is_a_year(asked):
    assert "1199" not in standalone("And the year before?", turns(asked, "Some."))


@pytest.mark.parametrize(
    ("correction", "understood"),
    [
        ("no, I meant Spain", "How many doctors were sent to Spain in 2004?"),
        ("sorry, 2005", "How many doctors were sent to Norway in 2005?"),
        ("I meant 2005", "How many doctors were sent to Norway in 2005?"),
        ("I meant nurses", "How many nurses were sent to Norway in 2004?"),
        ("not Norway, Spain", "How many doctors were sent to Spain in 2004?"),
        ("Spain, not Norway", "How many doctors were sent to Spain in 2004?"),
        ("Sorry, I mean when was Halden founded?", "when was Halden founded?"),
        ("Actually, who founded the night school?", "who founded the night school?"),
    ],
)
def test_a_correction_is_put_where_it_belongs(correction, understood):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(correction, before) == understood


@pytest.mark.parametrize("question", ["and?", "So?", "but?", "or?", "What about?", "Then ..."])
def test_a_connective_alone_is_left_alone_and_does_not_break_what_follows(question):
    before = [MISSION, MISSION_ANSWER]
    assert standalone(question, turns(*before)) == question
    after = turns(*before, question, "What about what?")
    assert "Robinson" in standalone("When was it established?", after)
    assert isinstance(standalone(question, after), str)


@pytest.mark.parametrize(
    "question",
    [
        "No doctors were sent to Spain?",
        "No-fly zones were set up by Spain?",
        "Wait times in hospitals rose by how much?",
        "Rather than doctors, what did Spain send?",
        "Actually existing socialism is what?",
        "no, and?",
        "no, not Norway",
        "No, not Norway!",
    ],
)
def test_what_only_looks_like_a_correction_is_left_alone(question):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(question, before) == question


@pytest.mark.parametrize(
    "correction",
    [
        "no I meant Spain",
        "No wait, Spain",
        "no - Spain",
        "no not Norway, Spain",
        "no, rather Spain",
    ],
)
def test_a_correction_needs_a_pause_or_what_was_meant(correction):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(correction, before) == "How many doctors were sent to Spain in 2004?"


@pytest.mark.parametrize(
    ("asked", "word", "understood"),
    [
        (
            "How many doctors did Cuba send to Venezuela?",
            "Why?",
            "Why did Cuba send doctors to Venezuela?",
        ),
        ("Which book did Maria Lopez write?", "When?", "When did Maria Lopez write the book?"),
        ("How many nurses has Norway trained?", "Why?", "Why has Norway trained nurses?"),
        ("What services does the clinic provide?", "Why?", "Why does the clinic provide services?"),
        (
            "Which booking software did the board choose?",
            "Why?",
            "Why did the board choose the booking software?",
        ),
        ("How many doctors work in Norway?", "Why?", None),
        ("Which country did Cuba send doctors to?", "Why?", None),
        ("In which hospital did Maria Lopez work?", "When?", None),
        ("How many doctors were sent to Norway?", "When?", None),
        ("Which day did the bridge open?", "Why?", None),
    ],
)
def test_a_bare_question_word_after_how_many_and_which(asked, word, understood):
    expected = understood or f"{word[:-1]}: {asked[0].lower()}{asked[1:]}"
    assert standalone(word, turns(asked, "Some.")) == expected


def test_a_bare_question_word_does_not_pile_up():
    before = turns("How many doctors work in Norway?", "12.", "Why?", "For the pay.")
    assert standalone("Since when?", before) == "Since when: how many doctors work in Norway?"


def test_what_a_question_with_do_is_about_is_meant_by_it():
    before = turns("How much does the ferry cost?", "Eight pounds.")
    assert standalone("When does it leave?", before) == "When does the ferry leave?"
