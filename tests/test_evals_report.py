"""The page of a run: complete in itself, without script, the worst case first."""

from __future__ import annotations

from datetime import UTC, datetime

from bs4 import BeautifulSoup
from ferry import SAILED, SILENT, Shelf, line, quoting, run_of

from evals.answering import aggregate, score
from evals.cases import resolve
from evals.catalogue import METRICS
from evals.report import render
from evals.run import Plan, summary
from rag.schema import Sentence

pytest_plugins = ["ferry"]

HOSTILE = '</style><script>alert(1)</script><img src="http://example.org/x"><a href="//x">'


def test_the_report_needs_nothing_else_and_runs_nothing(cases):
    history = [{"role": "user", "content": HOSTILE}]
    read = cases(
        line(question=HOSTILE, id=HOSTILE, answer=[[HOSTILE]], history=history),
        line(**SILENT | {"missing": HOSTILE}),
    )
    given = quoting(
        SAILED,
        standalone_question=HOSTILE,
        message=HOSTILE,
        withheld=[Sentence(text=HOSTILE, support=0, verdict="unsupported", reason=HOSTILE)],
    )
    hostile = {"title": HOSTILE, "source": HOSTILE, "published": HOSTILE}
    given = given.model_copy(
        update={
            "citations": (given.citations[0].model_copy(update={**hostile, "quote": HOSTILE}),),
            "passages": (given.passages[0].model_copy(update={**hostile, "text": HOSTILE}),),
            "sentences": (given.sentences[0].model_copy(update={"text": HOSTILE}),),
        }
    )
    evidence = resolve(read, Shelf())
    rows = [score(case, evidence[case.id], given, Shelf().text, 0.1) for case in read]
    plan = Plan(name=HOSTILE, settings={"documents": HOSTILE})
    run = summary(plan, rows, aggregate, datetime.now(UTC), 1.0, 0)
    page = BeautifulSoup(render(run, {"right": 0.9}), "lxml")
    assert not page.find_all(["script", "img", "a", "link", "iframe", "object"])
    assert not [tag for tag in page.find_all(True) if {"src", "href", "srcset"} & set(tag.attrs)]
    assert len(page.find_all("style")) == 1
    assert not [word for word in ("url(", "@import", "http") if word in page.style.text]
    assert page.get_text().count("<script>alert(1)</script>") > 15


def test_the_report_shows_the_worst_case_first_with_its_reason(cases):
    read = cases(line(), line(id="c", question="How deep is it?", **SILENT))
    run = run_of(read)
    page = BeautifulSoup(render(run, {"right": 0.9}), "lxml")
    first = page.select_one("details.case")
    assert "How deep is it?" in first.summary.text
    assert "answered, though the documents do not say it" in first.text
    assert SAILED in first.text
    assert "must be at least 0.9" in page.select_one(".verdict").text
    assert {"Status", "Recall at k", "Latency"} <= {t.text for t in page("title")}
    assert page.find("mark") is None
    labels = [cell.b.text for cell in page.select("td:first-child") if cell.b]
    assert labels == [METRICS[name].label for name in METRICS if name in run.overall]


def test_evidence_is_marked_in_the_passages_of_a_case(cases):
    page = BeautifulSoup(render(run_of(cases(line(answer=[["200"]]))), {}), "lxml")
    assert page.mark.text == SAILED
    assert "no thresholds" in page.select_one(".verdict").text
