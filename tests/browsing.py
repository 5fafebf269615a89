"""The page in a real headless Chromium. Use with ``pytest_plugins = ["serving", "browsing"]``."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOADED = 120_000  # milliseconds until the model must have been loaded


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"there is no {CHROMIUM}: install chromium on the CI machine")
        pytest.skip(f"there is no {CHROMIUM}: install chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, address):
    """Open the page in a fresh profile; fails on any request to another host or page error."""
    contexts, trouble = [], []

    def check(request):
        url = urlsplit(request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and url.hostname != "127.0.0.1":
            trouble.append(f"asked {request.url}")

    def open_page(**options):
        context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", check)
        page.on("pageerror", lambda error: trouble.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(address)
        expect(page.locator(".fn-status")).to_have_class("fn-status fn-ready", timeout=LOADED)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble


def ask(page, question):
    """Ask and wait for the whole answer; return its turn."""
    turn = page.locator(".fn-turn").nth(page.locator(".fn-turn").count())
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")
    expect(turn.locator(".fn-actions")).to_be_visible(timeout=60_000)
    return turn
