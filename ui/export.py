"""An answer to take away: Markdown with its sources."""

from __future__ import annotations

from rag.schema import Answer, Sentence
from ui.layout import Block, blocks
from ui.text import markdown_text, reference


def answer_markdown(answer: Answer) -> str:
    """Return the question, the answer with its [n] markers and each source with its quote."""
    parts = [f"**{markdown_text(answer.question)}**"]
    if answer.message:
        parts.append(markdown_text(answer.message))
    parts += ["\n".join(map(_block, run)) for run in blocks(answer)]
    parts += [
        f"[{citation.marker}] {markdown_text(reference(citation))}\n"
        f"> {markdown_text(citation.quote)}"
        for citation in answer.citations
    ]
    if not answer.citations and answer.passages:
        nearest = (f"- {markdown_text(reference(passage))}" for passage in answer.passages)
        parts.append("Nearest passages:\n" + "\n".join(nearest))
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    words = " ".join(map(_sentence, block.sentences))
    return f"{block.label.replace('•', '-')} {words}" if block.label else words


def _sentence(sentence: Sentence) -> str:
    markers = "".join(f"[{marker}]" for marker in sentence.citations)
    return f"{markdown_text(sentence.text)} {markers}".rstrip()
