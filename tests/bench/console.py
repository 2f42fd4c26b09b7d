"""How quickly the console is there: in Chromium, beside a ``brisa standalone`` that has much to show."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.console_home import DAGS, EDGES, FILE, LISTED, LOGGED, RUNS, STRIP, TASKS, WIDE, run_id, seed
from tests.bench.loaded import served, token

FIGURES = (
    "console_kb",
    "console_home_ms",
    "console_dags_ms",
    "console_grid_ms",
    "console_graph_ms",
    "console_log_ms",
    "console_scroll_ms",
    "console_log_task_ms",
    "console_live_ms",
)
TIMES = 5
"""The middle one of so many counts."""
_PROGRAM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

# What is there once a page shows all that it is asked for.
_HOME = f"""document.querySelector("h1") && !document.querySelector('[aria-busy="true"]')
    && document.querySelector("main").innerText.includes("{DAGS + 1}")"""
_DAGS = f"""document.querySelectorAll("main tbody tr").length === {LISTED}
    && document.querySelectorAll("main tbody [data-run]").length === {LISTED * STRIP}
    && document.querySelector("main").innerText.includes("{DAGS + 1} DAGs")"""
_GRID = f"""document.querySelector('[role="grid"][aria-rowcount="{TASKS + 1}"][aria-colcount="{RUNS + 1}"]')
    && document.querySelector('[role="columnheader"][aria-colindex="{RUNS + 1}"] [data-state]')
    && document.querySelectorAll('[role="gridcell"] a[data-state]').length > 400"""
_GRAPH = f"""document.querySelectorAll(".react-flow__node").length === {TASKS}
    && document.querySelectorAll(".react-flow__viewport path[marker-end]").length === {EDGES}
    && document.querySelectorAll('.react-flow__node [data-state="success"]').length > {TASKS / 2}"""
_LOG = """document.querySelector('section[aria-label^="Log"]')?.innerText.includes("row 20 of a log")"""
_LOG_READ = r"""[...document.querySelectorAll('main [role="status"]')]
    .some((one) => /^\d.* lines$/.test(one.innerText))"""

_PAUSED = """document.querySelector('main tbody input[role="switch"]')?.checked === %s"""

_UNTIL = """async () => {
    while (!(%s)) await new Promise(requestAnimationFrame);
    await new Promise((done) => requestIdleCallback(done));
    return performance.now();
}"""
"""Milliseconds from asking for the page until that is so and the browser has nothing left to do for it."""
_SCRIPTS = """() => performance.getEntriesByType("resource")
    .filter((one) => one.name.endsWith(".js"))
    .reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000"""
_WATCH = """() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
    }).observe({ type: "longtask" });
}"""
_LONGEST = """async () => {
    await new Promise((done) => setTimeout(done, 100));
    return window.longest;
}"""
_SCROLL = """async (selector) => {
    const found = document.querySelector(selector);
    let moved = 0;
    for (const way of [1, -1]) {
        for (let step = 0; step < 60; step++) {
            const before = found.scrollTop + found.scrollLeft;
            found.scrollTop += way * 110;
            found.scrollLeft -= way * 30;
            if (found.scrollTop + found.scrollLeft !== before) moved += 1;
            await new Promise(requestAnimationFrame);
        }
    }
    return moved;
}"""
"""Down and to the left, and back, as a hurried wheel does; in how many of 120 frames something has moved."""


def console() -> dict[str, float]:
    """All figures of the console."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        (home / "dags").mkdir(parents=True)
        (home / "dags" / "many.py").write_text(FILE)
        with served(home):
            pass  # it has registered the DAGs
        seed(home)
        with served(home) as (_, port), _browser() as browser:
            password = (home / "admin-password.txt").read_text().strip()
            return measured(browser, f"http://127.0.0.1:{port}", password, token(home, port))


def measured(browser: Browser, url: str, password: str, bearer: str) -> dict[str, float]:
    """The figures, in a browser beside a server that has what :func:`seed` writes; ``bearer`` is another's token."""
    with _somebody(browser, url) as context:
        page = context.new_page()
        page.goto("/auth/login?next=/dags")
        page.get_by_label("User name").fill("admin")
        page.get_by_role("textbox", name="Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("dag_0000").wait_for()
        session = context.storage_state()
    first = [_first(browser, url, session) for _ in range(TIMES)]
    with _somebody(browser, url, session) as context:
        page = context.new_page()
        page.add_init_script(f"({_WATCH})()")
        found = {
            "console_kb": max(kb for kb, _ in first),
            "console_home_ms": statistics.median(took for _, took in first),
            "console_dags_ms": _middle(page, "/dags", _DAGS),
        }
        scrolls = [_scrolled(page, "html")]
        found["console_live_ms"] = max(_lives(page, url, bearer))
        found["console_grid_ms"] = _middle(page, f"/dags/{WIDE}?limit={RUNS}", _GRID)
        scrolls.append(_scrolled(page, '[role="grid"]'))
        found["console_graph_ms"] = _middle(page, f"/dags/{WIDE}/graph", _GRAPH)
        log = f"/dags/{WIDE}/runs/{run_id(0)}/tasks/{LOGGED}"
        found["console_log_ms"] = _middle(page, log, _LOG)
        page.evaluate(_UNTIL % _LOG_READ)
        found["console_log_task_ms"] = float(page.evaluate(_LONGEST))
        scrolls.append(_scrolled(page, 'section[aria-label^="Log"]'))
        return {**found, "console_scroll_ms": max(scrolls)}


def _first(browser: Browser, url: str, session: object) -> tuple[float, float]:
    """kB of scripts, and milliseconds, of the home page in a browser that has never seen the console."""
    with _somebody(browser, url, session) as context:
        page = context.new_page()
        took = _until(page, "/", _HOME)
        return float(page.evaluate(_SCRIPTS)), took


def _middle(page: Page, path: str, shown: str) -> float:
    return statistics.median(_until(page, path, shown) for _ in range(TIMES))


def _until(page: Page, path: str, shown: str) -> float:
    page.goto("about:blank")
    page.goto(path, wait_until="commit")
    return float(page.evaluate(_UNTIL % shown))


def _scrolled(page: Page, selector: str) -> float:
    """The longest task, in milliseconds, while somebody scrolls; 0 if none takes 50."""
    page.evaluate(_WATCH)
    assert page.evaluate(_SCROLL, selector) > 20, f"{selector} does not scroll"
    return float(page.evaluate(_LONGEST))


def _lives(page: Page, url: str, bearer: str) -> Iterator[float]:
    """Milliseconds until the list of DAGs, left open, shows that somebody else has paused its first one, or not."""
    _until(page, "/dags", _DAGS)
    with httpx2.Client(base_url=url, headers={"authorization": f"Bearer {bearer}"}) as api:
        first = api.get("/api/v2/dags", params={"limit": 1}).json()["dags"][0]
        for number in range(2 * TIMES):
            paused = (number % 2 == 0) != first["is_paused"]
            begun = time.perf_counter()
            api.patch(f"/api/v2/dags/{first['dag_id']}", json={"is_paused": paused}).raise_for_status()
            page.evaluate(_UNTIL % _PAUSED % str(not paused).lower())
            yield 1000 * (time.perf_counter() - begun)


def program() -> str | None:
    """The browser, if there is one."""
    return os.environ.get("BRISA_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program(), args=_PROGRAM)
        yield running
        running.close()


@contextmanager
def _somebody(browser: Browser, url: str, session: object = None) -> Iterator[BrowserContext]:
    """Whose browser has nothing in its cache yet."""
    size = {"width": 1280, "height": 800}
    context = browser.new_context(base_url=url, storage_state=session, locale="en-GB", viewport=size)  # type: ignore[arg-type]
    yield context
    context.close()
