"""The gate: thresholds set from measurement, and only ever raised.

``thresholds.toml`` has a table for each run that is gated, by its name (``[golden-all]``), of
metric names and the value each must reach; for a metric where lower is better, not exceed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evals.catalogue import METRICS
from evals.results import Run

THRESHOLDS = Path(__file__).parent / "thresholds.toml"

Thresholds = Mapping[str, Mapping[str, float]]


class ThresholdsError(Exception):
    """The thresholds cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A metric that misses its threshold; ``value`` is None if it applied to no case."""

    metric: str
    value: float | None
    threshold: float

    def __str__(self) -> str:
        wanted = "at least" if METRICS[self.metric].better == "higher" else "at most"
        value = "not measured" if self.value is None else f"{self.value:.3f}"
        return f"{METRICS[self.metric].label} is {value}, must be {wanted} {self.threshold:g}"


def parse_thresholds(text: str, where: str = "thresholds.toml") -> dict[str, dict[str, float]]:
    """Return the tables of a thresholds file.

    Raises:
        ThresholdsError: if it is not TOML, or names a metric or value that there is not.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThresholdsError(f"{where}: {error}") from error
    for run, table in tables.items():
        if not isinstance(table, dict):
            raise ThresholdsError(f"{where}: {run} must be in a table, under [dataset-split]")
        for metric, value in table.items():
            if metric not in METRICS:
                there = ", ".join(METRICS)
                raise ThresholdsError(f"{where}: no metric {metric!r}; there are {there}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ThresholdsError(f"{where}: {run}.{metric} must be from 0 to 1, not {value!r}")
    return tables


def thresholds_of(name: str) -> dict[str, float]:
    """Return the thresholds of the run ``name``; empty if it has none.

    Raises:
        ThresholdsError: if the file cannot be used.
    """
    return parse_thresholds(THRESHOLDS.read_text(encoding="utf-8"), str(THRESHOLDS)).get(name, {})


def shortfalls(run: Run, thresholds: Mapping[str, float]) -> list[Shortfall]:
    """Return the metrics of ``run`` that miss their threshold, in the order of the file."""
    found = []
    for metric, threshold in thresholds.items():
        measured = run.overall.get(metric)
        if measured is None or _worse(metric, measured.value, threshold):
            found.append(Shortfall(metric, measured.value if measured else None, threshold))
    return found


def lowered(before: Thresholds, after: Thresholds) -> list[str]:
    """Return, as ``run.metric``, every threshold that is easier in ``after``, or gone."""
    return [
        f"{run}.{metric}"
        for run, table in before.items()
        for metric, value in table.items()
        if metric not in after.get(run, {}) or _worse(metric, after[run][metric], value)
    ]


def _worse(metric: str, value: float, than: float) -> bool:
    slack = 1e-9
    if METRICS[metric].better == "higher":
        return value < than - slack
    return value > than + slack
