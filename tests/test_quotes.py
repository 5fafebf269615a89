"""The quotes writer: sentences word for word, in the right number, both sides of a dispute."""

import numpy as np
import pytest
from conftest import passage_of

from rag.evidence import Evidence, candidates
from rag.questions import analyse
from rag.refusal import Gap
from rag.writers.quotes import fit, parts

BRIDGE = "The Halden bridge was opened in 1904. It is 340 metres long. It is painted green."
MISSIONS = (
    "The Milagro mission treats eyes. The Sucre mission trains teachers. "
    "The Robinson mission teaches people to read. Bread is baked at night."
)


def texts(draft):
    return [sentence.text for sentence in draft.sentences]


@pytest.mark.parametrize(
    ("question", "expected", "highlight"),
    [
        ("When was the Halden bridge opened?", "The Halden bridge was opened in 1904.", "1904"),
        ("How long is the Halden bridge?", "It is 340 metres long.", "340"),
    ],
)
def test_a_fact_is_its_sentence_with_the_fact_highlighted(draft, question, expected, highlight):
    found = draft(question, BRIDGE, "Cats sleep most of the day.")
    assert (found.status, found.message) == ("answered", None)
    (sentence,) = [sentence for sentence in found.sentences if sentence.text == expected]
    assert "Cats sleep most of the day." not in texts(found)
    assert [sentence.text[slice(*span)] for span in sentence.highlights] == [highlight]


def test_sentences_are_verbatim_and_of_the_passage_they_name(draft):
    passage = (
        "Bread is baked at night 🌙.\nThe Halden\u00a0bridge was\nopened in 1904.  It is long."
    )
    (sentence,) = draft("When was the Halden bridge opened?", passage).sentences
    (source,) = sentence.sources
    assert sentence.text == source.text == passage[source.start : source.end]
    assert sentence.text == "The Halden\u00a0bridge was\nopened in 1904."


@pytest.mark.parametrize(
    ("question", "sentence", "with_it"),
    [
        ("How long is the Halden bridge?", "It is 340 metres long.", True),  # what is?
        ("What is 340 metres long?", "It is 340 metres long.", True),  # what is asked for
        ("Which bridge spans the fjord?", "It spans the fjord.", True),
        ("What do keepers call the Halden bridge?", "Its keepers call the bridge Ola.", True),
        ("What do keepers call the bridge?", "Its keepers call the bridge Ola.", False),
    ],
)
def test_the_sentence_before_comes_along_where_a_pronoun_needs_it(
    draft, question, sentence, with_it
):
    before = "The Halden bridge was opened in 1904."
    found = texts(draft(question, f"{before} {sentence}"))
    assert found == ([before, sentence] if with_it else [sentence])


def test_a_list_gathers_its_members_in_reading_order(draft):
    found = texts(draft("List the missions.", MISSIONS))
    assert len(found) >= 3
    assert "Bread is baked at night." not in found
    assert found == sorted(found, key=MISSIONS.index)


@pytest.mark.parametrize("space", [" ", "\u00a0"])
def test_two_figures_for_one_thing_conflict(draft, space):
    found = draft(
        "How many doctors does the Marlow clinic employ?",
        f"The Marlow clinic employs 85{space}doctors and treats 40,000 patients a year.",
        "The Marlow clinic employs 120 doctors.",
    )
    assert found.status == "conflicting"
    assert sorted(source.passage.id for s in found.sentences for source in s.sources) == [
        "0:0",
        "1:0",
    ]
    assert "85" in found.message
    assert "120" in found.message


@pytest.mark.parametrize(
    "other",
    [
        "The Marlow clinic employs 120 doctors.",
        "The Bergen clinic employs 85 doctors.",
        "The Marlow clinic employs 85 nurses.",
        "The Marlow clinic was founded in 1985.",
    ],
)
def test_what_is_no_second_figure_for_it_does_not_conflict(draft, other):
    found = draft(
        "How many doctors does the Marlow clinic employ?",
        "The Marlow clinic employs 120 doctors.",
        other,
    )
    assert (found.status, texts(found)) == ("answered", ["The Marlow clinic employs 120 doctors."])


def test_figures_that_are_asked_about_as_alternatives_are_both_shown(draft):
    one = "The Robinson mission taught 1.5 million people to read. Bread is baked at night."
    other = "At the end the report says that 1.8 million people were taught to read by Robinson."
    found = draft("Did Robinson teach 1.5 or 1.8 million people to read?", one, other)
    assert found.status == "conflicting"
    assert found.message == "The documents give both figures."
    assert {"1.5 million" in text for text in texts(found)} == {True, False}
    alone = draft("Did Robinson teach 1.5 or 1.8 million people to read?", one)
    assert (alone.status, len(texts(alone))) == ("answered", 1)


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Was the Halden bridge opened in 1904 or 1907?", "The Halden ferry was sold in 1907."),
        ("What happened in Halden between 1904 and 1907?", "The Halden ferry was sold in 1907."),
        ("Is the Halden bridge 340 or 400 metres long?", "The Halden ferry carries 400 cars."),
    ],
)
def test_alternatives_of_which_another_thing_has_one_do_not_conflict(draft, question, other):
    assert draft(question, BRIDGE, other).status != "conflicting"


def test_two_dates_for_one_thing_conflict(draft):
    texts = "The Halden bridge was opened in 1904.", "The Halden bridge was opened in 1906."
    found = draft("When was the Halden bridge opened?", *texts)
    assert found.status == "conflicting"
    assert "1904" in found.message
    assert "1906" in found.message


def test_two_figures_in_different_words_do_not_conflict(draft):
    found = draft(
        "How many patients does the clinic treat?",
        "The clinic treats 1.5 million patients.",
        "The clinic treats 1,500,000 patients.",
    )
    assert found.status == "answered"


def test_a_range_is_one_figure(draft):
    text = "Treatment costs between 800 and 1,500 crowns."
    assert draft("How many crowns does treatment cost?", text).status == "answered"


def test_the_part_that_is_missing_is_said(draft):
    found = draft("When was the Halden bridge opened and who painted it?", BRIDGE)
    assert found.status == "partial"
    assert texts(found) == ["The Halden bridge was opened in 1904."]
    assert "who painted" in found.message
    assert "?." not in found.message


def test_both_parts_are_answered(draft):
    found = draft("When was the Halden bridge opened and how long is it?", BRIDGE)
    assert (found.status, found.message) == ("answered", None)
    assert texts(found)[:2] == ["The Halden bridge was opened in 1904.", "It is 340 metres long."]


def test_a_sentence_is_never_shown_twice(draft):
    found = draft("When was the Halden bridge opened?", BRIDGE, BRIDGE, BRIDGE.upper())
    assert len(texts(found)) == 1


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When was it built?", ["When was it built?"]),
        ("What did doctors and nurses do?", ["What did doctors and nurses do?"]),
        ("  ", []),
    ],
)
def test_parts(question, expected):
    assert parts(question) == expected


def test_a_part_stands_alone():
    first, second = parts("When was the Halden bridge built and who leads it?")
    assert first == "When was the Halden bridge built"
    assert "who leads" in second
    assert "Halden bridge" in second


def test_the_writer_is_deterministic(draft):
    once, again = (draft("Which missions are there?", MISSIONS, BRIDGE) for _ in range(2))
    assert once == again


def test_a_number_word_answers(draft):
    found = draft(
        "How many parking spaces does the yard have?",
        "The yard has twelve parking spaces. It was paved in 1990.",
    )
    assert texts(found) == ["The yard has twelve parking spaces."]


@pytest.mark.parametrize(
    ("question", "one", "other", "status"),
    [
        (
            "How long is the bridge of Halden?",
            "The bridge of Halden is 340 metres long.",
            "The bridge of Halden is 355 metres long.",
            "conflicting",
        ),
        (
            "How long is the bridge of Halden?",
            "The bridge of Halden is 340 metres long.",
            "The bridge of Halden was built in 350 days.",
            "answered",
        ),
        (
            "How long is the working week of the mill?",
            "The working week of the mill is 36 hours.",
            "The mill is open from 7:30 to 18:00.",
            "answered",
        ),
    ],
)
def test_figures_conflict_only_if_they_measure_the_same(draft, question, one, other, status):
    assert draft(question, one, other).status == status


def test_rows_of_a_table_do_not_conflict_and_the_one_asked_for_is_shown(draft):
    rows = [
        "Service: Full service; Bicycle: £60; Cargo bike: £95",
        "Service: Small service; Bicycle: £85; Cargo bike: £120",
    ]
    found = draft("How much is a full service for a bicycle?", "\n".join(rows))
    assert (found.status, texts(found)) == ("answered", rows[:1])


def test_two_dates_for_one_thing_conflict_though_one_says_more_of_it(draft):
    found = draft(
        "When will the new workshop open?",
        "The workshop is planned to open on 2 November 2026.",
        "The new workshop is to open on 14 September 2026.",
    )
    assert found.status == "conflicting"


@pytest.mark.parametrize(("plain", "first"), [(0.2, 0), (0.5, 1)])
def test_a_name_that_is_not_plain_is_likelier_than_a_plain_one_far_behind(plain, first):
    found = candidates([passage_of("Its head has no name. The list begins with Paula Stein.")])
    chance = np.array([0.8, plain], dtype=np.float32)
    gaps = {0: [Gap("person", "a name")], 1: []}
    evidence = Evidence(analyse("Who is its head?"), tuple(found), 0.9, chance, gaps)
    assert fit(evidence)[0] == first


def test_a_reason_that_is_announced_behind_an_answer_comes_along(draft):
    text = "Overtime is compensated with time off, not with money. {} the staff asked for it."
    for opening, comes in (("The reason is that", True), ("Last year", False)):
        found = texts(draft("Why is overtime not paid in money?", text.format(opening)))
        assert any("staff" in sentence for sentence in found) is comes


def test_a_rival_elsewhere_is_told_though_a_list_is_shown(draft):
    found = draft(
        "When does the workshop of Halden open?",
        "The plan for Halden:\n\n- The workshop of Halden opens on 2 November 2026.\n"
        "- The shop of Halden is painted.\n- The yard of Halden is paved.",
        "The workshop of Halden opens on 14 September 2026.",
    )
    assert found.status == "conflicting"
