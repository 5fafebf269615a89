"""Markdown: rendered to the text a person would read; raw HTML in it stays visible text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from index.document import Document
from index.readers.blocks import TextBuilder, one_line, table_rows
from index.readers.encoding import decode
from index.readers.metadata import fields

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,65536}?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M | re.S)
_MAX_NESTING = 100  # the parser drops what lies deeper; a list is two levels
_Rule = Callable[[StateInline, bool], bool]
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE_BREAK = re.compile(r"(?i)<br\s*/?>")


def parse(data: bytes) -> Document:
    """Read a Markdown file: CommonMark with tables, and YAML front matter.

    Raises:
        UnreadableFile: if ``data`` is not text.
    """
    source, notes = decode(data)
    given, body, remarks = _front_matter(source)
    tokens = _parser().parse(body)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        remarks = (*remarks, f"what is nested over {_MAX_NESTING} levels deep was left out")
    renderer = _Renderer()
    renderer.render(tokens)
    metadata = fields(given)
    title = metadata.pop("title", None) or renderer.builder.first_heading()
    return renderer.builder.document(title, metadata, (*notes, *remarks))


def _parser() -> MarkdownIt:
    """CommonMark with tables; a bracket that nothing closes is not searched for its end."""
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    for name, rule in (("link", link), ("image", image)):
        parser.inline.ruler.at(name, _where_closed(rule))
    return parser


def _where_closed(rule: _Rule) -> _Rule:
    last_closing = lru_cache(maxsize=1)(lambda source: source.rfind("]"))

    def closed(state: StateInline, silent: bool) -> bool:
        return state.pos < last_closing(state.src) and rule(state, silent)

    return closed


def _front_matter(source: str) -> tuple[dict[str, object], str, tuple[str, ...]]:
    """Return what the front matter gives, the text below it, and a note if it is broken."""
    found = _FRONT_MATTER.match(source)
    if found is None:
        return {}, source, ()
    try:
        given = yaml.safe_load(found.group(1))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = one_line(str(error))[:200]
        return {}, source, (f"the front matter is not valid YAML and was read as text ({problem})",)
    if not isinstance(given, dict):
        return {}, source, ()
    return given, source[found.end() :], ()


class _Renderer:
    """Walks the parser's tokens and adds each block to ``builder``."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self._level: int | None = None  # of the heading that is open
        self._rows: list[list[str]] | None = None  # of the table that is open

    def render(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if not self._list_token(token):
                self._block_token(token)

    def _list_token(self, token: Token) -> bool:
        match token.type:
            case "bullet_list_open":
                self.builder.open_list()
            case "ordered_list_open":
                self.builder.open_list(int(token.attrs.get("start", 1)))
            case "list_item_open":
                self.builder.open_item()
            case "list_item_close":
                self.builder.close_item()
            case "bullet_list_close" | "ordered_list_close":
                self.builder.close_list()
            case _:
                return False
        return True

    def _block_token(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._level = int(token.tag[1])
            case "inline" if self._rows is not None:
                self._rows[-1].append(_inline(token))
            case "inline":
                self.builder.add(_inline(token), self._level)
                self._level = None
            case "fence" | "code_block":
                self.builder.add(token.content)
            case "html_block":
                self.builder.add(_without_comments(token.content))
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close" if self._rows is not None:
                self.builder.add(
                    table_rows(self._rows[1:], self._rows[0]) or table_rows(self._rows)
                )
                self._rows = None


def _inline(token: Token) -> str:
    return "".join(map(_text, token.children or ())).strip()


def _text(token: Token) -> str:
    match token.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _inline(token)
        case "html_inline":
            return _LINE_BREAK.sub("\n", _without_comments(token.content))
        case _:
            return token.content


def _without_comments(html: str) -> str:
    end = html.rfind("-->") + 3  # beyond it, each unclosed comment would be searched to the end
    return _COMMENT.sub("", html[:end]) + html[end:]
