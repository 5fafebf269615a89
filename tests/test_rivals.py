"""Which figures and dates are two of one thing, and which are not."""

import pytest
from conftest import passage_of

from rag.quantities import quantities
from rag.writers.reports import clocked_twice, dated_twice, told_twice

BRIDGE = "The Halden bridge was opened in 1904. It is 340 metres long. It is painted green."


def texts(draft):
    return [sentence.text for sentence in draft.sentences]


@pytest.mark.parametrize(
    ("question", "text", "status"),
    [
        (
            "What will the new boiler cost?",
            "The new boiler will cost €74,000 according to the treasurer, while the engineer says "
            "€81,500.",
            "conflicting",
        ),
        (
            "How much heat is lost through the windows?",
            "One survey puts the heat lost through the windows at 18 per cent, whereas the engineer"
            " arrived at 24 per cent.",
            "conflicting",
        ),
        (
            "How many pairs of herons breed at the lake?",
            "The ministry counts 41 pairs of herons at the lake, but the station 56.",
            "conflicting",
        ),
        (
            "How old is the skull?",
            "The laboratory in Halden puts the age of the skull at 8,350 years, the one in Marlow "
            "at 7,900.",
            "conflicting",
        ),
        (
            "How many pairs of herons breed at the lake?",
            "The station counts 41 pairs of herons at the lake, but 56 pairs of storks.",
            "answered",
        ),
        (
            "How many pairs of herons breed at the lake?",
            "The station counted 41 pairs of herons at the lake in 2001, but 56 in 2011.",
            "answered",
        ),
        (
            "What does the museum charge?",
            "The museum charges adults 12 euros, while pupils pay 8 euros.",
            "answered",
        ),
    ],
)
def test_a_sentence_may_report_two_figures_for_one_thing(draft, question, text, status):
    found = draft(question, text)
    assert (found.status, texts(found)) == (status, [text])


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("on Saturday, 5 April 2025", "on Saturday, 12 April 2025", "conflicting"),
        ("on 5 April 2025", "on Saturday, 5 April 2025", "answered"),
        ("on 5 April", "on 15 April", "conflicting"),
    ],
)
def test_a_weekday_is_no_date_of_its_own(draft, one, other, status):
    asked = "When is the garden day of the Guild?"
    text = "The garden day of the Guild is {}."
    assert draft(asked, text.format(one), text.format(other)).status == status


def test_the_year_that_is_asked_for_is_not_what_it_is_the_year_of(draft):
    found = draft(
        "What year did the Marlow museum first open?",
        "The Marlow museum opened its doors on 3 June 1889, and 412 people came on the first day.",
        "Since its opening in 1891 the Marlow museum has hardly known a year as unsettled.",
    )
    assert found.status == "conflicting"


def test_a_weekday_is_no_other_date(draft):
    found = draft(
        "When did the Marlow museum first open?",
        "The Marlow museum opened its doors on 3 June 1889.",
        "From April to October the Marlow museum is open Tuesday to Sunday.",
    )
    assert found.status == "answered"


def test_one_passage_gives_no_two_averages_of_one_thing(draft):
    text = "The average temperature of the lake by day is 21 °C. Its average temperature is 17 °C."
    assert draft("What is the average temperature of the lake?", text).status == "answered"


@pytest.mark.parametrize(
    "text",
    [
        "The treasurer puts the boiler at 74,000 euros, while the engineer says 81,500 euros.",
        "There are 46 volunteers according to the rota, or 52 according to the insurance list.",
        "The article speaks first of 1.5 million people, and later of 1.8 million.",
        "The ministry counts 41 pairs, the station 56.",
        "The register lists 63 pairs, whereas our own count arrived at 88.",
    ],
)
def test_what_is_told_twice(text):
    assert told_twice(text, quantities(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "The guide says the tour takes 60 minutes, but 90 minutes for school groups.",
        "The list shows a fee of 12 euros for members; guests pay 15 euros.",
        "The treasurer expects the roof to cost 40,000 euros, while the windows cost 25,000 euros.",
        "The contract names a deposit of 900 euros, against a rent of 600 euros.",
        "The chair says the Guild has 120 members, but a further 85 members live abroad.",
        "The rules say that 20 members must be present, but 30 members if the rules are changed.",
        "The school has 240 pupils, but the council noted that there is room for 300 pupils.",
        "The ringers found 41 herons breeding at the lake, but another lake has 56 herons.",
        "The guide says that the tower is 40 metres high, the nave 25 metres.",
        "The clinic has 40 staff on weekdays, but 25 staff at night, as the list shows.",
        "The list names 12 chapters; another 8 chapters are lost.",
        "The report says that visits rose from 41,000 to 56,000, while the press wrote 57,000.",
    ],
)
def test_what_is_not(text):
    assert told_twice(text, quantities(text)) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "It was bought in April 2016 according to the invoice but in 2017 according to Lund.",
            ["April 2016", "2017"],
        ),
        ("The Guild was founded in 1904, but closed in 1911.", []),
        ("It was opened in 1904 according to the sign, and painted in 1950.", []),
    ],
)
def test_two_dates_that_one_sentence_reports(text, told):
    assert dated_twice(text) == told


def test_a_figure_may_stand_behind_what_it_counts(draft):
    found = draft(
        "How many volunteers help the Guild?",
        "The number of active volunteers of the Guild is 46 according to the rota but 52 according "
        "to the insurance list.",
    )
    assert found.status == "conflicting"
    assert found.message == "The documents give different figures: 46 and 52."


def test_a_report_may_contradict_in_one_passage(draft):
    text = "The Guild of Halden was founded in 1904. According to the register the Guild of Halden"
    found = draft("When was the Guild of Halden founded?", f"{text} was founded in 1911.")
    assert found.status == "conflicting"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How wide is the river in Halden?",
            "The river in Halden is 40 metres wide in spring.",
            "The river in Halden is 30 metres wide in autumn.",
        ),
        (
            "When does the Marlow library open?",
            "The Marlow library opens at 9 a.m.",
            "The Marlow library opens at 09:00.",
        ),
        ("When was the Guild founded?", "The Guild was founded in 1940.", "It is of the 1940s."),
    ],
)
def test_what_does_not_contradict(draft, question, one, other):
    assert draft(question, one, other).status == "answered"


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


@pytest.mark.parametrize(
    ("question", "one", "other", "status"),
    [
        (
            "When does the Marlow library open?",
            "The Marlow library opens at 9 a.m.",
            "The Marlow library opens at half past ten.",
            "conflicting",
        ),
        (
            "What time does the feast of Halden end?",
            "The feast of Halden ends at twenty past eleven at night.",
            "The feast of Halden ends at 23:05.",
            "conflicting",
        ),
        (
            "When does the ferry to Halden leave?",
            "The ferry to Halden leaves at noon on Saturdays.",
            "The ferry to Halden leaves at 9:15 on Tuesdays.",
            "answered",
        ),
        (
            "What time does the ferry to Halden leave?",
            "The ferry to Halden leaves at a quarter to six.",
            "The ferry to Halden leaves at 17:45.",
            "answered",
        ),
    ],
)
def test_times_of_the_day_conflict_unless_they_are_one(draft, question, one, other, status):
    assert draft(question, one, other).status == status


def test_two_people_for_one_deed_conflict(draft):
    one = "The old bridge of Halden was designed by Ines Calder."
    other = "Edmund Vane designed the old bridge of Halden."
    found = draft("Who designed the old bridge of Halden?", one, other)
    assert found.status == "conflicting"
    assert found.message == "The documents give different names: Ines Calder and Edmund Vane."
    assert draft("Who are the designers of Halden?", one, other).status != "conflicting"
    again = "The old bridge of Halden was designed by Ines Calder of Marlow."
    assert draft("Who designed the old bridge of Halden?", one, again).status == "answered"


def test_what_another_did_is_no_other_name_for_it(draft):
    found = draft(
        "Who designed the old bridge of Halden?",
        "The old bridge of Halden was designed by Ines Calder.",
        "The old bridge of Halden was painted by Edmund Vane.",
    )
    assert found.status == "answered"


@pytest.mark.parametrize(
    ("question", "row", "text", "status"),
    [
        (
            "How long is the platform of Halden?",
            "Station: Halden; Opened: 1867; Platform length: 310 ft",
            "The platform of Halden is 285 feet long.",
            "conflicting",
        ),
        (
            "What does a bottle of Halden cider cost in 2024?",
            "Drink: Halden cider; Bottle 2023: 6.40; Bottle 2024: 7.80; Case 2024: 44.40",
            "A bottle of Halden cider costs 7.80 euros in 2024.",
            "answered",
        ),
    ],
)
def test_a_row_of_a_table_conflicts_in_the_column_that_is_asked_for(
    draft, question, row, text, status
):
    assert draft(question, row, text).status == status


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How many visitors came to the fair of 2019?",
            "The fair of 2019 had 1,310 visitors.",
            "The fair of 2022 had 1,840 visitors.",
        ),
        (
            "How many levers are in the frame at Halden?",
            "The frame at Halden has 24 levers.",
            "Of the levers in the frame at Halden seventeen of them are connected.",
        ),
        (
            "How long is the line to Halden?",
            "The line to Halden is 12 miles long.",
            "The line to Halden is 19 km long.",
        ),
    ],
)
def test_other_years_parts_and_units_do_not_contradict(draft, question, one, other):
    assert draft(question, one, other).status == "answered"


def test_weeks_and_days_are_compared(draft):
    found = draft(
        "How long was the mill of Halden closed?",
        "The mill of Halden was closed for nine days.",
        "The mill of Halden was closed for two full weeks.",
    )
    assert found.status == "conflicting"


def test_a_heading_says_what_a_sentence_is_about(draft):
    one = passage_of("The fair of Halden is on Saturday, 8 June 2024.", 0)
    other = passage_of("The event is on Sunday, 9 June 2024.", 1)
    other = other.model_copy(update={"heading": "The fair of Halden"})
    found = draft("On what date is the fair of Halden?", one, other)
    assert found.status == "conflicting"


def test_two_times_that_one_sentence_reports(draft):
    text = "Nora says that the tree fell at half past three, whereas Tom says at a quarter to six."
    assert clocked_twice(text) == ["half past three", "quarter to six"]
    assert clocked_twice("The library opens at half past eight and closes at six.") == []
    assert draft("At what time did the tree fall?", text).status == "conflicting"


@pytest.mark.parametrize(
    ("question", "one", "other", "status"),
    [
        (
            "Is the Marlow museum open on Mondays?",
            "The Marlow museum is open on Mondays until noon.",
            "On Mondays the Marlow museum stays closed.",
            "conflicting",
        ),
        (
            "Are dogs allowed in the Marlow museum?",
            "Dogs may come into the Marlow museum on a lead.",
            "No dogs in the Marlow museum.",
            "conflicting",
        ),
        (
            "Is the Marlow museum open on Mondays?",
            "The Marlow museum is open on Mondays.",
            "On Mondays the Marlow museum opens at noon.",
            "answered",
        ),
        (
            "Is the Marlow museum open on Mondays?",
            "The Marlow museum is open on Mondays.",
            "On Sundays the Marlow museum stays closed.",
            "answered",
        ),
        (
            "Is the Marlow museum open on Mondays?",
            "Day: Monday; Museum: open; Library: open",
            "The Marlow museum is open on Mondays.",
            "answered",
        ),
    ],
)
def test_what_one_affirms_and_another_denies(draft, question, one, other, status):
    found = draft(question, one, other)
    assert found.status == status
    assert (found.message == "The documents say different things about this.") == (
        status == "conflicting"
    )


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "When does the train to Halden leave?",
            "The train to Halden leaves at 7:15.",
            "The train to Halden leaves at 9:15.",
        ),
        (
            "What time does the first train to Halden leave?",
            "The first train to Halden leaves at 7:15.",
            "The second train to Halden leaves at 9:15.",
        ),
        (
            "Who won the race of Halden?",
            "Ines Calder won the race of Halden in 2001.",
            "Edmund Vane won the race of Halden in 2003.",
        ),
        (
            "Who is the doctor at the Marlow clinic?",
            "The doctor at the Marlow clinic is Dr Lowther.",
            "Anna Lowther is the doctor at the Marlow clinic.",
        ),
        (
            "How much does entry to the Marlow museum cost?",
            "Entry to the Marlow museum costs 12 euros for adults.",
            "Entry to the Marlow museum costs 8 euros for children.",
        ),
        (
            "How much did the roof of the hall cost?",
            "The roof of the hall cost 40,000 euros.",
            "The roof of the hall cost 45,000 dollars.",
        ),
        (
            "How many members does the Guild have?",
            "The Guild has about 200 members.",
            "The Guild has 203 members.",
        ),
        (
            "How long is the tour of the mill?",
            "The tour of the mill takes 60 minutes.",
            "The tour of the mill takes 90 minutes for school groups.",
        ),
        (
            "When does the Marlow museum open?",
            "The Marlow museum opens at 9 a.m.",
            "The Marlow museum closes at 5 p.m.",
        ),
    ],
)
def test_what_only_looks_like_a_contradiction(draft, question, one, other):
    assert draft(question, one, other).status == "answered"


def test_the_morning_bus_leaves_once(draft):
    found = draft(
        "What time does the bus stop at Low Fold in the morning?",
        "In the morning the bus stops at Low Fold at 7:45.",
        "The bus stops at Low Fold at 7:55 in the morning.",
    )
    assert found.status == "conflicting"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "Is the pool of Halden open on Sundays?",
            "The pool of Halden is open on Sundays.",
            "There is no lifeguard at the pool of Halden on Sundays.",
        ),
        (
            "Does the shop of Halden open on Sundays?",
            "The shop of Halden opens on Sundays.",
            "The shop of Halden never closes on Sundays.",
        ),
        (
            "Who spoke at the feast of Halden?",
            "Ines Calder spoke at the feast of Halden.",
            "Edmund Vane spoke at the feast of Halden.",
        ),
        (
            "Who founded the choir of Halden?",
            "Ines Calder founded the choir of Halden.",
            "Edmund Vane joined the choir of Halden when it was founded.",
        ),
        (
            "When is the office of Halden open?",
            "The office of Halden is open from 9:00 to 12:00.",
            "The office of Halden is open from 14:00 to 18:00.",
        ),
        (
            "When does the office of Halden close?",
            "The office of Halden closes at 17:00.",
            "The office of Halden closes at 13:00 on Fridays.",
        ),
        (
            "How long is the course in Halden?",
            "The course in Halden takes 90 minutes.",
            "The course in Halden takes an hour and a half.",
        ),
        (
            "What is the deposit for the hall of Halden?",
            "The deposit for the hall of Halden is €200.",
            "The deposit for the hall of Halden is £180.",
        ),
        (
            "What does a pie cost in Halden?",
            "A pie costs 5 to 8 euros in Halden.",
            "A pie costs 6 euros in Halden.",
        ),
        (
            "When does the museum of Halden open?",
            "Place: Halden museum; Opens: 9:00; Closes: 17:00",
            "Place: Halden museum shop; Opens: 10:00; Closes: 17:00",
        ),
        (
            "When was the mill of Halden built?",
            "The mill of Halden was built in 1874.",
            "The mill of Halden was built in the 1870s.",
        ),
        (
            "Is the museum of Halden open on Mondays?",
            "The museum of Halden is open on Mondays.",
            "Day: Monday; Halden museum: open; Café: closed",
        ),
    ],
)
def test_what_a_review_found_to_be_no_contradiction(draft, question, one, other):
    assert draft(question, one, other).status != "conflicting"


def test_the_year_of_a_survey_is_not_the_year_of_the_bridge(draft):
    found = draft(
        "How long is the bridge of Halden?",
        "The bridge of Halden, built in 1904, is 340 metres long.",
        "According to the survey of 1990 the bridge of Halden is 310 metres long.",
    )
    assert found.status == "conflicting"
