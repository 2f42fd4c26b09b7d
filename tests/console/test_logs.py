"""Reading a log: its levels, colours, finding, links to lines, and the whole of it as a file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.waiting import until

PLACE = "/dags/hostile/runs/read/tasks/told?map_index=1"


@pytest.fixture
def log(page, site):
    """Of a task that has said something at each level; the page that shows it."""
    site.api.post("/api/v2/dags/hostile/dagRuns", json={"logical_date": None, "dag_run_id": "read"})
    until(lambda: site.state("hostile", "read") == "success", 30, what="the run")
    page.goto(PLACE)
    region = page.get_by_role("region", name="Log of try 1")
    expect(region).to_contain_text("oh: plain")
    return region


def test_levels_are_chosen(page, log):
    """What is below is hidden; the choice is in the address."""
    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="Warnings and above").click()
    expect(log).not_to_contain_text("the red row")
    expect(log).to_contain_text("hm: plain")
    page.reload()
    expect(log).to_contain_text("oh: plain")
    expect(log).not_to_contain_text("the red row")
    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="Errors and above").click()
    expect(log).not_to_contain_text("hm: plain")
    expect(log).to_contain_text("oh: plain")


def test_colours_are_shown(page, log):
    """Those that a terminal would show; the codes themselves are not."""
    red = log.get_by_text("red", exact=True)
    expect(red).to_have_css("font-weight", "700")
    plain, coloured = (one.evaluate("one => getComputedStyle(one).color") for one in (log, red))
    assert plain != coloured
    assert "[1;31m" not in log.inner_text()


def test_a_word_is_found_and_a_line_linked(page, log):
    """From one place to the next, and round."""
    page.get_by_role("textbox", name="Find in the log").fill(": plain")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    page.get_by_role("button", name="Next one found").click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    page.get_by_role("button", name="Next one found").click()
    expect(page.get_by_text("1 of 2")).to_be_visible()
    page.get_by_role("button", name="Previous one found").click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    page.get_by_role("textbox", name="Find in the log").fill("nowhere in it")
    expect(page.get_by_text("not found")).to_be_visible()
    log.get_by_role("link", name="Link to line 2").click()
    expect(page).to_have_url(re.compile("line=2"))


def test_the_whole_log_is_a_file(page, log):
    """As it was written, colours' codes too, named after the try."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the whole log").click()
    text = Path(downloading.value.path()).read_text("utf-8")
    assert "the \x1b[1;31mred\x1b[0m row plain" in text
    assert "oh: plain" in text
    assert downloading.value.suggested_filename.endswith(".log")
