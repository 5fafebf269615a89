"""Slides, books, messages and scanned pages: what is in them, and where a person finds it."""

import shutil

import pptx
import pypdfium2
import pytest
from hashing import HashingEmbedder
from pptx.util import Inches
from readers_files import (
    archive,
    assert_sound,
    book,
    headings,
    pdf,
    places,
    read_bytes,
    saved,
    scan,
    slides,
)

from index import Index, readers
from index.document import UnreadableFile
from index.readers import ocr
from index.splitter import split

XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def refusal(folder, name, data):
    with pytest.raises(UnreadableFile) as refused:
        read_bytes(folder, name, data)
    return refused.value


# PowerPoint


def test_slides_with_lists_tables_groups_and_notes(tmp_path):
    file = pptx.Presentation()
    file.core_properties.title, file.core_properties.author = "The clinic", "Ana Ruiz"
    first = file.slides.add_slide(file.slide_layouts[1])
    first.shapes.title.text, first.placeholders[1].text = "Re\vsults", "It grew.\nCosts fell."
    first.placeholders[1].text_frame.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "Thank the team."
    second = file.slides.add_slide(file.slide_layouts[6])
    table = second.shapes.add_table(2, 2, 0, 0, Inches(1), Inches(1)).table
    for cell, text in zip(
        table.iter_cells(), ("Country", "Doctors", "Cuba", "20,000"), strict=True
    ):
        cell.text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 1, 1).text_frame.text = "In a group."
    file.slides.add_slide(file.slide_layouts[6])
    document = read_bytes(tmp_path, "a.pptx", saved(file))
    assert places(document) == [
        (1, "Re sults\n\n- It grew.\n  - Costs fell.\n\nThank the team."),
        (2, "Slide 2\n\nCountry: Cuba; Doctors: 20,000\n\nIn a group."),
    ]
    assert headings(document) == [(2, "Re sults"), (2, "Slide 2")]
    assert document.title == "The clinic"
    assert document.metadata == {"author": "Ana Ruiz"}
    assert document.notes == ("slide 3 has no text",)
    assert [(p.heading, p.page) for p in split(document)] == [("Re sults", 1), ("Slide 2", 2)]
    assert_sound(document)


def test_slides_are_counted_as_slides():
    assert readers.unit_of("a/b.PPTX") == "slide"
    assert readers.unit_of("a.xlsx") == readers.unit_of("a.csv") == "row"
    assert readers.unit_of("a.pdf") == readers.unit_of("https://example.org/") == "page"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cut.pptx", slides(("a", "b"))[:9000], "cut short"),
        ("old.pptx", b"\xd0\xcf\x11\xe0" + bytes(600), "old PowerPoint document (.ppt)"),
        ("bomb.pptx", archive(ppt=bytes(30_000_000)), "unpack to 30 MB"),
        ("many.pptx", archive(**{f"a{n}": b"" for n in range(20_001)}), "20,001 files"),
        ("word.pptx", archive(**{"[Content_Types].xml": "<x/>"}), "damaged or not a PowerPoint"),
        ("blank.pptx", saved(pptx.Presentation()), "it holds no text"),
    ],
)
def test_what_is_no_presentation(tmp_path, name, data, reason):
    assert reason in refusal(tmp_path, name, data).reason


# EPUB


def test_chapters_in_reading_order_with_names_from_the_contents(tmp_path):
    data = book(
        "<p>It opened in May.</p>",
        "<h1>Chapter 2 <i>The End</i></h1><p>It closed.</p><h2>After</h2><p>A school.</p>",
        "<p></p>",
        contents={"1.xhtml#start": "Chapter 1 The Beginning", "2.xhtml": "not this"},
    )
    document = read_bytes(tmp_path, "clinic.epub", data)
    assert document.text == (
        "Chapter 1 The Beginning\n\nIt opened in May.\n\n"
        "Chapter 2 The End\n\nIt closed.\n\nAfter\n\nA school."
    )
    assert document.title == "The Clinic"
    assert document.metadata == {"author": "Ana Ruiz", "published": "2001"}
    assert [passage.heading for passage in split(document)] == [
        "Chapter 1 The Beginning",
        "Chapter 2 The End",
        "Chapter 2 The End › After",
    ]
    assert_sound(document)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (book(), "it holds no text"),
        (archive(page="words"), "ZIP archive, not an EPUB document"),
        (
            book("<p>x</p>", **{"META-INF__encryption.xml": '<EncryptionMethod Algorithm="aes"/>'}),
            "copy",
        ),
        (archive(**{"META-INF__container.xml": "<x/>"}), "damaged or not an EPUB file"),
    ],
)
def test_what_is_no_book(tmp_path, data, reason):
    assert reason in refusal(tmp_path, "bad.epub", data).reason


def test_a_missing_chapter_is_noted(tmp_path):
    data = book("<p>One.</p>", "<p>Two.</p>").replace(b"OEBPS/2.xhtml", b"OEBPS/9.xhtml")
    assert read_bytes(tmp_path, "a.epub", data).notes == ("1 of its chapters are missing",)


def test_entities_that_point_to_files_are_not_followed(tmp_path):
    package = f'{XXE}<package><metadata/><manifest><item id="a" href="a.xhtml" '
    package += 'media-type="text/html"/></manifest><spine><itemref idref="a"/></spine></package>'
    chapter = f"{XXE}<html><body><p>before &e; after</p></body></html>"
    data = book("<p>x</p>", **{"OEBPS__book.opf": package, "OEBPS__a.xhtml": chapter})
    assert "root:" not in read_bytes(tmp_path, "a.epub", data).text
    assert "root:" not in read_bytes(tmp_path, "a.html", chapter).text


# E-mail

MAIL = """\
From: "Ruiz, Ana" <ana@example.org>
To: Li Wei <li@example.org>
Date: Tue, 13 Jan 2026 23:30:00 -0500
Subject: =?utf-8?q?Visit_to_Mil=C3=A1n?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: multipart/alternative; boundary=C

--C
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Dear Li,

the visit is on Friday. Se=F1or P=E9rez comes too.
--C
Content-Type: text/html

<p>not this</p>
--C--
--B
Content-Type: application/pdf
Content-Disposition: attachment; filename="plan.pdf"

x
--B--
"""


def test_a_message_with_its_headers_text_and_attachments(tmp_path):
    document = read_bytes(tmp_path, "a.eml", MAIL)
    assert document.text == (
        'From: "Ruiz, Ana" <ana@example.org>\nTo: Li Wei <li@example.org>\n'
        "Date: Tue, 13 Jan 2026 23:30:00 -0500\nSubject: Visit to Milán\n\n"
        "Dear Li,\n\nthe visit is on Friday. Señor Pérez comes too.\n\nAttachments: plan.pdf"
    )
    assert document.title == "Visit to Milán"
    assert document.metadata == {"author": "Ruiz, Ana", "published": "2026-01-13"}
    assert document.notes == ("attachments are not read: plan.pdf",)
    assert_sound(document)


def test_a_message_in_html_or_with_broken_headers(tmp_path):
    html = "From: a@b\nSubject: x\nContent-Type: text/html\n\n<p>One<p>Two"
    assert read_bytes(tmp_path, "a.eml", html).text.endswith("Subject: x\n\nOne\n\nTwo")
    polish = "From: a@b\nSubject: x\nContent-Type: text/html; charset=iso-8859-2\n\n<p>Łódź, jaźń"
    text = read_bytes(tmp_path, "p.eml", polish.encode("iso-8859-2")).text
    assert text.endswith("\n\nŁódź, jaźń")
    broken = b"From: \xff\xfe <<\nDate: never\nSubject: =?bad?x?y?=\n\ncaf\xe9 au lait"
    assert "café au lait" in read_bytes(tmp_path, "b.eml", broken).text
    assert "not an e-mail" in refusal(tmp_path, "c.eml", "only words").reason


# Scanned pages


def test_scanned_pages_without_tesseract_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr.shutil, "which", lambda name: None)
    refused = refusal(tmp_path, "scan.pdf", pdf("", ""))
    assert refused.reason == "none of its 2 pages has text: it looks scanned"
    assert "install Tesseract" in refused.remedy
    assert not readers.worth_another_try(refused.reason)
    monkeypatch.undo()
    assert readers.worth_another_try(refused.reason) == ocr.installed()
    assert not readers.worth_another_try("it is empty")


@pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract is not installed")
def test_scanned_pages_are_recognised_at_their_page(tmp_path):
    first = (
        "The clinic opened on 3 May 1998. It had twelve beds and two doctors, who came from the "
        "coast. In its first year it treated 4,210 people.\n\nIt was closed in 2011."
    )
    data = scan(
        first,
        "",
        "The school moved in a year later, and is still there.",
    )
    document = read_bytes(tmp_path, "scan.pdf", data)
    assert places(document) == [
        (1, first),
        (3, "The school moved in a year later, and is still there."),
    ]
    assert document.notes == (
        "pages 1, 3 have text recognised by Tesseract, which errs now and then",
        "page 2 has no text",
    )
    assert_sound(document)


@pytest.mark.parametrize("refused", ["PdfDocument", "PdfPage.render"])
def test_what_the_renderer_refuses_does_not_lose_the_other_pages(tmp_path, monkeypatch, refused):
    def refuse(*_, **__):
        raise pypdfium2.PdfiumError("no")

    monkeypatch.setattr(ocr, "installed", lambda: True)
    monkeypatch.setenv("FOOTNOTE_OCR_LANGUAGES", "eng")
    monkeypatch.setattr(f"pypdfium2.{refused}", refuse)
    document = read_bytes(tmp_path, "part.pdf", pdf("A page of words.", ""))
    assert places(document) == [(1, "A page of words.")]
    assert document.notes == ("page 2 has no text",)


@pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract is not installed")
def test_a_scanned_file_is_read_once_tesseract_is_installed(tmp_path, monkeypatch):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "scan.pdf").write_bytes(scan("The clinic opened on 3 May 1998."))
    with Index.open(tmp_path / "data", HashingEmbedder()) as index:
        monkeypatch.setenv("PATH", "")
        assert "install Tesseract" in index.sync(folder).skipped[0].remedy
        assert "install Tesseract" in index.sync(folder).skipped[0].remedy
        monkeypatch.undo()
        assert index.sync(folder).added == ["scan.pdf"]
        assert index.text(index.documents()[0].id) == "The clinic opened on 3 May 1998."
