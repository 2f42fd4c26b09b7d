"""Logging in and out, preferences, and the keyboard."""

import re

import pytest
from playwright.sync_api import expect


def log_in(page, password):
    """As the admin."""
    page.get_by_label("User name").fill("admin")
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_somebody_logs_in_and_comes_to_where_they_wanted(browser, site):
    """A wrong password is told, a right one leads on; logging out ends it."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/dags?state=success")
    expect(page).to_have_url(re.compile(r"/auth/login\?next="))
    log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Invalid credentials")
    log_in(page, site.password)
    expect(page).to_have_url(re.compile(r"/dags\?state=success$"))
    page.get_by_role("button", name="Account of admin").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page).to_have_url(re.compile("/auth/login"))
    page.goto("/dags")
    expect(page).to_have_url(re.compile("/auth/login"))
    context.close()


@pytest.mark.parametrize("elsewhere", ["//example.com", "https://example.com", "/\\example.com", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_logging_in(browser, site, elsewhere):
    """Whatever a link says."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto(f"/auth/login?next={elsewhere}")
    log_in(page, site.password)
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    assert page.url.startswith(site.url)
    context.close()


def test_a_session_that_ends_in_the_middle_is_begun_again_over_the_page(page, context, site):
    """Nothing that was typed is lost."""
    page.goto("/dags")
    page.get_by_placeholder("Name").fill("sal")
    expect(page.get_by_role("link", name="sales", exact=True)).to_be_visible()
    context.clear_cookies()
    page.get_by_placeholder("Name").fill("sale")
    again = page.get_by_role("dialog", name="Log in")
    expect(again).to_contain_text("Your session has ended")
    again.get_by_role("textbox", name="Password").fill(site.password)
    again.get_by_role("button", name="Log in").click()
    expect(again).to_be_hidden()
    expect(page.get_by_placeholder("Name")).to_have_value("sale")
    expect(page).to_have_url(re.compile("search=sale$"))
    expect(page.get_by_role("link", name="sales", exact=True)).to_be_visible()


def test_the_language_is_switched_and_kept(page):
    """English and Spanish, the page's own language attribute too."""
    page.goto("/dags")
    page.get_by_role("button", name="Language, Time zone").click()
    page.get_by_role("menuitem", name="Español").click()
    expect(page.get_by_role("columnheader", name="Planificación")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="Planificación")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "es"


def test_the_theme_is_switched_and_kept(page):
    """By button or by keyboard."""
    page.goto("/dags")
    scheme = page.locator("html")
    expect(scheme).to_have_attribute("data-mantine-color-scheme", "light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(scheme).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(scheme).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    page.keyboard.press("Control+j")
    expect(scheme).to_have_attribute("data-mantine-color-scheme", "light")


def test_the_keyboard_goes_everywhere(page):
    """A palette that finds DAGs and pages, letters that go to places, and a help that tells them."""
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("textbox", name="Go to a DAG or a page").fill("after")
    expect(page.get_by_role("option", name="after_sales")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/dags/after_sales"))
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile("/dags$"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_times_are_shown_in_the_zone_that_was_chosen(page):
    """The browser is in Madrid."""
    page.goto("/dags?search=sales")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="sales", exact=True))
    expect(row.locator("time").first).to_have_text("2024-01-04 01:00")
    page.get_by_role("button", name="Language, Time zone").click()
    page.get_by_role("menuitem", name="UTC").click()
    expect(row.locator("time").first).to_have_text("2024-01-04 00:00")
