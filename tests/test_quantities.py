"""Figures and what they count."""

import pytest
from hypothesis import given, settings
from test_sentences import TEXTS

from rag.quantities import lone_units, quantities


@pytest.mark.parametrize(
    ("text", "value", "thing"),
    [
        ("The clinic employs 85 doctors.", 85, "doctors"),
        ("It employs 85\u00a0doctors.", 85, "doctors"),
        ("More than 1.5 million people learned to read.", 1_500_000, "people"),
        ("They made 2,000 home visits.", 2000, "home visits"),
        ("It built 572 Comprehensive Diagnostic Centers (CDI).", 572, "Diagnostic Centers"),
        ("It spends 12% of its budget on health.", 12, "budget"),
    ],
)
def test_a_figure_and_what_it_counts(text, value, thing):
    (quantity,) = quantities(text)
    assert quantity.value == value
    assert thing in quantity.thing


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("It has twelve parking spaces.", [12]),
        ("It runs for two years and one month.", [2, 1]),
        ("One can see three hundred and twelve ships.", [312]),  # "one" is anybody
        ("She was the second of four.", [4]),
        ("Half of them went first.", []),
        ("It took three and a half hours, then two full weeks.", [3.5, 2]),
        ("The line is eleven and a quarter miles, or twelve and three-quarter.", [11.25, 12.75]),
        ("2½ tonnes on 4 ½ km", [2.5, 4.5]),
        ("Open from 7:30 to 18:00; call 0161 496 0134.", []),
    ],
)
def test_number_words_are_figures_and_clocks_are_none(text, values):
    assert [quantity.value for quantity in quantities(text)] == values


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("It is 340 metres long and took two years.", ["length", "time"]),
        ("It costs £12 or 15 euros and weighs 3.5 kg.", ["money", "money", "weight"]),
        ("Bake at 190 degrees; 12% water, 60 km/h.", ["heat", "percent", "speed"]),
        ("It employs 85 doctors and 3 members.", ["count", "count"]),
        ("It is 43 metres and stands on 12 km and more.", ["length", "length"]),
        ("20 miles per hour, 3 metres a second, 100 Mbit/s.", ["speed", "speed", "speed"]),
        ("At 85 °C, 2½ hours, one and a quarter tonnes.", ["heat", "time", "weight"]),
        ("It takes 950 pounds and 2 t.", ["", "weight"]),  # money or a weight
    ],
)
def test_what_a_figure_measures(text, measures):
    assert [quantity.measure for quantity in quantities(text)] == measures


@pytest.mark.parametrize(
    "text",
    ["It was opened in 1904.", "On 3 March 2019 it closed.", "No figure here.", "", "👩\u200d🏫"],
)
def test_dates_are_no_quantities(text):
    assert not quantities(text)


def test_figures_are_in_order_and_stand_where_they_say():
    text = "In 2011 it had 85 doctors, 40,000 patients and 2.5 million crowns."
    found = quantities(text)
    assert [quantity.value for quantity in found] == [85, 40_000, 2_500_000]
    assert [text[q.start : q.end] for q in found] == ["85", "40,000", "2.5 million"]


@given(TEXTS)
@settings(max_examples=60)
def test_any_text_can_be_read(text):
    for quantity in quantities(text):
        assert text[quantity.start].isalnum()
        assert quantity.value >= 0


def test_a_unit_may_stand_for_one_of_it():
    text = "It takes half an hour and a mile, for £38 a year."
    found = [(q.value, q.measure, text[q.start : q.end]) for q in lone_units(text)]
    assert found == [(0.5, "time", "half an hour"), (1.0, "length", "a mile")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("nine days", "216 hours", True),
        ("1.5 km", "1500 metres", True),
        ("two full weeks", "fourteen days", True),
        ("3 months", "3 minutes", False),
        ("2 tonnes", "2000 kg", True),
        ("5 decades", "50 days", False),
    ],
)
def test_units_have_a_size(one, other, same):
    (first,), (second,) = quantities(one), quantities(other)
    assert first.measure == second.measure
    assert (first.value * first.unit == pytest.approx(second.value * second.unit)) == same
