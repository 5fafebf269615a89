"""Sentences are exact spans of any text at all."""

import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.sentences import sentences

# Any character, and more often those that boundaries turn on or that span several code points.
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    " \n\r\t\u00a0\u2028.?!。…\"'”)(–\u2011Dr.eaA1\u0301👩\u200d🏫🇻🇪"
)
TEXTS = st.text(CHARACTERS, max_size=200)


def quoted(text):
    return [text[start:end] for start, end in sentences(text)]


@given(TEXTS)
@example("")
@example("\r\n\r\n")
@example("One.\r\nTwo.\r\n")
@example("Cafe\u0301. 👩\u200d🏫! Non\u2011stop.")
@example("これは文です。次の文です。")
def test_spans_are_ordered_trimmed_and_leave_out_only_white_space(text):
    position = 0
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. A. Smith came. He left.", ["Dr. A. Smith came.", "He left."]),
        (
            "It left at 5 p.m. on Monday. 3.5 % rose.",
            ["It left at 5 p.m. on Monday.", "3.5 % rose."],
        ),
        ("The U.S. Army left. It rained.", ["The U.S. Army left.", "It rained."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("Was it 👩\u200d🏫? Yes!", ["Was it 👩\u200d🏫?", "Yes!"]),
        ("One.\r\nTwo.", ["One.", "Two."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("a wrapped line\ngoes on. Then not.", ["a wrapped line\ngoes on.", "Then not."]),
        (
            "They were stuck until\n17:35. They left.",
            ["They were stuck until\n17:35.", "They left."],
        ),
        ("Please ask Mr\nLorenz first.", ["Please ask Mr\nLorenz first."]),
        ("Ask Ms. Lund or Prof. Bo. Wait.", ["Ask Ms. Lund or Prof. Bo.", "Wait."]),
        ("- item one\n- item two", ["- item one", "- item two"]),
        ("A heading\n\nA sentence.", ["A heading", "A sentence."]),
        ("4. Shout. Then run.\n 5. Call us.", ["4. Shout.", "Then run.", "5. Call us."]),
        ("a) Go. b) Stay.\n- 1. Wait here.", ["a) Go.", "b) Stay.", "- 1. Wait here."]),
        ("4. EQUIPMENT", ["4. EQUIPMENT"]),
        ("It grew from 2 to\n\n3. It shrank.", ["It grew from 2 to", "3. It shrank."]),
        ("It grew from 2 to 3. It shrank.", ["It grew from 2 to 3.", "It shrank."]),
        ("6.\nA line", ["6.", "A line"]),
    ],
)
def test_boundaries(text, expected):
    assert quoted(text) == expected


PROSE = [
    "The ramp will have to wait until spring, since the pavement belongs to Altenried.",
    "For the time being please send Priya all the receipts that you have kept since March.",
    "She pays within a week, but never more than 40 euros at once.",
    "Mr Lorenz and Mrs Adebayo will see to the rest before the Annual General Meeting in June.",
]


@pytest.mark.parametrize("width", [48, 60, 72, 90])
def test_a_line_that_was_full_goes_on(width):
    letter = f"Dear Joanna,\n{textwrap.fill(' '.join(PROSE), width)}\nBest wishes, Ingrid"
    found = [" ".join(sentence.split()) for sentence in quoted(letter)]
    assert found[-5:] == [*PROSE, "Best wishes, Ingrid"]


@pytest.mark.parametrize(
    "lines",
    [
        ["Elm Court Association", "14 Bridge Street, third floor", "Altenried"],
        ["Chair: Ingrid Halvorsen of flat 12", "Minutes: Tomasz Wilk of flat 9", "Place: the hall"],
        ["- Bring the keys of the cellar and", "- Mr Pell's ladder", "- the drill"],
        ["What we are", "Where we are", "How to get in", "Contact us"],
        ["Sign in", "Register", "Log in", "Help"],
        ["Where does the money come from", "A: From the members"],
        ["Tickets can be bought from", "| Place | Price |"],
        ["This belongs to the", "-----", "1.1 Background"],
        [f"Machine {n} of the laundry, capacity in litres   {n}400" for n in range(5)],
        [f"Anna Person{n}, warden of the cellar, anna{n}@halden.example" for n in range(4)],
    ],
)
def test_lines_that_were_not_full_stay_apart(lines):
    assert quoted("\n".join(lines)) == lines


def test_a_very_long_line_is_cut_between_sentences_only():
    sentence = "This is one sentence of about ten words for a test."
    assert set(quoted(f"{sentence} " * 1000)) == {sentence}


@pytest.mark.parametrize("unit", ["a", "word ", "A. ", "? ", "\n", "a\n", "👩\u200d🏫 ", "a) b. "])
@pytest.mark.timeout(20)
def test_long_texts_take_little_time(unit):
    text = unit * 50_000
    spans = sentences(text)
    assert sum(end - start for start, end in spans) >= len("".join(text.split()))
