"""A pool of passages as a folder of documents, so that a public set goes through our own index."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from evals.cases import Case


@dataclass(slots=True)
class Pool:
    """Passages by source; a text that comes twice is one document."""

    texts: dict[str, str] = field(default_factory=dict)

    def add(self, title: str, text: str) -> str:
        """Add a passage under its title, if its text is new, and return its source."""
        source = self.source(text)
        title = " ".join(title.split())
        self.texts.setdefault(source, f"{title}\n\n{_lines(text)}\n" if title else _lines(text))
        return source

    def source(self, text: str) -> str:
        """Return the source of the passage with this text."""
        return f"{_digest(' '.join(text.split()))}.txt"

    @property
    def digest(self) -> str:
        """A name for exactly these texts."""
        return _digest("\0".join(f"{name}\0{text}" for name, text in sorted(self.texts.items())))

    def write(self, folder: Path) -> Path:
        """Write every passage into ``folder``, unless it is there, and return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for source, text in self.texts.items():
            path = folder / source
            if not path.exists():
                path.write_text(text, encoding="utf-8")
        return folder


@dataclass(frozen=True, slots=True)
class Collection:
    """The cases of a set and the passages they are asked over."""

    cases: list[Case]
    pool: Pool


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
