"""Switches that keep the libraries silent, off the network and off each other's cores.

They are set before the libraries are imported.
"""

from __future__ import annotations

import os

_SILENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
}

# Threads that wait for each other by spinning take the core from the one they wait for: with other
# work on the machine the model was five times slower.
_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}


def go_offline(allow_hub: bool = False) -> None:
    """Turn telemetry and progress noise off, and the model hub unless ``allow_hub``.

    Must run before torch, transformers, gradio or chromadb are first imported.
    """
    for name, value in _THREADS.items():
        os.environ.setdefault(name, value)
    os.environ.update(_SILENT)
    if not allow_hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
