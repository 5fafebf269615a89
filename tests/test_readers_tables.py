"""Spreadsheets, CSV and JSON: rows and records as sentences, each at a number a person can find."""

import csv
import io
import json
import time

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers_files import archive, assert_sound, headings, places, read_bytes, saved, workbook

from index.document import UnreadableFile
from index.splitter import split


def refusal(folder, name, data):
    with pytest.raises(UnreadableFile) as refused:
        read_bytes(folder, name, data)
    return refused.value


# CSV and TSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_are_sentences_with_their_headers(tmp_path, delimiter):
    rows = [["Country", "Year", "Doctors"], ["Cuba", "2004", "20,000"], [], ["Haiti", "", "a; b"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    document = read_bytes(tmp_path, "doctors.csv", buffer.getvalue())
    assert places(document) == [
        (2, "Country: Cuba; Year: 2004; Doctors: 20,000."),
        (4, "Country: Haiti; Doctors: a; b."),
    ]
    assert_sound(document)


def test_a_field_of_several_lines_is_one_row(tmp_path):
    document = read_bytes(tmp_path, "a.csv", 'name,note\nAna,"two\nlines"\nLi,one\n')
    assert places(document) == [(2, "name: Ana; note: two lines."), (3, "name: Li; note: one.")]


def test_numbers_name_no_columns_and_remarks_stand_above_the_names(tmp_path):
    assert places(read_bytes(tmp_path, "a.tsv", "1\t2\n3\t4\n")) == [(1, "1; 2."), (2, "3; 4.")]
    above = "Doctors abroad,,\n,,\nCountry,Year,Doctors\nCuba,2004,20\n"
    assert places(read_bytes(tmp_path, "b.csv", above)) == [
        (1, "Doctors abroad."),
        (4, "Country: Cuba; Year: 2004; Doctors: 20."),
    ]
    assert places(read_bytes(tmp_path, "c.csv", "Country,Year\n")) == [(1, "Country; Year.")]
    assert places(read_bytes(tmp_path, "d.csv", "one column\nof words\n")) == [
        (1, "one column."),
        (2, "of words."),
    ]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-8", "Misión"),
        ("utf-8-sig", "Misión"),
        ("utf-16", "Misión"),
        ("utf-32", "Misión"),
        ("latin-1", "Misión"),
        ("cp1252", "“Misión”"),
        ("cp1251", "Правительство объявило о новых мерах поддержки"),
        ("gb18030", "中国政府宣布了新的经济政策，以帮助人民"),
        ("shift_jis", "日本政府は新しい経済対策を発表した。これは国民のためのものである"),
    ],
)
def test_encodings_of_tables(tmp_path, encoding, word):
    source = f"Name,Words\nA,{word}\n"
    assert places(read_bytes(tmp_path, "a.csv", source.encode(encoding))) == [
        (2, f"Name: A; Words: {word}.")
    ]


_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(_CELLS, min_size=2, max_size=4), min_size=1, max_size=6))
def test_every_cell_is_in_the_text_at_the_row_it_has(tmp_path, rows):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(
        [["First", "Second", "Third", "4th"], *rows]
    )
    document = read_bytes(tmp_path, "any.csv", buffer.getvalue())
    found = dict(places(document))
    for number, row in enumerate(rows, 2):
        for cell in filter(str.strip, row):
            assert " ".join(cell.split()) in found[number]
    for passage in split(document):
        assert document.text[passage.start : passage.end].strip()
        assert passage.page in found


def test_tables_no_person_made(tmp_path):
    wide = ",".join(map(str, range(1_000_000)))
    assert "1,000,000 columns" in refusal(tmp_path, "wide.csv", wide).reason
    assert "field larger" in refusal(tmp_path, "open.csv", 'a,b\n"' + "x" * 1_100_000).reason
    assert "binary" in refusal(tmp_path, "binary.csv", bytes(range(256)) * 40).reason


# Excel


def test_sheets_are_headings_and_rows_are_numbered(tmp_path):
    data = workbook(
        Prices=[["Price list"], [], ["Country", "Price"], ["Cuba", 4], ["Haiti", None]],
        Blank=[],
        Notes=[["Only this"]],
    )
    document = read_bytes(tmp_path, "prices.xlsx", data)
    assert headings(document) == [(2, "Prices"), (2, "Notes")]
    assert document.text.startswith("Prices\n\nPrice list.\nCountry: Cuba; Price: 4.\n")
    assert [page.number for page in document.pages] == [1, 4, 5, 1]
    assert document.notes == ("sheet 2 has no text",)
    passages = split(document)
    assert [(passage.heading, passage.page) for passage in passages] == [
        ("Prices", 1),
        ("Notes", 1),
    ]
    assert_sound(document)


def test_values_are_as_excel_shows_them(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Kind", "Value"])
    for n, (kind, value, pattern) in enumerate(
        [
            ("thousands", 20000, "#,##0"),
            ("decimals", 1234.5, "#,##0.00"),
            ("share", 0.125, "0.0%"),
            ("plain", 0.1, "General"),
            ("yes", True, "General"),
        ],
        2,
    ):
        sheet.append([kind, value])
        sheet.cell(n, 2).number_format = pattern
    sheet["A7"], sheet["B7"] = "day", "=DATE(2024,1,2)"  # no value is kept for it
    document = read_bytes(tmp_path, "kinds.xlsx", saved(book))
    assert document.text == (
        "Kind: thousands; Value: 20,000.\nKind: decimals; Value: 1,234.50.\n"
        "Kind: share; Value: 12.5%.\nKind: plain; Value: 0.1.\nKind: yes; Value: TRUE.\nKind: day."
    )


def test_a_lone_cell_far_away_is_not_slow(tmp_path):
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = "far"
    assert places(read_bytes(tmp_path, "far.xlsx", saved(book))) == [(1_048_576, "far.")]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("words.xlsx", b"only words", "not an Excel document"),
        ("bomb.xlsx", archive(xl=bytes(201_000_000)), "unpack to 201 MB"),
        ("blank.xlsx", workbook(Empty=[]), "its sheets are empty"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "old Excel document (.xls)"),
        ("cut.xlsx", workbook(A=[["a", "b"]])[:2000], "cut short"),
    ],
)
def test_what_is_no_workbook(tmp_path, name, data, reason):
    assert reason in refusal(tmp_path, name, data).reason


# JSON


def test_records_are_sentences_with_readable_paths(tmp_path):
    records = [
        {
            "name": "Uno",
            "address": {"city": "Havana", "zip": None},
            "tags": ["a", "b"],
            "open": True,
        },
        {"name": "Dos", "text": "First line.\nSecond line."},
        ["x", 1],
    ]
    document = read_bytes(tmp_path, "clinics.json", json.dumps(records))
    assert places(document) == [
        (1, "name: Uno; address › city: Havana; tags: a, b; open: true."),
        (2, "name: Dos.\n\ntext: First line.\nSecond line."),
        (3, "x, 1."),
    ]
    assert_sound(document)


def test_sections_of_an_object_are_headings(tmp_path):
    value = {
        "title": "Clinics",
        "author": "Ana",
        "open": [{"n": 1}],
        "more": {"a": {"b": 2}, "c": 3},
    }
    document = read_bytes(tmp_path, "a.json", json.dumps(value))
    assert document.title == "Clinics"
    assert document.metadata == {"author": "Ana"}
    assert headings(document) == [(2, "open"), (2, "more")]
    assert (
        document.text == "title: Clinics; author: Ana.\n\nopen\n\nn: 1.\n\nmore\n\na › b: 2; c: 3."
    )


def test_json_of_many_names_takes_time_in_proportion(tmp_path):
    value = {f"word {n}": f"meaning {n}" for n in range(40_000)}
    begun = time.process_time()
    document = read_bytes(tmp_path, "words.json", json.dumps(value))
    assert time.process_time() - begun < 5  # comparing each with each took 17 s
    assert "word 39999: meaning 39999." in document.text


def test_json_lines_are_numbered_and_bad_ones_noted(tmp_path):
    document = read_bytes(tmp_path, "a.jsonl", '{"a": 1}\n\nnope\n"two"\n')
    assert places(document) == [(1, "a: 1."), (4, "two.")]
    assert document.notes == ("line 3 has no valid JSON, left out",)
    assert "not valid JSON" in refusal(tmp_path, "b.ndjson", "nope\nno\n").reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{", "not valid JSON"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 900 + "1" + "}" * 900, "nested too deeply"),
        ("[]", "it is empty"),
        ("null", "it is empty"),
    ],
)
def test_json_that_cannot_be_read(tmp_path, source, reason):
    assert reason in refusal(tmp_path, "bad.json", source).reason


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=_JSON)
def test_any_json_gives_a_sound_document_with_every_word_of_it(tmp_path, value):
    try:
        document = read_bytes(tmp_path, "any.json", json.dumps(value))
    except UnreadableFile:
        assert not any(map(str.strip, _words(value)))
        return
    assert_sound(document)
    shown = " ".join(document.text.split())
    for word in _words(value):
        assert " ".join(word.split()) in shown


def _words(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [value.replace("\0", "")] if isinstance(value, str) else []
