"""Words and figures as they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sentences import TEXTS

from rag.terms import fold, same_name, same_term, stem, stems, terms, values


def number(text):
    (term,) = terms(text)
    return term.number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1904", 1904),
        ("10,000", 10_000),
        ("1,500,000", 1_500_000),
        ("1.500.000", 1_500_000),
        ("12,345.67", 12_345.67),
        ("1.5 million", 1_500_000),
        ("1,5 million", 1_500_000),
        ("1.5\u00a0million", 1_500_000),
        ("1.5 Million", 1_500_000),
        ("1.571 billion", 1_571_000_000),
        ("2bn", 2_000_000_000),
        ("3 thousand", 3_000),
        ("45%", 45),
        ("45 %", 45),
        ("3.5", 3.5),
    ],
)
def test_figures_have_their_value(text, value):
    assert number(text) == value
    assert values(terms(f"about {text}, they say")) == {value}


@given(
    st.integers(1, 10**7), st.sampled_from([(1e3, "thousand"), (1e6, "million"), (1e9, "billion")])
)
def test_a_figure_in_words_equals_the_same_in_digits(thousandths, scale):
    size, name = scale
    in_digits = f"{thousandths * int(size) // 1000:,}"
    assert number(f"{thousandths / 1000:.3f} {name}") == number(in_digits)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.5 million", "1,500,000", True),
        ("1.5 million", "1.5 billion", False),
        ("2005", "2006", False),
        ("missions", "mission", True),
        ("Cuba", "Cuban", True),
        ("Venezuela", "Venezuelan", True),
        ("Chávez", "CHAVEZ", True),
        ("Chávez", "Cha\u0301vez", True),
        ("U.S.", "US", True),
        ("Iran", "Iraq", False),
        ("Mary", "Marx", False),
        ("Austria", "Australia", False),
        ("Brazil", "Brazilian", True),
        ("programmes", "program", True),
        ("Niger", "Nigeria", False),
        ("Maria", "Mario", False),
        ("Paul", "Paula", False),
    ],
)
def test_same_term(one, other, same):
    (first,), (second,) = terms(one), terms(other)
    assert same_term(first, second) is same_term(second, first) is same


def test_names_are_capitals_that_the_language_does_not_ask_for():
    found = terms("Maria met Jean-Paul. The school (School) of WHO and NASA. “Then Rubio spoke.”")
    assert [term.text for term in found if term.name] == [
        *("Jean", "Paul", "School", "WHO", "NASA", "Rubio")
    ]


@pytest.mark.parametrize("word", ["Rene\u0301", "René", "Łódź", "O'Brien", "Đặng"])
def test_a_word_with_accents_or_an_apostrophe_is_one_word(word):
    (term,) = terms(word)
    assert term.text == word


def test_fold_and_stem_are_for_comparison_only():
    assert fold("Ñandú STRASSE ﬁn") == "nandu strasse fin"
    assert stem("Clinics") == stem("clinic’s") == "clinic"
    assert stems("The doctors and the doctor") == {"doctor"}


def test_stopwords_are_kept_on_request():
    assert terms("what is it") == []
    assert [term.text for term in terms("what is it", keep_stopwords=True)] == ["what", "is", "it"]


@pytest.mark.parametrize("code", ["E2", "G3P", "P680", "e4", "PS3"])
def test_a_code_is_one_word_and_no_figure(code):
    (term,) = terms(f"({code})")
    assert (term.text, term.stem, term.is_code, term.name) == (code, code.lower(), True, True)
    (longer,) = terms(f"{code}0")
    assert not same_term(term, longer)
    assert not any(term.is_code for term in terms("the 3 of 45% in 2011 and COVID-19"))


@given(TEXTS)
def test_terms_stand_where_they_say_in_order(text):
    position = 0
    for term in terms(text, keep_stopwords=True):
        assert position <= term.start < term.end
        assert text[term.start : term.end] == term.text
        position = term.end


@given(st.text("abcdefgh", min_size=1, max_size=8), st.text("abcdefgh", min_size=1, max_size=8))
def test_same_name_is_symmetric_and_reflexive(one, other):
    assert same_name(one, one)
    assert same_name(one, other) == same_name(other, one)
