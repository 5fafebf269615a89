"""Lists as units: a lead-in is shown with its items, and a list as a whole or not at all."""

import numpy as np
import pytest
from conftest import passage_of

from rag.evidence import Evidence, candidates
from rag.questions import analyse
from rag.writers.listing import MOST_ITEMS, Listing, cut_short, listings, with_lists

KIT = (
    "The kit is red.\n\nThe kit holds:\n\n- a lamp\n- a rope. It is long.\n- a knife\n\nIt is old."
)


def read(text, *likely, question="What is in the kit?"):
    """The sentences of ``text``, where ``likely`` have a chance, the first the most."""
    found = candidates([passage_of(text)])
    chance = np.zeros(len(found), dtype=np.float32)
    for n, start in enumerate(likely):
        chance[[c.text.startswith(start) for c in found]] = 0.9 - 0.1 * n
    return Evidence(analyse(question), tuple(found), 0.9, chance, {})


def shown(text, *likely, question="What is in the kit?"):
    """What is shown of ``text`` if the sentences that begin like ``likely`` were chosen."""
    evidence = read(text, *likely, question=question)
    numbers = {c.text: n for n, c in enumerate(evidence.candidates)}
    chosen = [next(numbers[text] for text in numbers if text.startswith(s)) for s in likely]
    return [evidence.candidates[n].text for n in sorted(with_lists(evidence, chosen))]


def found_in(text):
    return listings(candidates([passage_of(text)]))


WHOLE = ["The kit holds:", "a lamp", "a rope.", "It is long.", "a knife"]


@pytest.mark.parametrize(
    "chosen",
    [
        ["The kit holds:"],
        ["The kit holds:", "a knife"],
        ["a knife", "a lamp"],
        ["a rope", "a lamp"],
    ],
)
def test_a_list_is_shown_as_a_whole(chosen):
    assert shown(KIT, *chosen) == WHOLE


def test_one_item_answers_alone():
    asked = "What cuts the rope of the kit?"
    assert shown(KIT, "a knife", question=asked) == ["a knife"]
    found = shown(KIT, "a knife", "The kit is red.", question=asked)
    assert found == ["The kit is red.", "a knife"]


def test_a_lead_in_may_only_explain_an_item():
    likely = "a knife", "The kit holds:"
    asked = shown(KIT, *likely, question="Is a knife in the kit?")
    assert asked == ["The kit holds:", "a knife"]
    assert shown(KIT, *likely, question="What is in the kit?") == WHOLE


def test_an_item_that_is_asked_about_alone_does_not_bring_the_others():
    likely = "a knife", "a lamp"
    assert shown(KIT, *likely, question="Is a knife in the kit?") == ["a lamp", "a knife"]
    knives = KIT.replace("a lamp", "a lamp with a knife")
    assert len(shown(knives, *likely, question="Is a knife in the kit?")) == len(WHOLE)


def test_an_item_brings_the_list_if_the_lead_in_is_all_that_is_asked_about():
    hours = "The shed is open:\n- Monday from 8:00 to 18:00\n- Sunday from 9:00 to 13:00"
    found = shown(hours, "Monday", question="When is the shed open?")
    assert found == [
        "The shed is open:",
        "Monday from 8:00 to 18:00",
        "Sunday from 9:00 to 13:00",
    ]
    alone = shown(hours, "Monday", question="When is the shed open on Monday?")
    assert alone == ["Monday from 8:00 to 18:00"]
    assert shown(hours, "Monday", question="When does the shed close?") == alone


def test_beside_a_list_only_what_is_likelier_is_shown():
    assert shown(KIT, "The kit holds:", "It is old.") == WHOLE
    assert shown(KIT, "The kit is red.", "The kit holds:") == ["The kit is red.", *WHOLE]


def test_two_of_four_items_are_no_list():
    steps = "- Press start.\n- Wait a minute.\n- Open the lid.\n- Take the cup."
    assert shown(steps, "Wait", "Take") == ["Wait a minute.", "Take the cup."]
    assert len(shown(steps, "Wait", "Take", "Open")) == 4


STEPS = "1. Open the valve.\n2. Wait for water.\n3. Close it when no air is left.\n4. Tell Priya."


def test_steps_are_shown_as_a_whole_to_who_asks_how_to_do_it():
    text = f"To bleed the radiator:\n\n{STEPS}"
    asked = "How do I get air out of a radiator?"
    assert len(shown(text, "Close it", question=asked)) == 5
    assert shown(text, "Close it", question="Why is air in a radiator?") == [
        "Close it when no air is left."
    ]
    assert shown(STEPS, "Tell", question="How do I tell Priya?") == ["Tell Priya."]


def test_steps_come_with_the_sentence_before_them_that_answers():
    text = f"Radiators are bled in spring, so that no air is in them.\n\n{STEPS}"
    asked = "How do I get air out of a radiator?"
    passage = passage_of(text).model_copy(update={"heading": "Heating › Bleeding a radiator"})
    found = candidates([passage])
    chance = np.array([0.8, *[0.1] * 4], dtype=np.float32)
    evidence = Evidence(analyse(asked), tuple(found), 0.9, chance, {})
    assert sorted(with_lists(evidence, [0])) == [0, 1, 2, 3, 4]


def test_most_items_that_were_chosen_are_the_list_though_one_alone_has_a_word():
    rules = "- Life jackets are worn.\n- Nobody lands at night.\n- Boots are dry.\n- Wait here."
    asked = "What are the rules for boots?"
    assert len(shown(rules, "Boots", "Life", "Nobody", question=asked)) == 4


ROWS = (
    "Task: Ask for a grant; Who: Priya\nTask: Order the saw; Who: Marek\n"
    "Task: Let the flat; Who: Ingrid"
)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which tasks were given out?", 3),
        ("Which tasks has Priya?", 2),  # the rows that were chosen: they differ in what they hold
        ("Who has a task?", 2),
    ],
)
def test_a_table_that_is_asked_for_is_shown_as_a_whole(question, rows):
    assert len(shown(ROWS, "Task: Ask", "Task: Let", question=question)) == rows


def test_of_a_very_long_list_the_first_items_and_the_chosen_are_shown():
    items = [f"item number {n} of it" for n in range(MOST_ITEMS + 10)]
    text = "The parts are:\n" + "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))
    found = shown(text, "The parts are:", items[-1])
    assert found == ["The parts are:", *items[:MOST_ITEMS], items[-1]]


def test_items_of_many_sentences_give_their_first():
    text = "Rules:\n" + "\n".join(f"- Rule {n} holds. It is old. It is good." for n in range(9))
    assert shown(text, "Rules:") == ["Rules:", *(f"Rule {n} holds." for n in range(9))]


@pytest.mark.parametrize("more", [0, 3])
def test_it_is_said_if_a_list_is_longer_than_what_is_shown(draft, more):
    items = [f"cabin number {n} by the lake" for n in range(MOST_ITEMS + more)]
    text = "The Guild owns these cabins:\n" + "\n".join(f"- {item}" for item in items)
    found = draft("Which cabins does the Guild own?", text[:890])
    evidence = read(text, "The Guild")
    whole = [n for n, _ in enumerate(evidence.candidates)]
    assert cut_short(evidence, whole[: MOST_ITEMS + 1]) == (
        (MOST_ITEMS, MOST_ITEMS + more) if more else None
    )
    assert cut_short(evidence, whole) is None
    if more:
        assert (
            found.message
            == f"The list is longer: {MOST_ITEMS} of its {MOST_ITEMS + more} items are shown."
        )
    else:
        assert found.message is None


@pytest.mark.parametrize(
    ("text", "lead", "items"),
    [
        (KIT, 1, ((2,), (3, 4), (5,))),
        ("Do this:\n1. Go out.\n2. Call us.", 0, ((1,), (2,))),
        ("Do this:\na) Go out.\nb) Call us.", 0, ((1,), (2,))),
        ("It is red.\n- One thing\n- Another", None, ((1,), (2,))),
        ("It holds:\n- one thing\n  that is long\n- another", 0, ((1,), (2,))),
    ],
)
def test_what_a_list_is(text, lead, items):
    assert found_in(text) == [Listing(lead, items)]


def test_a_list_in_a_list():
    text = "Bring:\n- tools:\n  - a saw\n  - an axe\n- bread"
    whole, inner = found_in(text)
    assert (whole.lead, len(whole.items)) == (0, 4)
    assert (inner.lead, inner.items) == (1, ((2,), (3,)))


def test_lines_below_a_colon_come_along():
    text = "The team:\nAda Holm\nBo Lind\n\nThe end is near."
    assert found_in(text) == [Listing(0, ((1,), (2,)), is_marked=False)]
    assert shown(text, "The team:") == ["The team:", "Ada Holm", "Bo Lind"]
    said = "The king said:\n\nWe shall see. Then he left."
    assert shown(said, "The king said:") == ["The king said:", "We shall see."]


def test_a_list_goes_on_in_the_next_passage_of_its_section():
    text = "The kit holds:\n- a lamp\n- a rope"
    cut = text.index("- a rope")
    first, last = text[: cut - 1], text[cut:]
    one = passage_of(first)
    two = passage_of(last).model_copy(update={"id": "0:1", "start": cut, "end": len(text)})
    assert listings(candidates([two, one])) == [Listing(1, ((2,), (0,)))]
    other = two.model_copy(update={"heading": "Another section"})
    assert [each.lead for each in listings(candidates([other, one]))] == [1, None]


def test_a_lead_in_whose_items_are_elsewhere_is_left_out():
    text = "It is old. It holds:"
    assert shown(text, "It holds:", "It is old.") == ["It is old."]
    assert shown(text, "It holds:") == ["It holds:"]


def test_the_writer_shows_the_whole_list(draft):
    text = (
        "The Halden bridge is painted green. The keeper of the Halden bridge has to:\n"
        "1. Oil the hinges.\n2. Count the boats.\n3. Light the lamps at dusk.\n\n"
        "Bread is baked at night."
    )
    found = draft("What does the keeper of the Halden bridge have to do?", text)
    assert [sentence.text for sentence in found.sentences] == [
        "The keeper of the Halden bridge has to:",
        "Oil the hinges.",
        "Count the boats.",
        "Light the lamps at dusk.",
    ]
