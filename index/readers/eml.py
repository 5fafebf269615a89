"""E-mail messages: who wrote to whom, when and about what, then what they wrote."""

from __future__ import annotations

from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from index.document import Document, UnreadableFile
from index.readers.blocks import TextBuilder, one_line
from index.readers.encoding import decode
from index.readers.html import render

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_REQUIRED = ("From", "Date", "Subject", "Received", "Message-ID")
_MAX_HEADER = 500
_MAX_PARTS = 1000


def parse(data: bytes) -> Document:
    """Read a message: its headers, its text (or HTML) part, and the names of its attachments.

    Raises:
        UnreadableFile: if ``data`` is no message.
    """
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    headers = {name: value for name in _SHOWN if (value := _header(message, name))}
    if not any(_header(message, name) for name in _REQUIRED):
        raise UnreadableFile("it is not an e-mail message", "save it again from the mail program")
    builder = TextBuilder()
    builder.add("\n".join(f"{name}: {value}" for name, value in headers.items()))
    body, notes = _body(message)
    builder.extend(body)
    if names := _attachments(message):
        builder.add(f"Attachments: {', '.join(names)}")
        listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        notes = (*notes, f"attachments are not read: {listed}")
    return builder.document(headers.get("Subject"), _metadata(message, headers), notes)


def _header(message: EmailMessage, name: str) -> str:
    """A header on one line, "" where it is missing or cannot be told."""
    try:
        return one_line(str(message.get(name, "")))[:_MAX_HEADER]
    except Exception:  # the library raises many things on headers that break the rules
        return ""


def _metadata(message: EmailMessage, headers: dict[str, str]) -> dict[str, str]:
    found = {}
    if sender := headers.get("From"):
        found["author"] = sender.partition("<")[0].strip(' "') or sender
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        found["published"] = parsedate_to_datetime(headers.get("Date", "")).date().isoformat()
    return found


def _body(message: EmailMessage) -> tuple[TextBuilder, tuple[str, ...]]:
    """What was written: the plain text, or the HTML where there is none."""
    builder = TextBuilder()
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        content = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(content, bytes) or not content.strip():
            continue
        charset = part.get_content_charset()
        if kind == "html":
            return render(content, charset), ()
        text, notes = decode(content, charset)
        builder.add(text)
        return builder, notes
    return builder, ("it has no text of its own",)


def _attachments(message: EmailMessage) -> list[str]:
    names = []
    for _, part in zip(range(_MAX_PARTS), message.walk(), strict=False):
        if part.is_attachment() or part.get_filename():
            names.append(one_line(part.get_filename() or part.get_content_type()))
    return names
