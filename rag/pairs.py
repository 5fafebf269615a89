"""Models that read two texts together: the rerankers and fact checkers that a setting names.

Any ``CrossEncoder`` of sentence-transformers, from a folder or the hub's cache. Nothing is
downloaded, and no code that comes with a model is run.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.models import whereabouts, why_unloaded
from index.offline import go_offline
from rag.errors import BadModel

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Floats = npt.NDArray[np.float32]


class PairModel:
    """The ``CrossEncoder`` called ``name``, loaded at first use. Thread-safe: one batch at a time.

    ``setting`` is the variable that names it, for messages.
    """

    def __init__(self, name: str, setting: str) -> None:
        self.name = name.strip()
        self.setting = setting
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    @property
    def title(self) -> str:
        """The model's name without the folders it lies in."""
        return self.name.rstrip("/").rpartition("/")[2]

    def load(self) -> CrossEncoder:
        """Load the model if it is not loaded yet.

        Raises:
            BadModel: if it is not on this machine, damaged, too large for it, or scores no pairs.
        """
        with self._lock:
            if self._model is None:
                self._model = self._loaded()
            return self._model

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Return what the model makes of each pair, as it puts it out: shape (n, labels)."""
        from torch import nn

        model = self.load()
        with self._lock:
            found = model.predict(list(pairs), activation_fn=nn.Identity(), show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(pairs), -1)

    def labels(self) -> list[str]:
        """Return what its outputs are called, lower-case."""
        model = self.load()
        names = model.config.id2label if model.num_labels > 1 else {0: "score"}
        return [str(names[n]).lower() for n in range(model.num_labels)]

    def unusable(self, why: str) -> BadModel:
        """Return the error that says why this model cannot be used, and where it was named."""
        return BadModel(f"{self.setting}={self.name!r} {why}")

    def _loaded(self) -> CrossEncoder:
        go_offline()
        import torch
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(
                whereabouts(self.name),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"torch_dtype": torch.float32},
            ).eval()
        except Exception as error:
            raise self.unusable(why_unloaded(self.name, error)) from error
        architecture = (getattr(model.config, "architectures", None) or ["?"])[0]
        if len(model) == 1 and not architecture.endswith("ForSequenceClassification"):
            raise self.unusable(f"scores no pairs: it is a {architecture}, without trained labels")
        return model
