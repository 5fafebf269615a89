"""Markdown and HTML become the plain text a person would read, block by block."""

import pytest
from readers_files import assert_sound, headings, read_bytes

from index.document import UnreadableFile

MARKDOWN = """\
# The *missions*

A hard-wrapped paragraph
goes on here, with a [link](http://example.org), `code` and ![a map](map.png).
A hard break\\
stays.

- first
- second, with <b>markup</b>
  1. inner
  2. more

     and a paragraph

5. five
6. six

> quoted

| Country | Doctors | Since |
|---|---:|---|
| Cuba | 35,000 | 2003 |
| **Venezuela** | | 2004 |

```python
def f():

    return "<&>"
```

Setext
------

<script>alert("shown, not run")</script>

<!-- a comment
is not shown -->

Last &amp; least
"""
RENDERED = """\
The missions

A hard-wrapped paragraph goes on here, with a link, code and a map. A hard break
stays.

- first
- second, with <b>markup</b>
  1. inner
  2. more
    and a paragraph

5. five
6. six

quoted

Country: Cuba; Doctors: 35,000; Since: 2003
Country: Venezuela; Since: 2004

def f():

    return "<&>"

Setext

<script>alert("shown, not run")</script>

Last & least"""


def test_markdown_is_rendered(tmp_path):
    document = read_bytes(tmp_path, "missions.md", MARKDOWN)
    assert document.text == RENDERED
    assert document.title == "The missions"
    assert headings(document) == [(1, "The missions"), (2, "Setext")]
    assert_sound(document)


def test_front_matter(tmp_path):
    front = (
        "---\ntitle: 'A: title'\ndate: 2026-01-13\nauthors: [Ana Ruiz, Li Wei]\n"
        "source: https://example.org/a\npublisher: The Paper\ntags: {a: 1}\n"
        "---\n# Heading\n\nText\n"
    )
    document = read_bytes(tmp_path, "front.md", front)
    assert document.text == "Heading\n\nText"
    assert document.title == "A: title"
    assert document.metadata == {
        "published": "2026-01-13",
        "author": "Ana Ruiz, Li Wei",
        "publisher": "The Paper",
        "url": "https://example.org/a",
    }


@pytest.mark.parametrize(
    ("front", "text", "noted"),
    [
        ("---\ntitle: [\n---\n\nText", "[", True),
        ("---\ndate: 2026-99-99\n---\n\nText", "2026-99-99", True),
        ("---\nonly words\n---\n\nText", "only words", False),
        ("---\n\nText", "Text", False),
    ],
)
def test_what_is_no_front_matter_stays_text(tmp_path, front, text, noted):
    document = read_bytes(tmp_path, "front.md", front)
    assert text in document.text
    assert document.text.endswith("Text")
    assert any("front matter is not valid YAML" in note for note in document.notes) == noted


def test_front_matter_is_data_only(tmp_path):
    front = "---\ntitle: !!python/object/apply:os.system ['false']\n---\nText"
    assert "not valid YAML" in read_bytes(tmp_path, "run.md", front).notes[0]


HTML = """\
<!doctype html><html><head><title>The missions | Example Daily</title>
<meta name="Author" content="Ana Ruiz"><meta property="og:site_name" content="Example Daily">
<meta property="article:published_time" content="2026-01-13T13:32:00Z">
<link rel="canonical" href="https://example.org/missions"><style>p {color: red}</style></head>
<body><nav>Home</nav><div>Around the article</div>
<article><h1>The missions</h1>
<p>A paragraph
   with <b>bo</b>ld text,&nbsp;a soft&shy;hyphen,<br> a break and <img src=x alt="a map">.</p>
loose text<div>in a block</div>
<script>alert(1)</script><template>not this</template><noscript>nor this</noscript>
<p hidden>hidden</p>
<ul><li>first<ul><li>inner</li></ul></li><li><p>second</p><p>goes on</p></li></ul>
<ol start="150"><li>item</ol>
<pre>kept
   as is</pre>
<p>&lt;b&gt;shown&lt;/b&gt;</p>
<footer>Copyright</footer></article></body></html>
"""
HTML_RENDERED = """\
The missions

A paragraph with bold text,\u00a0a softhyphen,
a break and a map .

loose text

in a block

- first
  - inner
- second
  goes on

150. item

kept
   as is

<b>shown</b>"""


def test_html_is_rendered(tmp_path):
    document = read_bytes(tmp_path, "missions.html", HTML)
    assert document.text == HTML_RENDERED
    assert document.title == "The missions"
    assert headings(document) == [(1, "The missions")]
    assert document.metadata == {
        "published": "2026-01-13T13:32:00Z",
        "author": "Ana Ruiz",
        "publisher": "Example Daily",
        "url": "https://example.org/missions",
    }


@pytest.mark.parametrize(
    ("page", "title", "published"),
    [
        (
            "<title>Only this</title><p>text <time datetime=2026-01-13>now",
            "Only this",
            "2026-01-13",
        ),
        ("<h2>A heading</h2><p>text", "A heading", None),
        ("<title>Daily</title><h1>A story</h1><p>text", "Daily", None),
        ("<h1>One</h1><h1>Two</h1>", "One", None),
        ("<p>13 January 2026<p>text", None, "13 January 2026"),
    ],
)
def test_title_and_date_of_a_page(tmp_path, page, title, published):
    document = read_bytes(tmp_path, "page.html", page)
    assert (document.title, document.metadata.get("published")) == (title, published)


def test_html_encodings(tmp_path):
    declared = "<meta charset=iso-8859-1><p>el niño “dijo”"
    assert read_bytes(tmp_path, "a.html", declared.encode("cp1252")).text == "el niño “dijo”"
    assert read_bytes(tmp_path, "b.html", "<p>el niño".encode("utf-16")).text == "el niño"
    cyrillic = '<?xml version="1.0" encoding="windows-1251"?><p>мир'.encode("cp1251")
    assert read_bytes(tmp_path, "c.html", cyrillic).text == "мир"
    unknown = "<meta charset=nonsense><p>el niño"
    assert read_bytes(tmp_path, "d.html", unknown).text == "el niño"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            "<caption>Staff</caption><tr><th>Land<th>Doctors<tr><td>Cuba<td><p>35,000</p>",
            "Staff\n\nLand: Cuba; Doctors: 35,000",
        ),
        ("<tr><td>a<td>b<tr><td>c<td>d", "a; b\nc; d"),
        ("<tr><th>Capital<td>Havana<tr><th>Area<td>110,860", "Capital: Havana\nArea: 110,860"),
        (
            "<tr><th rowspan=2>Land<th colspan=2>Doctors<tr><th>2003<th>2004"
            "<tr><td>Cuba<td>5<td>6<tr><td colspan=3>No more",
            "Land: Cuba; Doctors 2003: 5; Doctors 2004: 6\nLand: No more",
        ),
        (
            "<tr><th>Year<th>What<tr><td rowspan=2>2003<td>a<tr><td>b",
            "Year: 2003; What: a\nYear: 2003; What: b",
        ),
        ("<tr><td><h2>Layout</h2><table><tr><td>inner</table>", "Layout\n\ninner"),
        ("<tr><th>only<th>a header", "only; a header"),
    ],
)
def test_tables(tmp_path, table, text):
    assert read_bytes(tmp_path, "table.html", f"<table>{table}</table>").text == text


def test_tables_that_would_grow_without_end(tmp_path):
    spans = "<table>" + ("<tr>" + "<td rowspan=100 colspan=100>word" * 5) * 500
    assert len(read_bytes(tmp_path, "spans.html", spans).text) < 100 * len(spans)
    header = "<table><tr><th>" + "word " * 100 + "<tr><td>cell" * 1000
    document = read_bytes(tmp_path, "header.html", header)
    assert len(document.text) < len(header)
    assert document.text.endswith("word\ncell" + "\ncell" * 999)


def test_main_content_is_chosen_if_it_has_text(tmp_path):
    assert read_bytes(tmp_path, "a.html", "<p>around<main>inside</main>").text == "inside"
    two = "<article>one</article><article>two</article>"
    assert read_bytes(tmp_path, "b.html", two).text == "one\n\ntwo"
    assert read_bytes(tmp_path, "c.html", "<main></main><p>text").text == "text"


def test_too_much_markup_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="over a million tags"):
        read_bytes(tmp_path, "tags.html", "<p>" * 1_000_001)
