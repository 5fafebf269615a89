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
