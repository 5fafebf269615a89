"""Word files and PDFs: order, headings, lists, tables, pages; and files that mean harm."""

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject
from readers_files import archive, assert_sound, headings, pdf, read_bytes, saved, word

from index.document import Page, UnreadableFile

# Word


def test_word_in_document_order(tmp_path):
    file = docx.Document()
    file.add_heading("The missions", 0)
    file.add_heading("Barrio Adentro", 1)
    file.add_paragraph("Doctors came ").add_run("to the hills.").bold = True
    for style, text in [("List Bullet", "one"), ("List Bullet 2", "inner"), ("List Bullet", "two")]:
        file.add_paragraph(text, style=style)
    file.add_paragraph("Then:")
    for text in ("first", "second"):
        file.add_paragraph(text, style="List Number")
    rows = [("Country", "Doctors"), ("Cuba", "35,000"), ("Venezuela", "")]
    table = file.add_table(3, 2)
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, row, strict=True):
            cell.text = text
    file.add_heading("After\nthe table", 2)
    file.core_properties.title, file.core_properties.author = "The missions", "Ana Ruiz"
    document = read_bytes(tmp_path, "missions.docx", saved(file))
    assert document.text == (
        "The missions\n\nBarrio Adentro\n\nDoctors came to the hills.\n\n"
        "- one\n  - inner\n- two\n\nThen:\n\n1. first\n2. second\n\n"
        "Country: Cuba; Doctors: 35,000\nCountry: Venezuela\n\nAfter the table"
    )
    assert headings(document) == [
        (1, "The missions"),
        (1, "Barrio Adentro"),
        (2, "After the table"),
    ]
    assert document.title == "The missions"
    assert document.metadata == {"author": "Ana Ruiz"}
    assert_sound(document)


def test_word_properties_of_the_template_are_not_the_documents(tmp_path):
    document = read_bytes(tmp_path, "plain.docx", word(("Normal", "Words")))
    assert (document.title, document.metadata) == (None, {})


def test_word_markup_that_hides_text_or_moves_it(tmp_path):
    file = docx.Document()
    file.add_paragraph("First.")
    file.element.body.insert_element_before(
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control, </w:t></w:r>"
            "<w:ins><w:r><w:t>inserted</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText>"
            "</w:r></w:del><w:r><w:tab/><w:instrText>FIELD</w:instrText><w:t>a</w:t>"
            "<w:noBreakHyphen/><w:t>b</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>"
            "In a box</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p></w:sdtContent></w:sdt>"
        ),
        "w:sectPr",
    )
    document = read_bytes(tmp_path, "controls.docx", saved(file))
    assert document.text == "First.\n\nIn a control, inserted\ta\u2011b\n\nIn a box"


def test_word_tables_with_merged_cells_and_frames(tmp_path):
    file = docx.Document()
    table = file.add_table(3, 3)
    for cells, row in zip(table.rows, ["abc", "def", "ghi"], strict=True):
        for cell, text in zip(cells.cells, row, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0)).text = "down"
    table.cell(1, 1).merge(table.cell(1, 2)).text = "across"
    frame = file.add_table(1, 1).cell(0, 0)
    frame.text = "In a frame."
    frame.add_paragraph("Still there.")
    document = read_bytes(tmp_path, "tables.docx", saved(file))
    assert document.text == (
        "a: down; b: across\na: down; b: h; c: i\n\nIn a frame.\n\nStill there."
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (archive(bomb=bytes(201_000_000)), "unpack to 201 MB"),
        (archive(bomb=bytes(30_000_000)), "unpack to 30 MB"),
        (archive(page="words"), "ZIP archive, not a Word document"),
        (archive(**{"[Content_Types].xml": "<x/>"}), "damaged or not a Word file"),
    ],
)
def test_archives_that_are_no_word_file(tmp_path, data, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read_bytes(tmp_path, "bomb.docx", data)


# PDF

FIRST = """\
# The crisis of January

This paper retells what an article says about the events of that month, and it does so at a \
length that makes the lines wrap at least once. It says so. The well-
known claims are well-known, the charac-
ters are characters, and the Cuba-
Venezuela alliance holds.

A short paragraph follows. And this
"""
SECOND = """\
sentence goes on overleaf.

# Oil and money

It lists the means.\
"""


def test_pdf_paragraphs_headings_and_pages(tmp_path):
    file = pdf(FIRST, SECOND, title="Microsoft Word - draft.docx", author="Ana Ruiz")
    document = read_bytes(tmp_path, "crisis.pdf", file)
    assert document.text == (
        "The crisis of January\n\nThis paper retells what an article says about the events of that "
        "month, and it does so at a length that makes the lines wrap at least once. It says so. "
        "The well-known claims are well-known, the characters are characters, and the "
        "Cuba-Venezuela alliance holds.\n\nA short paragraph follows. And this sentence goes on "
        "overleaf.\n\nOil and money\n\nIt lists the means."
    )
    assert headings(document) == [(1, "The crisis of January"), (1, "Oil and money")]
    cut = document.text.index(" sentence goes on")
    assert document.pages == (Page(1, 0, cut), Page(2, cut, len(document.text)))
    assert document.title == "The crisis of January"
    assert document.metadata == {"author": "Ana Ruiz", "published": "2024-05-03"}
    assert_sound(document)


def test_pdf_running_heads_and_feet_are_dropped(tmp_path):
    pages = [
        f"The Example Daily\n\n# Part {n}\n\nBody of part {n}, 2003 to 20{n}0.\n\n{n} of 4"
        for n in range(1, 5)
    ]
    document = read_bytes(tmp_path, "parts.pdf", pdf(*pages))
    assert document.text.count("The Example Daily") == 1
    assert " of 4" not in document.text
    assert [text for _, text in headings(document)] == ["Part 1", "Part 2", "Part 3", "Part 4"]
    for page in document.pages[1:]:
        assert document.text[page.start : page.end].startswith(f"Part {page.number}\n\nBody")


def test_pdf_bullets_and_lines_that_end_on_purpose(tmp_path):
    text = (
        "A list of things that is introduced by a line of text which is as long as lines get here:"
    )
    rows = "- one\n- two, of the second kind\n\nHavana 1994\nCaracas 2000\nTotal 2"
    document = read_bytes(tmp_path, "list.pdf", pdf(f"{text}\n\n{rows}"))
    assert document.text == (
        f"{text}\n\n- one\n- two, of the second kind\n\nHavana 1994\nCaracas 2000\nTotal 2"
    )


def test_pdf_with_an_empty_password_is_read(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Words to read."))))
    writer.encrypt("", "owner", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    assert read_bytes(tmp_path, "open.pdf", buffer.getvalue()).text == "Words to read."


def test_pdf_pages_without_text_are_noted_and_counted(tmp_path):
    document = read_bytes(tmp_path, "gaps.pdf", pdf("One.", "", "Three.", "", ""))
    assert document.notes == ("pages 2, 4-5 have no text",)
    assert [(p.number, document.text[p.start : p.end].strip()) for p in document.pages] == [
        (1, "One."),
        (3, "Three."),
    ]


def test_pdf_with_one_damaged_page_keeps_the_others(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("One.", "Two.", "Three."))))
    stream = DecodedStreamObject()
    stream.set_data(b"not in that encoding")
    stream[NameObject("/Filter")] = NameObject("/ASCII85Decode")
    writer.pages[1][NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    document = read_bytes(tmp_path, "damaged.pdf", buffer.getvalue())
    assert document.text == "One.\n\nThree."
    assert [page.number for page in document.pages] == [1, 3]
    assert document.notes == ("page 2 has damaged text, left out",)


_WORDS = st.text("abcdeé AB.,-0123456789\n", min_size=1, max_size=200)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages=st.lists(_WORDS, min_size=1, max_size=4))
def test_pdf_pages_are_where_the_spans_say(tmp_path, pages):
    marked = [f"Page{'abcd'[n]} {words} end." for n, words in enumerate(pages)]
    document = read_bytes(tmp_path, "any.pdf", pdf(*marked))
    assert_sound(document)
    assert [page.number for page in document.pages] == list(range(1, len(pages) + 1))
    for page in document.pages:
        mark = f"Page{'abcd'[page.number - 1]}"
        assert document.text[page.start : page.end].lstrip().startswith(mark)
