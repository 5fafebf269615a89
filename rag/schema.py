"""The answer contract: the one object that leaves by every door.

An ``Answer`` is a list of sentences, each with the citations that support it. A citation is a
span of a stored document: ``text(document)[start:end] == quote``, always.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    computed_field,
    model_validator,
)

Status = Literal["answered", "partial", "conflicting", "not_found", "needs_clarification"]
Verdict = Literal["supported", "unsupported"]
Role = Literal["user", "assistant"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(_Frozen):
    """One turn of the conversation so far."""

    role: Role
    content: str


class Citation(_Frozen):
    """A span of a document, with all a reader needs to find it again."""

    marker: int = Field(ge=1, description="Number shown to the reader, from 1 in reading order.")
    document: str = Field(description="Stable id of the document.")
    title: str
    source: str = Field(description="Path below the documents folder, or a URL.")
    published: str | None = Field(default=None, description="Date as the document gives it.")
    page: int | None = Field(
        default=None, ge=1, description="Page; in some formats the slide, row, record or line."
    )
    heading: str | None = None
    start: int = Field(ge=0, description="First character of the quote in the document's text.")
    end: int = Field(ge=0, description="One past the last character of the quote.")
    quote: str
    content_hash: str = Field(description="SHA-256 of the document's text, in hexadecimal.")
    passage: str = Field(description="Id of the retrieved passage that holds the quote.")


class Sentence(_Frozen):
    """One sentence of the answer and the markers of the citations that support it."""

    text: str
    citations: tuple[int, ...] = ()
    support: float = Field(ge=0, le=1, description="How sure the check is that it is supported.")
    verdict: Verdict
    reason: str | None = Field(default=None, description="Why it was withheld, if it was.")
    highlights: tuple[tuple[int, int], ...] = Field(
        default=(), description="Character spans of `text` that answer the question."
    )


class Passage(_Frozen):
    """A retrieved passage and why it was: ranks run from 1, None where a search missed it."""

    id: str
    document: str
    title: str
    source: str
    published: str | None = None
    page: int | None = None
    heading: str | None = None
    start: int
    end: int
    text: str
    before: str = Field(
        default="", description="The end of the passage before it under the same heading."
    )
    dense_rank: int | None = None
    dense_score: float | None = Field(default=None, description="Cosine similarity.")
    lexical_rank: int | None = None
    lexical_score: float | None = Field(default=None, description="BM25, larger is better.")
    rerank_rank: int | None = None
    rerank_score: float | None = Field(default=None, description="As the reranker puts it out.")
    score: float = Field(default=0.0, description="Score after fusion and reranking.")


class Usage(_Frozen):
    """What an answer took of a language model; nothing where it quotes."""

    calls: int = Field(default=0, ge=0, description="Times a model was asked.")
    tokens_in: int = Field(default=0, ge=0, description="Tokens it read.")
    tokens_out: int = Field(default=0, ge=0, description="Tokens it wrote.")
    estimated: bool = Field(
        default=False, description="Some are told from the length of the text, not by the model."
    )


class Answer(_Frozen):
    """What the documents say to a question, or that they do not say."""

    status: Status
    question: str
    standalone_question: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    withheld: tuple[Sentence, ...] = ()
    passages: tuple[Passage, ...] = ()
    message: str | None = Field(
        default=None,
        description="Footnote's own words: what is missing, or how sources differ.",
    )
    writer: str
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="How likely it is that the documents answer."
    )
    timings_ms: dict[str, float] = Field(default_factory=dict)
    usage: Usage = Field(default=Usage(), description="Calls and tokens of a language model.")

    @model_validator(mode="wrap")
    @classmethod
    def _as_saved(cls, given: Any, build: ModelWrapValidatorHandler[Answer]) -> Answer:
        """Take an answer as it was written out: ``text`` may be there, and then says the same."""
        if not isinstance(given, dict) or "text" not in given:
            return build(given)
        answer = build({name: value for name, value in given.items() if name != "text"})
        if given["text"] != answer.text:
            raise ValueError("text is not what message and sentences say")
        return answer

    @computed_field(  # type: ignore[prop-decorator]  # mypy knows no decorated property
        description="The answer in plain text with [n] markers: what a client shows, and sends "
        "back as the assistant's turn of the history."
    )
    @property
    def text(self) -> str:
        """The message, if there is one, and the shown sentences with their [n] markers."""
        shown = " ".join(
            sentence.text + "".join(f"[{marker}]" for marker in sentence.citations)
            for sentence in self.sentences
        )
        return " ".join(part for part in (self.message, shown) if part)


class Stage(_Frozen):
    """Progress of a streamed answer: what is being done now."""

    stage: Literal["searching", "reading", "writing"]


Event = Stage | Sentence | Answer
