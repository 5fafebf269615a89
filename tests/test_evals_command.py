"""``footnote eval``: the whole of it over three small documents, and what stops it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ferry import SILENT, line

from evals import gate
from evals.command import FAILED, Request, evaluate_command
from evals.results import Run

pytest_plugins = ["ferry"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"cases": "no.jsonl"}, "cannot be read"),
        ({"cases": "no.jsonl", "gate": True}, "no table [no-all]"),
        ({"public": "nonsense"}, "no set 'nonsense'; there are clapnq, "),
        ({"public": "begin", "data_root": "nowhere"}, "set FOOTNOTE_SHARED to the folder"),
        ({"documents": "nowhere"}, "does not exist; give the folder"),
        ({"documents": "file.txt"}, "is a file; give the folder"),
    ],
)
def test_a_command_that_cannot_run_says_so_in_a_line(tmp_path, capsys, changes, fault):
    (tmp_path / "file.txt").write_text("x")
    paths = {
        name: tmp_path / value if name in ("cases", "data_root", "documents") else value
        for name, value in changes.items()
    }
    before = sorted(tmp_path.iterdir())
    assert evaluate_command(Request(out=tmp_path / "out", **paths)) == 3
    error = capsys.readouterr().err
    assert fault in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """Three small documents and questions over them, one of them a near miss."""
    folder = tmp_path_factory.mktemp("harbour")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "ferry.md").write_text(
        "# The ferry Aurora\n\nThe ferry Aurora first sailed in 1932. She carried 200 passengers.\n"
    )
    (documents / "pilot.txt").write_text(
        "The harbour pilot\n\nThe pilot boat was built by Marta Lind. It has a crew of four.\n"
    )
    (documents / "light.html").write_text(
        "<h1>The lighthouse</h1><p>The lighthouse stands on Gull Rock. It is lit by gas.</p>"
    )
    dataset = folder / "harbour.jsonl"
    built = "The pilot boat was built by Marta Lind."
    fields = [
        line(),
        line(
            id="b",
            question="Who built the pilot boat?",
            answer=[["Marta Lind"]],
            evidence=[[{"document": "pilot.txt", "quote": built}]],
        ),
        line(id="c", question="Who was the captain of the Titanic?", **SILENT),
    ]
    dataset.write_text("\n".join(json.dumps(case) for case in fields))
    return dataset, documents, folder / "results"


def test_the_whole_of_it_over_three_small_documents(harbour, capsys):
    dataset, documents, out = harbour
    assert evaluate_command(Request(dataset, split="dev", documents=documents, out=out)) == 0
    assert "handled right" in capsys.readouterr().out
    run = Run.load(out / "harbour-dev.jsonl")
    assert [row.right for row in run.rows] == [True, True, True]
    assert run.overall["unsupported"].value == 0
    assert run.overall["evidence_at_5"].value == 1
    assert run.overall["contract"].value == 1
    assert run.latency_ms["p95"] > 0
    page = (out / "harbour-dev.html").read_text(encoding="utf-8")
    assert "Marta Lind" in page
    kept = (out / "harbour-dev.jsonl").read_text(encoding="utf-8")
    assert str(documents.parent) not in page + kept  # both may be shared
    assert not (documents.parent / ".footnote").exists()


def test_the_gate_stops_a_run_under_its_threshold(harbour, capsys, monkeypatch, tmp_path):
    dataset, documents, out = harbour
    monkeypatch.setattr(gate, "THRESHOLDS", tmp_path / "thresholds.toml")
    gate.THRESHOLDS.write_text("[harbour-all]\nright = 1.0\nunsupported = 0.0\n")
    request = Request(dataset, documents=documents, out=out, gate=True)
    assert evaluate_command(replace(request, as_json=True)) == 0
    assert json.loads(capsys.readouterr().out)["overall"]["right"]["value"] == 1
    dataset.write_text(dataset.read_text().replace('["1932"]', '["1999"]'))
    assert evaluate_command(request) == 1
    assert "handled right is 0.667, must be at least 1" in capsys.readouterr().out
    assert evaluate_command(replace(request, gate=None)) == 1
    capsys.readouterr()
    assert evaluate_command(replace(request, gate=False)) == 0


@pytest.mark.parametrize(("system", "told"), [("footnote", True), ("top-passages", False)])
def test_a_run_without_thresholds_says_which_setting_names_it(system, told, monkeypatch, capsys):
    monkeypatch.setenv("FOOTNOTE_READER", "/models/mpnet")
    assert evaluate_command(Request(system=system, gate=True)) == FAILED
    said = " ".join(capsys.readouterr().err.split())
    assert "has no table" in said
    assert ("FOOTNOTE_READER" in said) is told
