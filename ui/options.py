"""Settings from the command line, and the folder that ``footnote index PATH`` chose."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from rag.settings import Settings
from ui.errors import explain

_REMEMBERED = "documents.path"  # in the data folder: what its index was last told to mirror


def settings_from(**flags: Any) -> Settings:
    """Return the settings: flags that are not None, the environment, then ``footnote.toml``.

    If none of them names a documents folder, it is the one last given to ``footnote index``.

    Raises:
        typer.BadParameter: if a value does not fit, or ``footnote.toml`` cannot be read.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise typer.BadParameter(explain(error), param_hint="footnote.toml") from error
    except ValidationError as error:
        raise typer.BadParameter(explain(error), param_hint="settings") from error
    folder = _remembered(settings.data)
    if folder and "documents" not in settings.model_fields_set:
        return settings.model_copy(update={"documents": folder})
    return settings


def remember_folder(settings: Settings) -> None:
    """Make the documents folder of ``settings`` the one that later commands answer from."""
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / _REMEMBERED
    path.write_text(str(settings.documents.resolve()), encoding="utf-8")


def _remembered(data: Path) -> Path | None:
    try:
        return Path((data / _REMEMBERED).read_text(encoding="utf-8"))
    except OSError:
        return None
