"""Chances from signs, and how many sentences are worth showing."""

from itertools import combinations

import numpy as np
import pytest

from rag.chances import GAPS, MOST, Signs, answer_signs, chances, promise, sentence_signs
from rag.refusal import Gap
from rag.writers.quotes import LEAST, likeliest
from rag.writers.quotes import MOST as MOST_SHOWN


def signs(matched, odds, whole, near=0.5):
    near = [near] * len(odds)
    return Signs(*(np.array(values, dtype=np.float32) for values in (matched, odds, whole, near)))


def test_what_was_not_read_is_unlikely_and_finite():
    found = signs([0.5, 0.5], [-np.inf, 3.0], [0.0, 99.0])
    assert found.odds.tolist() == [-MOST, 3.0]
    assert found.whole.tolist() == [0.0, MOST]
    assert promise(found).argmax() == 1


def test_without_passages_an_answer_is_unlikely():
    answered, chance = chances(signs([], [], []), {})
    assert answered < 0.1
    assert chance.shape == (0,)


def test_only_what_was_looked_at_has_a_chance():
    _, chance = chances(signs([0.9, 0.8, 0.7], [2.0, 1.0, 0.0], [1.0] * 3), {0: [], 2: []})
    assert chance[1] == 0
    assert 0 < chance[2] < chance[0] < 1


def test_the_surer_the_reader_the_higher_the_chances():
    low, high = (chances(signs([0.8], [odds], [odds]), {0: []}) for odds in (-3.0, 3.0))
    assert low[0] < high[0]
    assert low[1][0] < high[1][0]


def test_rows_name_gaps_and_what_a_sentence_is_behind_by():
    found = signs([0.9, 0.4], [2.0, -1.0], [1.0, 0.0])
    rows = sentence_signs(found, {1: [Gap("name", "Bolivia")], 0: []})
    assert rows.shape == (2, 6 + len(GAPS))
    assert rows[0, :6] == pytest.approx([-1.0, 0.4, 0.0, -3.0, -0.5, -1.0])
    assert rows[0, 6:].tolist() == [float(kind == "name") for kind in GAPS]
    assert rows[1, 3:].tolist() == [0.0] * (3 + len(GAPS))


def test_the_row_of_an_answer_tells_what_the_likeliest_sentence_leaves_open():
    found = signs([0.9, 0.4], [2.0, -1.0], [1.0, 0.0], near=0.7)

    def row(met, *left_open):
        return pytest.approx([1.0, 1.0, met, 0.9, 0.7, *left_open])

    date = Gap("date", "a date")
    assert answer_signs(found, {0: [], 1: [date]}) == row(2.0, 0.0, 0.0)
    assert answer_signs(found, {0: [Gap("name", "Bolivia")], 1: []}) == row(-1.0, 1.0, 0.0)
    assert answer_signs(found, {0: [Gap("figure", "1990"), date]}) == row(-MOST, 1.0, 1.0)


@pytest.mark.parametrize(
    "chance",
    [
        [0.9],
        [0.9, 0.1],
        [0.9, 0.8, 0.7, 0.05],
        [0.5, 0.5, 0.5],
        [0.3, 0.2],
        [0.95, 0.9, 0.2, 0.18, 0.16],
    ],
)
def test_as_many_are_shown_as_make_the_expected_f1_largest(chance):
    shown = likeliest(np.array(chance, dtype=np.float32), range(len(chance)))
    assert shown == list(range(len(shown)))

    def expected(chosen):
        return 2 * sum(chance[n] for n in chosen) / (len(chosen) + sum(chance))

    fair = [n for n, c in enumerate(chance) if c >= LEAST] or [0]
    best = max(
        expected(chosen) for size in range(1, len(fair) + 1) for chosen in combinations(fair, size)
    )
    assert expected(shown) == pytest.approx(best)


def test_what_is_much_less_likely_than_the_first_is_not_shown():
    chance = np.array([0.6, 0.5, 0.35], dtype=np.float32)
    assert likeliest(chance, [0, 1, 2]) == [0, 1, 2]
    assert likeliest(chance, [0, 1, 2], share=0.6) == [0, 1]


def test_a_long_list_is_cut_and_an_unlikely_one_is_one_sentence():
    assert len(likeliest(np.full(20, 0.9, dtype=np.float32), range(20))) == MOST_SHOWN
    assert likeliest(np.array([0.01, 0.009], dtype=np.float32), [0, 1]) == [0]
