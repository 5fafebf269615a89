"""What is evaluated: anything that turns a case into an ``Answer``, and two peers of ours.

All run on the same index. ``Footnote`` is the assistant with whatever writer it is set to.
``TopPassages`` shows the passages that search found, as a search engine would, and refuses
nothing. The other peer, llama-index's own ``CitationQueryEngine``, is in ``evals.peers``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from evals.cases import Case, CasesError, Library
from index.models import unfolded
from rag.schema import Answer, Citation, Passage, Sentence

if TYPE_CHECKING:
    from rag.assistant import Assistant


_SECRETS = {"api_key", "llm_api_key"}
_PLACES = {"documents", "data", "chroma_url"}
_MODELS = {"embedding_model", "reader", "reranker", "checker"}  # each may be named by its folder
_SERVED = re.compile(r"#[/~.].*?([^/]+)/*$")  # a language model that its server knows by its path


class System(Protocol):
    """What can be evaluated: it answers from stored texts."""

    name: str

    @property
    def index(self) -> Library: ...  # noqa: D102
    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def depends_on(self) -> dict[str, Any]: ...  # noqa: D102
    def answer(self, case: Case) -> Answer: ...  # noqa: D102
    def search(self, case: Case, depth: int) -> Sequence[Passage]: ...  # noqa: D102
    def confidence(self, answer: Answer) -> float | None: ...  # noqa: D102


class Footnote:
    """The assistant, asked as a person would ask it."""

    name = "footnote"

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.index: Library = assistant.index

    @property
    def settings(self) -> dict[str, Any]:
        """The assistant's settings, without secrets and without where anything lies."""
        settings = self._assistant.settings.model_dump(mode="json", exclude=_SECRETS | _PLACES)
        for name in _MODELS:
            settings[name] = settings[name] and without_folders(settings[name])
        settings["llm"] = settings["llm"] and _SERVED.sub(r"#\1", settings["llm"])
        return settings

    @property
    def depends_on(self) -> dict[str, Any]:
        """What its answers depend on, besides the code: the settings, and the texts it reads.

        Two models may lie in folders of one name, so here they are named in full.
        """
        texts = sorted((d.source, d.content_hash) for d in self._assistant.index.documents())
        models = self._assistant.settings.model_dump(include={*_MODELS, "llm"})
        return {"settings": self.settings, "models": models, "texts": texts}

    def answer(self, case: Case) -> Answer:
        """Ask the question after its history, of the given documents if the case names some."""
        return self._assistant.ask(case.question, history=case.history, documents=case.given)

    def search(self, case: Case, depth: int | None = None) -> Sequence[Passage]:
        """Return the ``depth`` best passages for the question; without, as many as are read."""
        return self._assistant.search(case.question, case.history, case.given, top_k=depth)

    def found(self, case: Case) -> Answer:
        """Return a refusal that holds what a peer starts from: the passages, and nothing read."""
        from rag.conversation import standalone

        return Answer(
            status="not_found",
            question=case.question,
            standalone_question=standalone(case.question, case.history),
            passages=tuple(self.search(case)),
            writer=self.name,
        )

    def confidence(self, answer: Answer) -> float | None:
        """How sure it is that there is an answer: its own word, else the best cosine found."""
        own = getattr(answer, "confidence", None)
        if own is not None:
            return float(own)
        cosines = [p.dense_score for p in answer.passages if p.dense_score is not None]
        return max(cosines, default=0.0)


class TopPassages(Footnote):
    """A plain top-k system: it shows the best passages whole and cites each."""

    name = "top-passages"

    def answer(self, case: Case) -> Answer:
        """Show what search found, whole, best first."""
        found = self.found(case)
        shown = [cited(n, passage, self) for n, passage in enumerate(found.passages, start=1)]
        fields: dict[str, Any] = {
            "status": "answered" if shown else "not_found",
            "sentences": tuple(
                Sentence(text=c.quote, citations=(c.marker,), support=1.0, verdict="supported")
                for c in shown
            ),
            "citations": tuple(shown),
            "writer": "quotes",
        }
        return found.model_copy(update=fields)

    def confidence(self, answer: Answer) -> float | None:
        """The best cosine found: it has no other."""
        return max((p.dense_score or 0.0 for p in answer.passages), default=0.0)


def open_system(name: str, assistant: Assistant) -> System:
    """Return the system called ``name`` over the index of ``assistant``.

    Raises:
        CasesError: if there is none of this name.
    """
    from evals.peers import CitationEngine

    systems = {system.name: system for system in (Footnote, TopPassages, CitationEngine)}
    if name not in systems:
        raise CasesError([f"no system {name!r}; there are {', '.join(systems)}"])
    return systems[name](assistant)


def without_folders(model: str) -> str:
    """Return the name of a model without the folders it lies in; a hub name is returned whole."""
    name = model.strip()
    folder = unfolded(name)
    is_folder = name[:1] in "~./" or name.count("/") > 1 or "\\" in name or folder.is_dir()
    return Path(os.path.abspath(folder)).name if is_folder else name  # noqa: PTH100


def cited(marker: int, passage: Passage, system: Footnote) -> Citation:
    """Return a citation of the whole of ``passage``."""
    from hashlib import sha256

    text = system.index.text(passage.document)
    return Citation(
        marker=marker,
        document=passage.document,
        title=passage.title,
        source=passage.source,
        published=passage.published,
        page=passage.page,
        heading=passage.heading,
        start=passage.start,
        end=passage.end,
        quote=text[passage.start : passage.end],
        content_hash=sha256(text.encode()).hexdigest(),
        passage=passage.id,
    )
