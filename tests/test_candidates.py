"""The sentences of retrieved passages, and what each of them goes on from."""

import pytest
from conftest import passage_of

from rag.evidence import PARAGRAPH, candidates


def led_by(text, before=""):
    passage = passage_of(text).model_copy(update={"before": before})
    return {c.text: c.led_by for c in candidates([passage])}


def test_a_sentence_goes_on_from_those_before_it_in_its_paragraph():
    said = [f"Sentence number {n} is here." for n in range(PARAGRAPH + 2)]
    found = led_by(" ".join(said))
    assert found[said[0]] == ()
    assert found[said[2]] == tuple(said[:2])
    assert found[said[-1]] == tuple(said[-1 - PARAGRAPH : -1])


def test_a_new_paragraph_goes_on_only_where_a_pronoun_does():
    found = led_by("The school opened. It grew.\n\nIts roof leaked.\n\nThe clinic closed.")
    assert found["Its roof leaked."] == ("It grew.",)
    assert found["The clinic closed."] == ()


def test_the_first_sentence_goes_on_from_the_passage_before():
    before = "Halden has a bridge. The king opened the bridge."
    assert led_by("Repairs cost 40 crowns.", f"{before} ")["Repairs cost 40 crowns."] == (
        "Halden has a bridge.",
        "The king opened the bridge.",
    )
    apart = led_by("It cost 40 crowns. Nobody paid.", f"{before}\n\n")
    assert apart["It cost 40 crowns."] == ("The king opened the bridge.",)
    assert led_by("Repairs cost 40 crowns.", f"{before}\n\n")["Repairs cost 40 crowns."] == ()


def test_only_what_stands_in_the_passage_is_a_candidate():
    passage = passage_of("It sank.").model_copy(update={"before": "The ferry sailed. "})
    (only,) = candidates([passage])
    assert (only.text, only.before) == ("It sank.", "")
    assert "The ferry sailed." in only.around


def test_a_line_of_its_own_goes_on_from_the_line_before_at_most():
    rows = ["Uruguay has a clinic.", "Peru has 200 doctors.", "Chile has 300 doctors."]
    found = led_by("\n".join(rows))
    assert found[rows[2]] == (rows[1],)


def test_a_blank_line_in_the_passage_before_counts():
    found = led_by("Gamma is red.", before="Alpha is old.\n\nBeta is new. ")
    assert found["Gamma is red."] == ("Beta is new.",)


@pytest.mark.parametrize("marker", ["- ", "4. ", "(12) ", "b) ", "• ", "- 3. "])
def test_an_item_is_quoted_without_its_marker(marker):
    text = f"Do this:\n{marker}Shout once."
    found = candidates([passage_of(text)])
    assert [c.text for c in found] == ["Do this:", "Shout once."]
    assert [text[c.start : c.end] for c in found] == [c.text for c in found]


@pytest.mark.parametrize("line", ["6.", "* * *", "- 12 -", "----", "(3)"])
def test_a_line_that_says_nothing_is_no_candidate(line):
    found = candidates([passage_of(f"The ferry sailed.\n\n{line}\n\nIt sank.")])
    assert [c.text for c in found] == ["The ferry sailed.", "It sank."]
    assert found[1].led_by == ("The ferry sailed.",)


@pytest.mark.parametrize("line", ["1998", "01632 960 144", "3 km", "И"])
def test_a_short_line_that_says_something_is_one(line):
    assert line in [c.text for c in candidates([passage_of(f"Call us.\n\n{line}")])]
