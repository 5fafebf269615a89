"""Thresholds: what holds a run to them, and that nobody lowers them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ferry import SILENT, line, run_of

from evals import gate

pytest_plugins = ["ferry"]

ROOT = Path(__file__).resolve().parents[1]


def test_thresholds_are_floors_and_for_unsupported_a_ceiling(cases):
    run = run_of(cases(line(), line(id="c", **SILENT)))
    assert gate.shortfalls(run, {"right": 0.5, "unsupported": 0.0}) == []
    missed = gate.shortfalls(run, {"right": 0.51, "refusal_precision": 0.1, "mrr": 1.0})
    assert [str(shortfall) for shortfall in missed] == [
        "handled right is 0.500, must be at least 0.51",
        "refusal precision is not measured, must be at least 0.1",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a]\ncorect = 1", "no metric 'corect'"),
        ("[a]\ncorrect = 95", "must be from 0 to 1, not 95"),
        ("[a]\ncorrect = true", "must be from 0 to 1, not True"),
        ("correct = 0.9", "must be in a table"),
        ("[a", "thresholds.toml: "),
    ],
)
def test_bad_thresholds_are_refused(text, fault):
    with pytest.raises(gate.ThresholdsError, match=fault):
        gate.parse_thresholds(text)


def test_lowered_thresholds_are_noticed():
    before = {"a": {"correct": 0.9, "unsupported": 0.0, "mrr": 0.5}}
    after = {"a": {"correct": 0.89, "unsupported": 0.01, "right": 0.1}}
    assert gate.lowered(before, after) == ["a.correct", "a.unsupported", "a.mrr"]
    assert gate.lowered(before, {"a": {"correct": 0.95, "unsupported": 0.0, "mrr": 0.5}}) == []


def test_thresholds_are_only_ever_raised():
    now = gate.parse_thresholds(gate.THRESHOLDS.read_text(encoding="utf-8"))

    def git(*arguments):
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    for commit in git("log", "--format=%H", "--", "evals/thresholds.toml").split():
        then = gate.parse_thresholds(git("show", f"{commit}:evals/thresholds.toml"))
        assert gate.lowered(then, now) == [], f"lower than in {commit[:10]}"
