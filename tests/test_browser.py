"""The page in a real headless Chromium: ask, open a source, read the highlighted words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browsing import ask
from lindow import BUILT, UNKNOWN
from playwright.sync_api import expect

pytest_plugins = ["serving", "browsing"]
pytestmark = pytest.mark.browser

FERRY = "How much is a single ferry ticket?"


def quotes_of(page, turn):
    """The answer as the page itself saves it."""
    with page.expect_download() as download:
        turn.get_by_role("link", name="Save as JSON").click()
    return json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["citations"]


def test_a_click_on_a_citation_shows_the_cited_words(browse, address):
    page = browse(viewport={"width": 1280, "height": 800})
    turn = ask(page, BUILT)
    turn.get_by_role("link", name="Source 1").click()
    card = page.locator("#cite-0-1")
    expect(card).to_have_attribute("open", "")
    expect(card.locator("mark")).to_be_in_viewport()
    (first, *_) = quotes_of(page, turn)
    assert "1871" in first["quote"]
    assert card.locator("mark").text_content() == first["quote"]
    expect(card.locator(".fn-title")).to_have_text("The lighthouse at Lindow")
    expect(card.locator(".fn-meta")).to_contain_text("2021-05-04")


def test_the_keyboard_alone_is_enough(browse):
    page = browse()
    page.keyboard.press("Tab")
    turn = ask(page, BUILT)
    turn.get_by_role("link", name="Source 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cite-0-1 summary")).to_be_focused()
    expect(page.locator("#cite-0-1 mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(turn.get_by_role("link", name="Source 1")).to_be_focused()


def test_citations_of_an_older_answer_still_open(browse):
    page = browse()
    older = ask(page, BUILT)
    ask(page, UNKNOWN)
    expect(page.locator("#cite-0-1")).to_have_count(0)
    older.get_by_role("link", name="Source 1").click()
    expect(page.locator("#cite-0-1")).to_have_attribute("open", "")
    expect(page.locator("#cite-0-1 mark")).to_contain_text("1871")


def test_a_refusal_shows_the_nearest_passages(browse):
    page = browse()
    turn = ask(page, UNKNOWN)
    expect(turn.locator(".fn-not_found .fn-headline")).to_have_text("Not in the documents")
    nearest = turn.locator("a.fn-near").first
    nearest.click()
    expect(page.locator("#near-0-1 blockquote")).to_be_in_viewport()
    expect(page.locator("#fn-panel mark")).to_have_count(0)


def test_an_answer_can_be_copied_with_its_sources(browse):
    page = browse()
    turn = ask(page, BUILT)
    turn.get_by_role("link", name="Copy with sources").click()
    expect(turn.get_by_role("link", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "1871" in copied
    assert "[1] The lighthouse at Lindow, 2021-05-04, lighthouse.md\n> " in copied


def test_an_example_asks_itself(browse, service):
    examples = service.assistant.examples()
    if not examples:
        pytest.skip("these documents give no examples")
    page = browse()
    page.get_by_role("button", name=examples[0]).click()
    expect(page.locator(".fn-turn .fn-actions")).to_be_visible(timeout=60_000)
    expect(page.locator(".fn-question")).to_have_text(examples[0])


def test_a_new_chat_is_empty(browse):
    page = browse()
    ask(page, BUILT)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".fn-turn")).to_have_count(0)
    expect(page.locator(".fn-card")).to_have_count(0)


def test_markup_in_a_document_is_shown_and_never_run(browse):
    page = browse()
    turn = ask(page, FERRY)
    expect(turn).to_contain_text("<b>12 crowns</b>")
    turn.get_by_role("link", name="Source 1").click()
    expect(page.locator("#cite-0-1 blockquote")).to_contain_text('onerror="window.ran = 1"')
    expect(page.locator("#cite-0-1 blockquote")).to_contain_text(
        "${window.ran = 1} {{constructor}}"
    )
    ask(page, "<img src=x onerror='window.ran = 1'> <b>Is the lighthouse</b> tall?")
    assert page.evaluate("window.ran") is None
    assert page.locator(".fn-turn img, .fn-turn b, #fn-panel img, #fn-panel script").count() == 0


def test_a_document_can_be_added_asked_about_and_deleted(browse, tmp_path, settings):
    page = browse(viewport={"width": 1280, "height": 900})
    (tmp_path / "pier.md").write_text("# The pier\n\nThe pier of Lindow is 210 metres long.\n")
    page.get_by_role("tab", name="Documents").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "pier.md")
    expect(page.locator(".fn-upload-status")).to_have_text("Added: pier.md", timeout=60_000)
    expect(page.locator(".fn-report")).to_contain_text("1 added")
    expect(page.get_by_role("list", name="Documents")).to_contain_text("pier.md")
    page.get_by_role("tab", name="Ask").click()
    expect(ask(page, "How long is the pier of Lindow?")).to_contain_text("210 metres")
    page.get_by_role("tab", name="Documents").click()
    page.get_by_role("button", name="Delete The pier").click()
    expect(page.get_by_role("list", name="Documents")).not_to_contain_text("pier.md")
    assert not (settings.documents / "pier.md").exists()


def test_a_file_that_cannot_be_read_is_explained(browse, tmp_path, settings):
    page = browse()
    (tmp_path / "broken.pdf").write_bytes(b"not a PDF")
    page.get_by_role("tab", name="Documents").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "broken.pdf")
    expect(page.locator(".fn-skipped")).to_contain_text("broken.pdf: ", timeout=60_000)
    page.get_by_role("button", name="Delete broken.pdf").click()
    expect(page.locator(".fn-skipped")).to_have_count(0)
    assert not (settings.documents / "broken.pdf").exists()


def test_a_phone_shows_everything_without_scrolling_sideways(browse):
    page = browse(viewport={"width": 375, "height": 720}, has_touch=True)
    expect(page.get_by_role("textbox", name="Question")).to_be_in_viewport()
    turn = ask(page, BUILT)
    expect(page.get_by_role("textbox", name="Question")).to_be_in_viewport()
    turn.get_by_role("link", name="Source 1").tap()
    expect(page.locator("#cite-0-1 mark")).to_be_in_viewport()
    page.locator("#cite-0-1").get_by_role("link", name="Back to the answer").tap()
    expect(turn.get_by_role("link", name="Source 1")).to_be_in_viewport()
    page.get_by_role("tab", name="Documents").tap()
    expect(page.get_by_role("list", name="Documents")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize(("scheme", "darker"), [("light", "text"), ("dark", "page")])
def test_the_page_follows_the_systems_light_or_dark(browse, scheme, darker):
    page = browse(color_scheme=scheme)
    turn = ask(page, BUILT)
    turn.get_by_role("link", name="Source 1").click()
    ink, paper = page.evaluate(
        """() => [getComputedStyle(document.querySelector("#cite-0-1 mark")).color,
                  getComputedStyle(document.querySelector("#cite-0-1")).backgroundColor]
                 .map((rgb) => rgb.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + +b, 0))"""
    )
    assert (ink < paper) == (darker == "text")
