"""An answer in the terminal: sentences with their numbers, then the words each rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.schema import Answer, Citation, Passage, Sentence
from rag.verify import Checked
from ui.layout import Block, blocks
from ui.text import one_line, reference, terminal_text, withheld_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Line = tuple[int, "Text"]  # a text and how far it is indented

_NEAREST = 3  # passages shown with a refusal
_EXCERPT = 240  # characters shown of each


def print_answer(console: Console, answer: Answer, folder: str) -> None:
    """Print an answer, its quotes below it; a refusal with the passages that came nearest.

    ``folder`` is the documents folder as the reader knows it, put before each source.
    """
    for block in _blocks(answer, folder):
        for indent, text in block:
            _print(console, indent, text)
        console.print()


def print_checks(console: Console, checks: list[Checked], folder: str) -> None:
    """Print what became of each quote of a saved answer."""
    from rich.text import Text

    for check in checks:
        line = Text(f"{check.state:8}", style="green" if check.state == "present" else "yellow")
        line.append(f"[{check.citation.marker}] ", style="bold")
        line.append(terminal_text(reference(check.citation, folder)), style="default")
        if check.state == "moved":
            line.append(f" → {terminal_text(check.source or '')}, character {check.start}")
        console.print(line, soft_wrap=True, highlight=False)


def _print(console: Console, indent: int, text: Text) -> None:
    """Print ``text`` indented: wrapped in a terminal, one line for a program that reads it."""
    from rich.padding import Padding

    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent), expand=False), highlight=False)
    else:
        console.print(" " * indent, text, sep="", soft_wrap=True, highlight=False)


def _blocks(answer: Answer, folder: str) -> Iterator[list[Line]]:
    from rich.text import Text

    if answer.standalone_question.strip() != answer.question.strip():
        understood = terminal_text(one_line(answer.standalone_question))
        yield [(0, Text(f"Understood as: {understood}", style="dim"))]
    if answer.message:
        yield [(0, Text(terminal_text(answer.message), style="yellow"))]
    for run in blocks(answer):
        yield [(2 * bool(block.label), _block(block)) for block in run]
    if answer.withheld:
        yield list(_withheld(answer.withheld))
    for citation in answer.citations:
        yield _source(citation, f"[{citation.marker}] ", f"“{one_line(citation.quote)}”", folder)
    if not answer.citations and answer.passages:
        yield [(0, Text("Nearest passages:", style="bold"))]
        for passage in answer.passages[:_NEAREST]:
            yield _source(passage, "• ", _excerpt(passage.text), folder)


def _withheld(sentences: Sequence[Sentence]) -> Iterator[Line]:
    """The sentences that are not shown as the answer, and why, under a line that says so."""
    from rich.text import Text

    yield 0, Text(withheld_line(len(sentences)), style="dim")
    for sentence in sentences:
        words = f"“{one_line(sentence.text)}”: {one_line(sentence.reason or '')}"
        yield 4, Text(terminal_text(words), style="dim")


def _block(block: Block) -> Text:
    from rich.text import Text

    words = Text(" ").join(map(_sentence, block.sentences))
    return Text(f"{block.label} ").append_text(words) if block.label else words


def _sentence(sentence: Sentence) -> Text:
    """The sentence with the spans that answer in bold and its markers in colour."""
    from rich.text import Text

    text, position, words = Text(), 0, sentence.text.replace("\n", " ")
    for start, end in sorted(sentence.highlights):
        text.append(terminal_text(words[position:start]))
        text.append(terminal_text(words[max(start, position) : end]), style="bold")
        position = max(position, end)
    text.append(terminal_text(words[position:]))
    for marker in sentence.citations:
        text.append(f" [{marker}]" if marker == sentence.citations[0] else f"[{marker}]", "cyan")
    return text


def _source(place: Citation | Passage, label: str, quote: str, folder: str) -> list[Line]:
    from rich.text import Text

    where = Text.assemble((label, "cyan"), terminal_text(reference(place, folder)))
    return [(0, where), (4, Text(terminal_text(quote), style="italic"))]


def _excerpt(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _EXCERPT else line[:_EXCERPT].rsplit(" ", 1)[0] + " …"
