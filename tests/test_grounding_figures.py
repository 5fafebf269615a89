"""Figures and dates as values: what is the same, and what only looks it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sentences import TEXTS

from rag.support.dates import dates
from rag.support.figures import figures, given_in, spelled_value

SAME = [
    ("$1.5m", "1.5 million dollars"),
    ("$1.5m", "US$1,500,000"),
    ("1.5 bn", "1,500,000,000"),
    ("10 000 homes", "10,000 homes"),
    ("10\u202f000 homes", "ten thousand homes"),
    ("1.500.000 people", "1.5 million people"),
    ("45%", "45 per cent"),
    ("45%", "forty-five percent"),
    ("twelve nurses", "12 nurses"),
    ("three hundred and twelve", "312"),
    ("a million people", "1,000,000 people"),
    ("€5bn", "5 billion euros"),
    ("3 March 2019", "March 3rd, 2019"),
    ("3 March 2019", "2019-03-03"),
    ("3 March 2019", "3.3.2019"),
    ("March 2019", "on 3 March 2019"),
    ("4 March 2019", "03/04/2019"),
    ("in 2019", "on Mar. 3, 2019"),
    ("the 1990s", "in 1994"),
    ("the '90s", "the 1990s"),
]
OTHER = [
    ("45%", "45"),
    ("45", "45%"),
    ("1.5 billion", "1.5 million"),
    ("$5", "€5"),
    ("$1.5m", "$1.6m"),
    ("10,000", "100,000"),
    ("twelve nurses", "20 nurses"),
    ("3 March 2019", "3 March 2018"),
    ("3 March 2019", "4 March 2019"),
    ("3 March 2019", "March 2019"),
    ("March 2019", "2019"),
    ("3 March 2019", "On 3 March 2018 and again in 2019"),
    ("2011", "2,012"),
    ("in 1994", "the 1990s"),
]


def gives(source, said):
    found = figures(said)
    assert found, said
    return all(given_in(figure, figures(source)) for figure in found)


@pytest.mark.parametrize(("said", "source"), SAME)
def test_the_same_figure_in_other_words(said, source):
    assert gives(source, said)


@pytest.mark.parametrize(("said", "source"), OTHER)
def test_another_figure(said, source):
    assert not gives(source, said)


def test_the_parts_of_a_date_may_stand_apart():
    assert gives("In 2019 it rained. It opened on 3 March.", "3 March 2019")


@pytest.mark.parametrize("text", ["A4 paper", "the second", "v2x", "one of them"])
def test_what_only_looks_like_a_count_is_vague_or_none(text):
    assert all(figure.vague for figure in figures(text))


@given(st.integers(0, 10**9))
def test_an_integer_is_read_however_it_is_grouped(number):
    for written in (f"{number}", f"{number:,}", f"{number:,}".replace(",", "\u00a0")):
        (figure,) = figures(f"It counted {written}.")
        if figure.date is None:
            assert float(number) in figure.values
        else:
            assert figure.date.year == number


@given(TEXTS)
def test_any_text_can_be_read(text):
    for figure in figures(text):
        assert text[figure.start : figure.end] == figure.text
    assert all(0 <= date.start < date.end <= len(text) for date in dates(text))
    found = figures(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(given_in(figure, found) for figure in found)


def test_spelled_numbers():
    assert spelled_value(["two", "million", "three", "hundred", "thousand", "five"]) == 2_300_005
