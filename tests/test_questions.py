"""What a question asks for."""

import pytest

from rag.questions import analyse, kind
from rag.times import date_spans, dates, time_spans


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who founded the school?", "person"),
        ("By whom was the school founded?", "person"),
        ("When was the school founded?", "date"),
        ("In what year was it founded?", "date"),
        ("It was founded when?", "date"),
        ("How many doctors work there?", "number"),
        ("How much did the repairs cost?", "number"),
        ("What percentage of the budget goes to health?", "number"),
        ("What is the population of Halden?", "number"),
        ("Where does the director come from?", "place"),
        ("In which city is the clinic?", "place"),
        ("Which airline flies there?", "body"),
        ("Why was the bridge built?", "reason"),
        ("What is the purpose of the mission?", "reason"),
        ("What is the number of students?", "number"),
        ("What is the name of the director?", "person"),
        ("What does CDI stand for?", "definition"),
        ("How does the treatment work?", "manner"),
        ("Tell me about the clinic.", "other"),
        ("Whereas the bridge is old, is it safe?", "other"),
        ("", "other"),
    ],
)
def test_kind(question, expected):
    assert kind(question) == expected


def words(found):
    return [term.text for term in found]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many doctors work in Bolivia?", ["Bolivia"]),
        ("What did Marco Rubio say about the bridge?", ["Marco", "Rubio"]),
        ("When was the bridge built?", []),
        ("What happened in May 2011?", []),
        ("Is the WHO mentioned?", ["WHO"]),
        ("Which regional bloc grew out of it?", []),
        ("when did castro visit caracas", ["castro", "caracas"]),
        ("When was alba-tcp founded?", ["alba", "tcp"]),
    ],
)
def test_names_are_the_entities_it_speaks_of(question, names):
    assert words(analyse(question).names) == names


@pytest.mark.parametrize(
    ("question", "noun", "counted"),
    [
        ("How many doctors work there?", "doctors", "doctors"),
        ("How many home visits were made in 2005?", "visits", "home visits"),
        ("What is the number of students?", "students", "students"),
        ("When was it built?", None, None),
    ],
)
def test_what_is_counted(question, noun, counted):
    asked = analyse(question)
    assert (asked.noun and asked.noun.text, asked.counted) == (noun, counted)


def test_what_is_asked_for_by_which():
    assert analyse("Which airline flies there?").noun.text == "airline"


def test_figures_are_its_numbers_and_years():
    figures = analyse("Were 1.5 million or 2,000 visits made in 2005?").figures
    assert [term.number for term in figures] == [1_500_000, 2_000, 2005]


@pytest.mark.parametrize(
    ("question", "many"),
    [
        ("Which missions treat eyes?", True),
        ("List the missions.", True),
        ("Name the three largest missions.", True),
        ("Which mission treats eyes?", False),
        ("How many missions are there?", False),
    ],
)
def test_a_list_is_wanted_by_a_plural_or_outright(question, many):
    assert analyse(question).many is many


@pytest.mark.parametrize("question", ["?", "🙂🙂", "the", "橋はいつ?", "when " * 800])
def test_any_text_can_be_taken_apart(question):
    assert analyse(question).text == question


def test_dates_are_given_as_written():
    text = "Opened in 1904, on 3 March 2019, March 3 and a Monday; in the 1990s; the 19th century."
    assert {"1904", "1990s", "Monday"} <= set(dates(text))
    assert [text[start:end] for start, end in date_spans(text)] == dates(text)
    assert dates("It has 340 metres, 85 doctors and costs 2.5 million.") == []


@pytest.mark.timeout(20)
def test_a_long_run_of_dashes_is_read_at_once():
    dashes = "-" * 1_300
    assert kind(f"a{dashes}b{dashes}c{dashes}") == "other"


@pytest.mark.parametrize(
    "date", ["3 January 2026", "January 3, 2026", "March 1999", "1994", "the 1990s"]
)
def test_a_date_is_one_span(date):
    assert dates(f"It began on {date}, they say.") == [date.removeprefix("the ")]


def test_a_total_is_not_what_a_question_is_about():
    assert words(analyse("total of medical consultations").topic) == []


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("It opens at 7:30 and closes at 6 pm.", ["7:30", "6 pm"]),
        ("Open on Wednesdays and every morning.", ["Wednesdays", "every morning"]),
        ("It begins in April, two years later.", ["in April", "two years later"]),
        ("It was closed in 1963.", ["1963"]),
        ("You may begin to march; the spring is broken.", []),
        ("It opens at 7.30 in March.", ["at 7.30", "in March"]),
    ],
)
def test_times_less_exact_than_dates(text, when):
    assert [text[slice(*span)] for span in time_spans(text)] == when


@pytest.mark.parametrize(
    ("question", "wanted", "measures"),
    [
        ("How long is the lease?", "number", ("time", "length")),
        ("How long a ladder do I need?", "number", ("time", "length")),
        ("How heavy is the drum?", "number", ("weight",)),
        ("What does a full service cost?", "number", ("money",)),
        ("What does admission cost for children?", "number", ("money",)),
        ("What will a new boiler cost us?", "number", ("money",)),
        ("What sum did they agree to?", "number", ("money",)),
        ("What rent do they pay?", "number", ("money",)),
        ("How much heat is lost?", "number", ()),
        ("What time does it open?", "date", ()),
        ("What time zone does the station use?", "other", ()),
        ("What does the company charge for?", "other", ()),
        ("What would the members pay for?", "other", ()),
        ("What do coaches pay for parking?", "number", ("money",)),
        ("What is the deposit for?", "definition", ()),
        ("What is the temperature sensor made of?", "definition", ()),
        ("What fine arts are taught at the school?", "other", ()),
        ("What weight limit applies to the bridge?", "other", ()),
        ("How long is the deposit kept?", "number", ("time", "length")),
        ("How old is the price list?", "number", ("time",)),
        ("By how much did the rent rise?", "number", ()),
        ("What is the interest rate on the deposit?", "number", ()),
        ("What is the length of the course?", "number", ("length", "time")),
        ("What is the yearly fee for members?", "number", ("money",)),
        ("Whats the deposit for a key?", "number", ("money",)),
        ("whos in charge?", "person", ()),
        ("What does the maintenance cost include?", "other", ()),
        ("How many days does it take?", "number", ()),
        ("What is the phone number of the desk?", "definition", ()),
    ],
)
def test_what_the_figure_of_an_answer_measures(question, wanted, measures):
    found = analyse(question)
    assert (found.kind, found.measures) == (wanted, measures)


@pytest.mark.parametrize(
    ("question", "is_subject"),
    [
        ("What crosses the Orm?", True),
        ("Which ship came first?", True),
        ("Who painted it?", True),
        ("What does it mean?", False),
        ("Whom did she meet?", False),
        ("When did it open?", False),
    ],
)
def test_whether_the_subject_is_asked_for(question, is_subject):
    assert analyse(question).of_subject is is_subject


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What did Kerr build besides the Orm Bridge?", ["Kerr"]),
        ("Apart from Cuba, who signed the Orm Treaty?", ["Orm", "Treaty"]),
        ("What did Kerr build at Orm?", ["Kerr", "Orm"]),
        ("Who apart from Tom worked at Marlow?", ["Marlow"]),
    ],
)
def test_what_an_answer_leaves_out_need_not_be_in_it(question, names):
    assert [name.text for name in analyse(question).names] == names


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Cost of the roof: who pays?", "person"),
        ("Length of stay: why so short?", "reason"),
        ("Price of a bottle of cider", "number"),
    ],
)
def test_what_is_asked_behind_a_measure_counts(question, wanted):
    assert (analyse(question).kind == "number") == (wanted == "number")
