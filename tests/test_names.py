"""Names in another form: initials, and what people call a country."""

import pytest

from rag.names import otherwise


def given(question, text):
    return [question[start:end] for start, end in otherwise(question, text)]


@pytest.mark.parametrize(
    ("question", "text", "names"),
    [
        ("Why are American soldiers there?", "Troops of the United States came.", ["American"]),
        ("What did the United States promise?", "The U.S. promised oil.", ["United States"]),
        ("What did the US promise?", "American oil was promised.", ["US"]),
        ("Who led the Dutch team?", "The Netherlands were led by Visser.", ["Dutch"]),
        ("What does the WHO say?", "The World Health Organization says no.", ["WHO"]),
        ("Is the World Health Body named?", "The WHB is.", ["World Health Body"]),
        ("Who chairs the Bank of North Harbours?", "BNH has no chair.", ["Bank of North Harbours"]),
    ],
)  # fmt: skip
def test_a_name_in_another_form_is_known(question, text, names):
    assert given(question, text) == names


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did they tell us?", "The United States told nothing."),
        ("What did the US promise?", "They promised us oil."),
        ("How do British soldiers explain it?", "Troops from the United States hold it."),
        ("What does the WHO say?", "Who is it that says no?"),
        ("Is the ILO named?", "The International Red Cross is named."),
        ("When did Anna Meyer visit?", "The session opened at 10 AM."),
        ("Who was the PM?", "Peter Miller signed."),
        ("How many work in the United States?", "200 work across Latin America."),
        ("How many are paid in the United States?", "Nurses are paid in South America."),
        ("Who won in Wales?", "New South Wales won."),
        ("What does the WHO say?", "World Health\nOrganization of the day"),
    ],
)
def test_another_name_is_not(question, text):
    assert given(question, text) == []
