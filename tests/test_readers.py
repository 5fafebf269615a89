"""Any file gives a sound document or a clear refusal; plain text comes through verbatim."""

import os
import re
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from readers_files import (
    assert_sound,
    book,
    headings,
    pdf,
    read_bytes,
    slides,
    word,
    workbook,
)

from index.document import UnreadableFile
from index.readers import SUFFIXES, read

PROSE = (
    "According to the article, the first consultation took place in a hill district, "
    "where no doctor had ever been before."
)

ARTICLE = f"""A Doctor on the Hill
Two doctors at work. Photo: Ana Ruiz
January 13, 2026 Hour: 1:32 pm
{PROSE}
RELATED:
Another Story on This Site
{PROSE}
What the Figures Say
{PROSE}
- 572 centres
- 580 rooms
Under Siege: Figures and the “Bad Example”
{PROSE}
"""


def refusal(folder, name, data):
    with pytest.raises(UnreadableFile) as refused:
        read_bytes(folder, name, data)
    return refused.value


# Plain text


def test_text_is_verbatim_and_its_headings_are_found(tmp_path):
    document = read_bytes(tmp_path, "article.txt", ARTICLE)
    assert document.text == ARTICLE
    assert document.title == "A Doctor on the Hill"
    assert document.metadata == {"published": "January 13, 2026"}
    assert headings(document) == [
        (1, "A Doctor on the Hill"),
        (2, "What the Figures Say"),
        (2, "Under Siege: Figures and the “Bad Example”"),
    ]


def test_headings_between_blank_lines(tmp_path):
    text = "Voices\nBy Ana Ruiz, 3 May 2021\n\n  Part one\n\nIt is short, but it is prose.\n\nEnd\n"
    document = read_bytes(tmp_path, "voices.txt", text)
    assert headings(document) == [(1, "Voices"), (2, "Part one")]
    assert document.metadata == {"published": "3 May 2021", "author": "Ana Ruiz"}


@pytest.mark.parametrize(
    "text",
    [
        "It was a bright cold day when Winston\nSmith, his chin nuzzled, slipped out.\n",
        "one line only",
        "A sentence is no title.\n\nAnother one.\n",
        "- a list\n- of two items that are a little longer than the first\n",
        "13 January 2026\n\nA date is no title, and this is not a short line of prose either.\n",
    ],
)
def test_what_is_no_title(tmp_path, text):
    document = read_bytes(tmp_path, "plain.txt", text)
    assert (document.text, document.title, document.headings) == (text, None, ())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Misión Milagro – 7,2 millones\n"),
        ("utf-8-sig", "Misión Milagro\n"),
        ("utf-16", "Misión Milagro – “vista”\n"),
        ("utf-16-le", "Привет, мир, и все остальные\n"),
        ("utf-16-be", "Plain words without a mark\n"),
        ("utf-32", "Misión Milagro\n"),
        ("latin-1", "Año nuevo: la educación pública de España creció en 1994.\n"),
        ("cp1252", "It’s “naïve” – a café\n"),
        ("cp1252", "Le gouvernement a déclaré que l’économie était prête à être réformée.\n" * 9),
        ("cp1250", "Zażółć gęślą jaźń. Rząd ogłosił, że będzie się starał.\n"),
        ("cp1251", "Правительство объявило о новых мерах.\n"),
        ("shift_jis", "日本政府は新しい経済対策を発表した。これは国民のためのものである。\n"),
    ],
)
def test_encodings(tmp_path, encoding, text):
    document = read_bytes(tmp_path, "words.txt", text.encode(encoding))
    assert (document.text, document.notes) == (text, ())


def test_newlines_nul_and_surrogates_are_normalised(tmp_path):
    data = b"a\r\nb\rc\0d\n" + b"x" * 200
    assert read_bytes(tmp_path, "mixed.txt", data).text.startswith("a\nb\ncd\nx")
    stray = "\ufeffab".encode("utf-16-le") + b"\x00\xd8" + ("cd" * 200).encode("utf-16-le")
    document = read_bytes(tmp_path, "stray.txt", stray)
    assert document.text.startswith("ab\ufffdcd")
    assert document.notes == ("1 bytes could not be decoded and show as \ufffd",)


def test_one_bad_byte_does_not_lose_utf8(tmp_path):
    document = read_bytes(tmp_path, "cut.txt", "año ".encode() * 100 + b"\xc3")
    assert document.text == "año " * 100 + "\ufffd"


def test_twenty_megabytes_take_seconds(tmp_path):
    text = ARTICLE * (20_000_000 // len(ARTICLE))
    begun = time.perf_counter()
    document = read_bytes(tmp_path, "long.txt", text)
    assert time.perf_counter() - begun < 10
    assert document.text == text


@pytest.mark.parametrize("line", [" " * 1000 + "\n", "a\n", "\n", "-" * 99 + "\n", "x " * 50])
def test_dull_text_is_not_slow(tmp_path, line):
    begun = time.perf_counter()
    read_bytes(tmp_path, "dull.txt", line * (2_000_000 // len(line)) + "end")
    assert time.perf_counter() - begun < 5


# Files that cannot be read


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_empty_files(tmp_path, suffix):
    assert refusal(tmp_path, f"empty{suffix}", b"").reason == "it is empty"


@pytest.mark.parametrize("name", ["blank.txt", "blank.md"])
def test_white_space_only(tmp_path, name):
    assert refusal(tmp_path, name, " \r\n\t\n\u00a0").reason == "it is empty"


def test_markup_without_text(tmp_path):
    assert "no text" in refusal(tmp_path, "app.html", "<body><script>go()</script>").reason
    assert "no text" in refusal(tmp_path, "blank.docx", word()).reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("random.txt", bytes(range(256)) * 40, "binary"),
        ("image.txt", b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture"),
        ("page.txt", pdf("Words"), "a PDF"),
        ("memo.md", word(("Normal", "Words")), "ZIP"),
        ("noise.txt", bytes(range(128, 256)) * 40, "encoding"),
        ("words.pdf", b"only words", "PDF"),
        ("cut.pdf", pdf("Words")[:200], "PDF"),
        ("old.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "old Word document"),
        ("locked.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("cut.docx", word(("Normal", "Words"))[:5000], "cut short"),
        ("words.docx", b"only words", "not a Word document"),
        ("locked.pdf", pdf("Words", password="secret"), "password-protected"),
        ("scan.pdf", pdf("", ""), "none of its 2 pages has text"),
    ],
)
def test_wrong_content_is_refused_with_a_reason_and_a_remedy(tmp_path, name, data, reason):
    refused = refusal(tmp_path, name, data)
    assert reason in refused.reason
    assert refused.remedy


def test_paths_that_are_no_readable_file(tmp_path):
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "image.png").write_bytes(b"x")
    for name, reason in [
        ("folder.txt", "it is a folder"),
        ("pipe.txt", "not a regular file"),
        ("loop.txt", "cannot be opened"),
        ("gone.txt", "it is gone"),
        ("nul\0.txt", "cannot be opened"),
        ("image.png", "files named .png are not read"),
    ]:
        with pytest.raises(UnreadableFile, match=reason):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("raised", "reason"), [(FileNotFoundError(), "it is gone"), (PermissionError(), "not allowed")]
)
def test_a_file_that_fails_between_listing_and_reading(tmp_path, monkeypatch, raised, reason):
    (tmp_path / "there.txt").write_text("words")

    def fail(path, *mode):
        raise raised

    monkeypatch.setattr(Path, "open", fail)
    assert reason in refusal_of_existing(tmp_path).reason


def refusal_of_existing(folder):
    with pytest.raises(UnreadableFile) as refused:
        read(folder / "there.txt")
    return refused.value


def test_too_large(tmp_path):
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(50_000_001)  # sparse
    with pytest.raises(UnreadableFile, match="over the limit of 50 MB for text"):
        read(tmp_path / "huge.txt")


def test_the_formats_are_documented():
    page = (Path(__file__).parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    table = page.partition("Rows and records")[0]
    assert set(re.findall(r"`(\.[a-z]+)`", table)) == SUFFIXES


# Whatever the bytes

_TEXT = st.text(st.characters(), max_size=300)
_TAGS = (
    *("<p>", "</p>", "<ul>", "<ol start=7>", "<li>", "</ul>", "<br>", "<pre>", "</pre>", "<h2>"),
    *("<table>", "<tr>", "<td colspan=3>", "<th rowspan=2>", "</tr>", "</table>", "<main>"),
    *("<article>", "<script>", "</script>", "<img alt=a>", "<!--", "-->", "&#0;", "&#xd800;"),
    *("a,b\n", '"', "1,2;3\t4\n", '{"a": [', "}", "]}", "From: a\n", "Subject: b\n\n"),
    *("```\n", "---\n", "- ", "1. ", "\n\n", "|a|b|\n|-|-|\n|c|d|\n", "a: b\n", "[x](y)"),
)
_SIGNS = tuple("#-*>`|[]!:;& \n\t\r\0\f1.aé😀")
_MARKUP = st.lists(st.sampled_from(_TAGS + _SIGNS), max_size=40).map("".join)
_GOOD = {
    ".pdf": pdf("# Title\n\nA paragraph of words.", "Another page."),
    ".docx": word(("Title", "A title"), ("List Bullet", "An item"), ("Normal", "A paragraph.")),
    ".pptx": slides(("A title", "An item\nAnother"), ("", "No title")),
    ".xlsx": workbook(Prices=[["Country", "Year"], ["Cuba", 2004]], Other=[["a"]]),
    ".epub": book("<h1>One</h1><p>A paragraph.</p>", "<p>Two.</p>", contents={"2.xhtml": "End"}),
}


@st.composite
def damaged(draw, data):
    """``data`` with a piece replaced, now and then cut."""
    start = draw(st.integers(0, len(data)))
    piece = draw(st.binary(max_size=30))
    return data[:start] + piece + data[start + draw(st.sampled_from([len(piece), 0, 500])) :]


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_bytes_give_a_sound_document_or_a_refusal(tmp_path, suffix, data):
    if suffix in _GOOD:
        content = data.draw(st.one_of(st.binary(max_size=500), damaged(_GOOD[suffix])))
    else:
        texts = st.one_of(_TEXT, _MARKUP).map(lambda text: text.encode("utf-8", "surrogatepass"))
        content = data.draw(st.one_of(st.binary(max_size=500), texts))
    try:
        document = read_bytes(tmp_path, f"any{suffix}", content)
    except UnreadableFile:
        return
    assert_sound(document)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
@example(text="e\u0301 👩‍👩‍👧 non\u2011breaking\u00a0space\u2028line")
def test_utf8_text_is_kept_character_for_character(tmp_path, text):
    if text.strip().strip("\ufeff"):
        document = read_bytes(tmp_path, "kept.txt", text)
        assert document.text == text.removeprefix("\ufeff")


def test_deep_nesting(tmp_path):
    deep = "<div>" * 50_000 + "deep" + "</div>" * 50_000 + "<p>after"
    assert read_bytes(tmp_path, "deep.html", deep).text == "deep\n\nafter"
    lists = "<ul><li>" * 5_000 + "deep"
    assert read_bytes(tmp_path, "lists.html", lists).text.endswith("- deep")
    tables = "<table><tr><td>" * 3_000 + "deep"
    assert read_bytes(tmp_path, "tables.html", tables).text == "deep"
    assert read_bytes(tmp_path, "quotes.md", "> " * 50 + "deep").text == "deep"
    deeper = read_bytes(tmp_path, "deep.md", "above\n\n" + "> " * 5_000 + "deep")
    assert deeper.notes == ("what is nested over 100 levels deep was left out",)
    assert_sound(read_bytes(tmp_path, "front.md", "---\n" + "[" * 5_000 + "\n---\ntext"))


@pytest.mark.parametrize("piece", ["<!--", "- ", "> a\n", "*a_ ", "[a](", "`a``", "<a ", "&#"])
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_markup_that_is_never_closed_is_not_slow(tmp_path, piece, suffix):
    begun = time.perf_counter()
    read_bytes(tmp_path, f"open{suffix}", "above\n\n" + piece * (50_000 // len(piece)))
    assert time.perf_counter() - begun < 5


def test_reading_says_nothing(tmp_path, capfd):
    bad_offset = re.sub(rb"startxref\n\d+", b"startxref\n99", pdf("Words"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_bytes(tmp_path, "odd.pdf", bad_offset).text == "Words"
        assert read_bytes(tmp_path, "odd.html", "<?xml version='1.0'?><p>a</p>").text == "a"
        assert read_bytes(tmp_path, "url.html", "http://example.org").text == "http://example.org"
    assert capfd.readouterr() == ("", "")
