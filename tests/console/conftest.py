"""A browser, and a ``brisa standalone`` that it looks at."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.console.site import ConsoleSite, served

DAGS = Path(__file__).parent / "dags"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Nothing that calls elsewhere; the tests may run as root."""
SECONDS = 20_000
"""Milliseconds that anything may take to appear: machines of tests are slow at times."""
expect.set_options(timeout=SECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    """With the DAGs of this folder, and their runs of four days."""
    home = tmp_path_factory.mktemp("console") / "home"
    shutil.copytree(DAGS, home / "dags")
    with served(home) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. For one file: while it runs there is an event loop, in which other tests could not
    begin theirs."""
    program = os.environ.get("BRISA_TEST_BROWSER") or shutil.which("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="module")
def logged_in(browser: Browser, site: ConsoleSite) -> Any:
    """What a browser keeps of a session: it is the admin's."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("User name").fill("admin")
    page.get_by_role("textbox", name="Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, site: ConsoleSite, logged_in: Any) -> Iterator[BrowserContext]:
    """Somebody's browser: the admin is logged in."""
    made = browser.new_context(
        base_url=site.url, storage_state=logged_in, locale="en-GB", timezone_id="Europe/Madrid", reduced_motion="reduce"
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not complain: no error in its console, and no request to another host."""
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text) if message.type in LOUD else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    assert [one for one in complaints if not _is_expected(one)] == []
    assert made.title() != "broken into"


LOUD = ("error", "warning")


def _is_expected(text: str) -> bool:
    """Browsers tell of each answer that is no success, or that a test keeps back; pages say in words what it means."""
    return text.startswith("Failed to load resource: the server responded with a status of 4") or "ERR_FAILED" in text
