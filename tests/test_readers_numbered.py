"""Numbered lines of plain text: which of them are headings."""

import pytest
from readers_files import headings, read_bytes

NUMBERED = """RULES OF THE FERRY

1. PURPOSE
These rules are for everybody.

2. On board

2.1 In calm weather

1. Sit down.
2. Hold on.

2.2 In a storm

Do this:

1. Put on a vest

2. Go below

3. Wait for the captain

She knows what to do.

10 people have drowned

3. TICKETS

They cost:
- four crowns
- two crowns for children
"""


def test_numbered_headings_count_through_a_text(tmp_path):
    document = read_bytes(tmp_path, "rules.txt", NUMBERED)
    assert document.text == NUMBERED
    assert headings(document) == [
        (1, "RULES OF THE FERRY"),
        (2, "1. PURPOSE"),
        (2, "2. On board"),
        (3, "2.1 In calm weather"),
        (3, "2.2 In a storm"),
        (2, "3. TICKETS"),
    ]


def test_a_year_and_bullets_below_make_no_item_of_a_heading(tmp_path):
    said = "They are in order. " * 8
    text = f"MINUTES\n\n1. Yearly accounts 2023\n{said}\n\n2. Other\n- A net is due.\n"
    document = read_bytes(tmp_path, "minutes.txt", text)
    assert headings(document)[1:] == [(2, "1. Yearly accounts 2023"), (2, "2. Other")]


@pytest.mark.parametrize(
    "text",
    [
        "Packing\n\n1. Fetch keys\n   - from Anna\n\n2. Open valve\n   - slowly\n\nThat is all.\n",
        "Packing\n\n1. SOCKS\n2. SHIRTS\n3. SHOES\n\nThat is all.\n",
        "Packing\n\n1. Socks\n\n2. Shirts\n\nThat is all.\n",
        "Packing\n\n1. Socks are in the box.\n\nThe rest is not.\n",
        "Packing\n\n1 Bread Street\n\nThat is where.\n",
        "Packing\n\n1 MAY 2026\n\nThat is when.\n",
        "Packing\n\n3. SOCKS\n\nThey are red.\n",
        "Packing\n\n1. SOCKS",
        "Packing\n\n1. Socks are red\n\nAll.\n\n2. Shirts must be white\n\nAll.\n",
        "Packing\n\n1. It costs 40 crowns\n\nAll.\n\n2. Bags for 3 days\n\nAll.\n",
        "Packing\n\n1. THE DOOR CODE IS 4711\n\nAll.\n",
    ],
)
def test_what_is_no_numbered_heading(tmp_path, text):
    assert headings(read_bytes(tmp_path, "list.txt", text)) == [(1, "Packing")]
