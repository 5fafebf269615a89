"""The Evals tab in a real headless Chromium: a wrong answer becomes a case, is edited, and run."""

from __future__ import annotations

import pytest
from browsing import ask
from lindow import BUILT
from playwright.sync_api import expect

pytest_plugins = ["serving", "browsing"]
pytestmark = pytest.mark.browser

LONG = 120_000  # milliseconds that a run of a few cases may take on a busy machine
SENTENCE = "The lighthouse at Lindow was built in 1871 by the engineer Mary Ash."


@pytest.fixture
def cases(settings):
    """The file of cases, empty at first."""
    path = settings.data / "evals" / "cases.jsonl"
    path.unlink(missing_ok=True)
    return path


def test_a_wrong_answer_is_flagged_edited_and_run_by_keyboard(browse, cases):
    page = browse(viewport={"width": 1280, "height": 800})
    turn = ask(page, BUILT)
    turn.get_by_role("button", name="Not right").focus()
    page.keyboard.press("Enter")
    link = turn.get_by_role("link", name="Say it in Evals")
    expect(link).to_be_focused(timeout=LONG)
    assert '"flagged":true' in cases.read_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Question").last).to_be_focused(timeout=LONG)
    page.get_by_label("What a right answer says").fill("1871")
    page.get_by_label("Where the documents say it").fill("It was never built.")
    page.keyboard.press("Tab")
    expect(page.locator(".fn-lost")).to_contain_text("In no document", timeout=LONG)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#fn-editor [role=alert]")).to_contain_text("stands in no document")
    page.get_by_label("Where the documents say it").fill(SENTENCE)
    page.keyboard.press("Tab")
    expect(page.locator(".fn-found-in")).to_contain_text("lighthouse.md", timeout=LONG)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#fn-editor")).to_be_hidden(timeout=LONG)
    assert "flagged" not in cases.read_text()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#fn-evals-job")).to_contain_text("1 of 1 handled right", timeout=LONG)
    report = page.frame_locator(".fn-frame")
    expect(report.get_by_role("heading", name="Is it grounded?")).to_be_visible(timeout=LONG)
    expect(report.get_by_text("Every metric")).to_be_attached()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save", exact=True).click()
    assert download.value.suggested_filename == "footnote-evaluation.html"


def test_cases_are_drafted_added_and_deleted(browse, cases):
    page = browse(viewport={"width": 1280, "height": 900})
    page.get_by_role("tab", name="Evals").click()
    expect(page.get_by_text("No cases yet")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Draft cases").click()
    listed = page.get_by_role("list", name="Cases").get_by_role("listitem")
    expect(listed.first).to_be_visible(timeout=LONG)
    drafted = len(cases.read_text().splitlines())
    page.get_by_role("button", name="Add a case").click()
    expect(page.get_by_role("textbox", name="Question").last).to_be_focused(timeout=LONG)
    page.keyboard.type("Who sank the <b>ferry</b>?")
    page.get_by_label("They do not say").check()
    expect(page.get_by_label("Where the documents say it")).to_be_hidden(timeout=LONG)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(listed).to_have_count(drafted + 1, timeout=LONG)
    expect(listed.last).to_contain_text("Who sank the <b>ferry</b>?")
    page.get_by_role("button", name="Delete Who sank").click()
    expect(listed).to_have_count(drafted, timeout=LONG)


def test_a_phone_shows_the_tab_without_scrolling_sideways(browse, cases):
    page = browse(viewport={"width": 375, "height": 720}, has_touch=True)
    page.get_by_role("tab", name="Evals").tap()
    page.get_by_role("button", name="Add a case").tap()
    expect(page.get_by_role("textbox", name="Question").last).to_be_focused(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
