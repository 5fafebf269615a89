"""Rows of tables, and which of their cells a question asks for."""

import pytest

from rag.rows import asked_span, cells, is_row, label
from rag.terms import terms

ROW = "Drink: Halden cider; Bottle 2023: 6.40; Bottle 2024: 7.80; Case 2024: 44.40"


def test_a_row_is_told_from_prose():
    assert is_row(ROW)
    assert not is_row("Please note: the cider is sold out; ask again in May.")


def test_cells_are_what_stands_under_the_headings():
    assert cells(ROW) == "Halden cider; 6.40; 7.80; 44.40"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("What does a bottle cost in 2024?", "Bottle 2024: 7.80"),
        ("What does a bottle cost?", "Bottle 2023: 6.40; Bottle 2024: 7.80"),
        ("What does it cost in 2024?", "Bottle 2024: 7.80; Case 2024: 44.40"),
        ("Who sells it?", ROW),
    ],
)
def test_the_columns_that_are_asked_for(asked, found):
    assert ROW[slice(*asked_span(ROW, terms(asked)))] == found


def test_a_cell_is_of_its_column_and_its_row():
    assert label(ROW, ROW.index("7.80")).split() == ["Bottle", "2024", "Halden", "cider"]
