"""Train the reader: low-rank changes to MiniLM, or a larger model, and small heads.

python -m tools.reader.train SYNTH.jsonl HUMAN.jsonl OUT.safetensors [--steps N] [--stop-at N] …
"""

from __future__ import annotations

import argparse
import math
import random
import time
import zlib
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from index.embedder import bfloat16_flag
from tools.reader.examples import Example, load, show
from tools.reader.model import HEADS, Batch, Reader, collate

FOLDS = 5
_HEADS_RATE = 1e-3
_WARM_UP = 60  # steps
_KEPT = 200  # steps from one checkpoint to the next


class Pool:
    """Draws batches of like length, each example once before any comes again."""

    def __init__(self, examples: list[Example], rng: random.Random) -> None:
        self.examples, self.rng = examples, rng
        self.left: list[Example] = []

    def draw(self, tokens: int) -> list[Example]:
        """Return examples of about ``tokens`` tokens, padding included."""
        if len(self.left) < 200:
            self.left = self.left + self.rng.sample(self.examples, len(self.examples))
        some = sorted(self.left[:200], key=_tokens)
        start = self.rng.randrange(len(some))
        taken: list[Example] = []
        for example in some[start:]:  # the longest so far is the last
            if taken and _tokens(example) * (len(taken) + 1) > tokens:
                break
            taken.append(example)
        held = {id(example) for example in taken}
        self.left = [e for e in self.left[:200] if id(e) not in held] + self.left[200:]
        return taken


def _tokens(example: Example) -> int:
    """Tokens of an example, guessed from its characters."""
    said = (example.question, example.title, *example.sentences)
    return sum(map(len, said)) // 4 + 8


def fold(source: str) -> int:
    """Return which fifth of ClapNQ a question is in."""
    return zlib.crc32(source.encode()) % FOLDS


def losses(reader: Reader, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the loss, and the share of answered questions whose best sentence is right.

    Three losses are added: of each sentence whether it answers, of an answered question which
    sentence it is, and of each token whether it is the answer, where that is known.
    """
    sentence, token, page = reader(batch)
    known, right = batch.labels >= 0, batch.labels == 1
    answered = right.any(1)
    sentence = sentence.masked_fill(~known, 0.0)
    each = binary_cross_entropy_with_logits(sentence, right.float(), reduction="none")
    each = each * torch.where(right, 2.0, 1.0)
    whether = (each * known).sum(1) / known.sum(1).clamp(min=1)
    scores = sentence.masked_fill(~known, -1e4)
    chosen = torch.logsumexp(scores.masked_fill(~right, -1e4), 1)
    which = torch.where(answered, torch.logsumexp(scores, 1) - chosen, 0.0)
    inside = (batch.place >= 0).float()
    words = binary_cross_entropy_with_logits(token, batch.answer, reduction="none")
    words = (words * inside).sum(1) / inside.sum(1).clamp(min=1)
    words = words * ((batch.answer.sum(1) > 0) | ~(answered | batch.claims))
    sure = (batch.whole >= 0).float()
    carried = binary_cross_entropy_with_logits(
        page, batch.whole.clamp(min=0).float(), reduction="none"
    )
    asked = answered & ~batch.claims
    hits = right.gather(1, scores.argmax(1, keepdim=True)).squeeze(1)[asked]
    return (whether + 0.5 * which + words + carried * sure).mean(), hits.float().mean()


def train(reader: Reader, pools: list[Pool], args: argparse.Namespace, rng: random.Random) -> None:
    """Train ``reader`` in place; ``pools`` are of made and of human examples."""
    small = [p for p in reader.parameters() if p.requires_grad]
    optimizer = _optimizer(reader, args.lr)
    started, running, hits = time.monotonic(), 0.0, [0.9, 0.3]
    for step in range(min(args.steps, args.stop_at + 1)):
        pace = min(1.0, step / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group in optimizer.param_groups:
            group["lr"] = group["pace"] * pace
        human = int(rng.random() < args.human_share)
        batch = collate(reader.tokenizer, pools[human].draw(args.tokens))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16_flag() is not None):
            loss, right = losses(reader, batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(small, 1.0)
        optimizer.step()
        if not right.isnan():
            hits[human] = 0.97 * hits[human] + 0.03 * right.item()
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 25 == 0:
            shown = [round(share, 3) for share in hits]
            show(step, round(running, 4), shown, round(time.monotonic() - started), "s")
        if step and step % _KEPT == 0:
            reader.save(args.out.with_name(f"{args.out.name}.{step}"))


def _optimizer(reader: Reader, rate: float) -> torch.optim.AdamW:
    """AdamW over what is trained; the heads have a rate of their own."""
    trained = [(name, p) for name, p in reader.named_parameters() if p.requires_grad]
    inner = [p for name, p in trained if not name.startswith(HEADS)]
    heads = [p for name, p in trained if name.startswith(HEADS)]
    groups = [{"params": inner, "pace": rate}, {"params": heads, "pace": _HEADS_RATE}]
    return torch.optim.AdamW(groups, weight_decay=0.01)


def main() -> None:
    """Train as the command line says."""
    args = _arguments()
    rng = random.Random(3)
    torch.manual_seed(3)
    out = range(FOLDS) if args.fold == FOLDS else [args.fold]
    made = load(args.synthetic)
    human = [
        example
        for example in load(args.human)
        if not (example.source.startswith("clapnq:") and fold(example.source) in out)
    ]
    reader = Reader(args.rank, args.base, args.first)
    if args.start:
        reader.start_from(args.start)
    reader.train()
    count = sum(p.numel() for p in reader.parameters() if p.requires_grad)
    show(count, "trained parameters;", len(made), "+", len(human), "examples")
    train(reader, [Pool(made, rng), Pool(human, rng)], args, rng)
    reader.save(args.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("synthetic", type=Path, help="examples of tools.reader.synthetic")
    add("human", type=Path, help="examples of tools.reader.human")
    add("out", type=Path, help="where the weights are written")
    add("--steps", type=int, default=1500, help="over which the rate falls to nothing")
    add("--stop-at", type=int, default=10**9, metavar="STEP", help="the last step that is taken")
    add("--tokens", type=int, default=6000, help="of one step, padding included")
    add("--rank", type=int, default=32, help="of the change to each layer")
    add("--base", type=Path, help="folder of the model that is changed, MiniLM if not given")
    add("--first", type=int, default=0, help="layer from which on it is changed")
    add("--lr", type=float, default=3e-4, help="highest rate of the layers; the heads have 1e-3")
    add("--human-share", type=float, default=0.35, help="of the steps")
    add("--fold", type=int, default=-1, help="fifth of ClapNQ to leave out, 0 to 4; 5: all of it")
    add("--start", type=Path, help="weights of an earlier run to go on from")
    return parser.parse_args()


if __name__ == "__main__":
    main()
