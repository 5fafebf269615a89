"""EPUB: the chapters of a book in reading order, each under its heading."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from index.document import Document, UnreadableFile
from index.readers.archive import check_archive
from index.readers.blocks import TextBuilder, clean, one_line
from index.readers.html import render
from index.readers.metadata import fields

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_HTML = ("application/xhtml+xml", "text/html")
_METADATA = {"creator": "author", "date": "date", "publisher": "publisher", "title": "title"}


@dataclass(frozen=True, slots=True)
class _Item:
    """A file of the book: its name in the archive, its media type, and what it is for."""

    name: str
    kind: str
    properties: str


def parse(data: bytes) -> Document:
    """Read an EPUB; a chapter without a heading has the one the table of contents gives it.

    Raises:
        UnreadableFile: if ``data`` is no such book, is copy-protected, or has no text.
    """
    check_archive(data, "EPUB", member=_CONTAINER)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = _Book(archive)
        builder = TextBuilder()
        for name in book.chapters():
            chapter = render(archive.read(name))
            if chapter.text and not chapter.has_headings and name in book.contents:
                builder.add(book.contents[name], level=1)
            builder.extend(chapter)
    if not builder.text:
        raise UnreadableFile("it holds no text", "if its pages are pictures, recognise them first")
    metadata = fields(book.given)
    return builder.document(metadata.pop("title", None), metadata, book.notes)


class _Book:
    """What the package file of a book says: its chapters, their names, its title and author."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self.notes: tuple[str, ...] = ()
        self._check_protection()
        package = _named(self._xml(_CONTAINER), "rootfile")[0].get("full-path", "")
        self._package = self._xml(package)
        self._folder = posixpath.dirname(package)
        self._items = {
            item.get("id", ""): _Item(
                self._path(item.get("href", "")),
                item.get("media-type", ""),
                item.get("properties", ""),
            )
            for item in _named(self._package, "item")
        }
        self.contents = self._contents()
        self.given = self._given()

    def chapters(self) -> list[str]:
        """The names of the chapters' files, in reading order."""
        spine = (self._items.get(ref.get("idref", "")) for ref in _named(self._package, "itemref"))
        chapters = [item.name for item in spine if item and item.kind in _HTML]
        found = [name for name in dict.fromkeys(chapters) if name in self._names]
        if len(found) < len(set(chapters)):
            self.notes = (f"{len(set(chapters)) - len(found)} of its chapters are missing",)
        return found

    def _check_protection(self) -> None:
        """Fonts may be scrambled in a book that anyone can read; text may not."""
        if _ENCRYPTION not in self._names:
            return
        methods = {
            method.get("Algorithm") for method in _named(self._xml(_ENCRYPTION), "EncryptionMethod")
        }
        if methods - set(_FONTS):
            raise UnreadableFile("it is copy-protected", "get a copy without protection")

    def _contents(self) -> dict[str, str]:
        """The first name that the table of contents gives to each file."""
        found: dict[str, str] = {}
        for item in self._items.values():
            if item.name not in self._names:
                continue
            if "nav" in item.properties.split():
                pairs = _navigation(self._xml(item.name))
            elif item.kind == "application/x-dtbncx+xml":
                pairs = _ncx(self._xml(item.name))
            else:
                continue
            for href, label in pairs:
                if label:
                    found.setdefault(self._path(href, posixpath.dirname(item.name)), label)
        return found

    def _given(self) -> dict[str, object]:
        given: dict[str, object] = {}
        for element in self._package.iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name in _METADATA and "dc/elements" in str(element.tag):
                given.setdefault(_METADATA[name], one_line(clean(element.text or "")))
        return given

    def _path(self, href: str, folder: str | None = None) -> str:
        base = self._folder if folder is None else folder
        return posixpath.normpath(posixpath.join(base, unquote(href.partition("#")[0])))

    def _xml(self, name: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        root = etree.fromstring(self._archive.read(name), parser)
        if root is None:
            raise ValueError(f"{name} is not XML")
        return root


def _named(root: etree._Element, name: str) -> list[etree._Element]:
    """The elements called ``name``, in whatever namespace."""
    return [e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname == name]


def _navigation(root: etree._Element) -> Iterator[tuple[str, str]]:
    for link in _named(root, "a"):
        yield link.get("href", ""), one_line("".join(link.itertext()))


def _ncx(root: etree._Element) -> Iterator[tuple[str, str]]:
    for point in _named(root, "navPoint"):
        label = next(iter(_named(point, "text")), None)
        content = next(iter(_named(point, "content")), None)
        if label is not None and content is not None:
            yield content.get("src", ""), one_line(label.text or "")
