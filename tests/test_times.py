"""Times of the day as they are written."""

import pytest

from rag.times import clock_times, of_other_years, weekdays


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("It leaves at 22:52.", ["10:52"]),
        ("It leaves at eight minutes to eleven.", []),
        ("It was twenty past eleven at night.", ["11:20"]),
        ("Open until two in the afternoon.", ["2:00"]),
        ("The gates open at noon and close at midnight.", ["0:00"]),
        ("At half past nine, or a quarter to six.", ["5:45", "9:30"]),
        ("9 a.m. to 12.30 pm", ["0:30", "9:00"]),
        ("at 14.15, not at 99:99", ["2:15"]),
        ("It takes five to ten minutes and 5 per cent.", []),
        ("It costs 14.15 euros for ten people.", []),
        ("They came at dawn.", []),
    ],
)
def test_times_are_compared_on_a_face_of_twelve_hours(text, times):
    found = sorted(clock_times(text))
    assert [f"{minutes // 60}:{minutes % 60:02}" for minutes in found] == times


def test_weekdays_are_told_in_the_singular():
    assert weekdays("On Saturdays, and on Monday") == {"saturday", "monday"}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("In 2022 there were 1,840, and the van was empty by one o'clock.", True),
        ("In 2019 there were 1,310, in 2022 1,840.", False),
        ("From 2015 to 2021 there were 900 a year.", False),
        ("Since 2015 there have been 900 a year.", False),
        ("There were 2,019 visitors and 2022 metres of rope.", False),
        ("It was a fine day.", False),
        ("The mill, built in 1874, had 900 visitors.", False),
    ],
)
def test_a_sentence_may_be_of_another_year(text, other):
    assert of_other_years("How many came in 2019?", text) == other
    assert not of_other_years("How many came?", text)
