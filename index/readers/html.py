"""HTML: the main content of a page as plain text, block by block."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import zip_longest

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from index.document import Document, UnreadableFile
from index.readers.blocks import MAX_REPEATED, TextBuilder, one_line, table_rows
from index.readers.encoding import decode
from index.readers.metadata import best_title, fields

_CHARSET = re.compile(
    rb"""(?i)<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w-]+)"""
)
_DROPPED = re.compile(
    "script|style|nav|footer|template|noscript|head|svg|iframe|object|button|select|canvas"
)
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|fieldset|"
    "figcaption|figure|form|h[1-6r]|header|hgroup|html|legend|li|main|menu|ol|p|pre|search|"
    "section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_NOT_IN_DATA = ["table", "h1", "h2", "h3", "h4", "h5", "h6"]  # a table with these is layout
_SPACE = re.compile(r"[ \t\n\r\f]+")
_MAX_SPAN = 100  # columns or rows over which cells are laid out
_SOFT_HYPHEN = "\u00ad"
_MAX_MARKUP = 1_000_000  # tags; each costs the parser about a kilobyte


def parse(data: bytes) -> Document:
    """Read an HTML page: its ``<main>`` or only ``<article>``, else its body.

    Raises:
        UnreadableFile: if ``data`` is not text, or has more markup than memory allows.
    """
    soup, notes = _soup(data)
    metadata = fields(_given(soup))
    title = _title(soup, metadata.pop("title", None))
    builder = next(filter(lambda b: b.text, map(_rendered, _roots(soup))), TextBuilder())
    if not builder.text:
        raise UnreadableFile("it holds no text", "if scripts draw it, save the page as PDF")
    return builder.document(title or builder.first_heading(), metadata, notes)


def render(data: bytes, charset: str | None = None) -> TextBuilder:
    """Return the whole body of an HTML page, as text with headings; it may be blank.

    ``charset`` is what it came with says of its encoding, which counts more than the page.

    Raises:
        UnreadableFile: if ``data`` is not text, or has more markup than memory allows.
    """
    return _rendered(_soup(data, charset)[0])


def _soup(data: bytes, charset: str | None = None) -> tuple[BeautifulSoup, tuple[str, ...]]:
    if data.count(b"<") > _MAX_MARKUP:
        raise UnreadableFile("it has over a million tags", "split it up")
    declared = _CHARSET.search(data[:4096])
    source, notes = decode(data, charset or (declared.group(1).decode() if declared else None))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BeautifulSoup(source, "lxml"), notes


def _roots(soup: BeautifulSoup) -> Iterator[Tag]:
    """Where the main content may be, the most telling first."""
    for found in (soup.find_all("main"), soup.find_all(role="main"), soup.find_all("article")):
        if len(found) == 1:
            yield found[0]
    yield soup


def _given(soup: BeautifulSoup) -> dict[str, object]:
    """What the page says of itself; of repeated fields the first counts."""
    given: dict[str, object] = {}
    for tag in soup.find_all(["meta", "link", "time"]):
        if tag.name == "meta":
            name = tag.get("name") or tag.get("property") or tag.get("itemprop")
            value = tag.get("content")
        elif tag.name == "link":
            name, value = (
                "canonical" if "canonical" in (tag.get("rel") or ()) else None,
                tag.get("href"),
            )
        else:
            name, value = "time", tag.get("datetime")
        if name and value:
            given.setdefault(str(name).lower(), value)
    return given


def _title(soup: BeautifulSoup, given: str | None) -> str | None:
    """The page's title, or its only ``<h1>`` where that is the title without the site's name."""
    headings = [one_line(tag.get_text()) for tag in soup.find_all("h1", limit=2)]
    heading = headings[0] if len(headings) == 1 else None
    return best_title(soup.title.get_text() if soup.title else given, heading)


def _rendered(root: Tag) -> TextBuilder:
    renderer = _Renderer()
    renderer.walk(root)
    return renderer.builder


class _Renderer:
    """Walks a tree and adds each block to ``builder``; any depth of nesting will do."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self._inline: list[str] = []
        self._level: int | None = None  # of the heading that is open
        self._verbatim = 0  # open <pre>

    def walk(self, root: Tag) -> None:
        stack: list[tuple[PageElement, bool]] = [(root, False)]
        while stack:
            node, is_end = stack.pop()
            if not isinstance(node, Tag):
                self._text(node)
            elif is_end:
                self._leave(node)
            elif self._enter(node):
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.contents))
        self._flush()

    def _text(self, node: PageElement) -> None:
        if isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            text = node.replace(_SOFT_HYPHEN, "")
            self._inline.append(text if self._verbatim else _SPACE.sub(" ", text))

    def _enter(self, tag: Tag) -> bool:
        """Begin a tag; returns whether its children are to be walked."""
        if _DROPPED.fullmatch(tag.name) or tag.has_attr("hidden"):
            return False
        if _BLOCK.fullmatch(tag.name):
            self._flush()
        match tag.name:
            case "br" | "img":
                self._inline.append("\n" if tag.name == "br" else f" {tag.get('alt') or ''} ")
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._level = int(tag.name[1])
            case "pre":
                self._verbatim += 1
            case "ul" | "menu" | "ol":
                self.builder.open_list(_number(tag, "start", 10**9) if tag.name == "ol" else None)
            case "li":
                self.builder.open_item()
            case "table" if not tag.find(_NOT_IN_DATA):
                self._table(tag)
                return False
        return True

    def _leave(self, tag: Tag) -> None:
        if _BLOCK.fullmatch(tag.name):
            self._flush()
        match tag.name:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._level = None
            case "pre":
                self._verbatim -= 1
            case "ul" | "menu" | "ol":
                self.builder.close_list()
            case "li":
                self.builder.close_item()

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if not self._verbatim:
            text = "\n".join(re.sub(" +", " ", line).strip(" ") for line in text.split("\n"))
        self.builder.add(text, self._level)

    def _table(self, table: Tag) -> None:
        if table.caption:
            self.builder.add(one_line(_rendered(table.caption).text))
        header, rows = _grid(table)
        self.builder.add(table_rows(rows, header))


def _grid(table: Tag) -> tuple[list[str], list[list[str]]]:
    """The header of each column and the rows below, cells that span several laid out."""
    header: list[str] = []
    rows: list[list[str]] = []
    hanging: dict[int, tuple[str, int]] = {}  # column -> text of a cell above, rows it still spans
    for line in table.find_all("tr"):
        cells = line.find_all(["td", "th"], recursive=False)
        is_header = not rows and all(cell.name == "th" for cell in cells)
        row = _row(cells, hanging, repeat=is_header)
        if is_header:
            pairs = zip_longest(header, row, fillvalue="")
            header = [a if a == b else one_line(f"{a} {b}") for a, b in pairs]
        elif cells and cells[0].name == "th" and not header:
            rows.append([f"{row[0]}: {'; '.join(filter(None, row[1:]))}"])
        else:
            rows.append(row)
    return (header, rows) if rows else ([], [header])


def _row(cells: list[Tag], hanging: dict[int, tuple[str, int]], repeat: bool) -> list[str]:
    row: list[str] = []
    for cell in cells:
        _take_hanging(row, hanging)
        text = one_line(_rendered(cell).text)
        for n in range(_number(cell, "colspan", max(_MAX_SPAN - len(row), 1))):
            shown = text if repeat or n == 0 else ""
            if (down := _number(cell, "rowspan")) > 1 and len(row) < _MAX_SPAN:
                hanging[len(row)] = (shown if len(shown) <= MAX_REPEATED else "", down - 1)
            row.append(shown)
    _take_hanging(row, hanging)
    return row


def _take_hanging(row: list[str], hanging: dict[int, tuple[str, int]]) -> None:
    while len(row) in hanging:
        text, left = hanging.pop(len(row))
        if left > 1:
            hanging[len(row)] = (text, left - 1)
        row.append(text)


def _number(tag: Tag, attribute: str, most: int = _MAX_SPAN) -> int:
    """A whole number from 1 to ``most`` out of an attribute, 1 if it holds none."""
    value = str(tag.get(attribute, ""))
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    return min(max(int(value), 1), most) if is_number else 1
