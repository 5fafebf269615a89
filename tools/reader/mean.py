"""The mean of the weights of several readers of which one started from the other.

    python -m tools.reader.mean OUT.safetensors READER.safetensors=2 OTHER.safetensors=1

Wortsman et al., "Model soups" (2022), section 2: what several runs from one start learned, as one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def mean(readers: Sequence[tuple[Path, float]]) -> dict[str, Tensor]:
    """Return the weighted mean of every tensor, in float16.

    Raises:
        KeyError: if one of the files lacks a tensor of the first.
    """
    loaded = [(load_file(path), share) for path, share in readers]
    total = sum(share for _, share in loaded)
    base = {name: held[name] for held, _ in loaded for name in held if name == "base"}
    return base | {
        name: sum((held[name].float() * (share / total) for held, share in loaded), torch.zeros(()))
        .to(torch.float16)
        .contiguous()
        for name in loaded[0][0]
        if name != "base"
    }


def main(out: str, *given: str) -> None:
    """Write the mean; each of ``given`` is a file, an equals sign and its share."""
    pairs = (text.rpartition("=") for text in given)
    save_file(mean([(Path(path), float(share)) for path, _, share in pairs]), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
