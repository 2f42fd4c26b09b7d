"""Every page: for people with a screen reader, on a telephone, in the dark; and a picture of each is kept."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.places import PAGES, PICTURES

AXE = Path(__file__).parents[2] / "functions/api/console/node_modules/axe-core/axe.min.js"
ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What can be another in the dark: the elements are the same ones."""
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
VIOLATIONS = """async (rules) => {
    const ends = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(ends.map((one) => one.finished));
    const found = await axe.run(document, { runOnly: rules });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`));
}"""
OUTSIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def opened(page, path):
    """The page at ``path``, once all that it shows is there."""
    page.goto(path)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(page, name):
    """axe finds nothing in it, wide and narrow, light and dark; nothing of it is beyond the edge of a telephone, in
    Spanish, whose words are longer."""
    for size, language, suffix in ((WIDE, "en", ""), (NARROW, "es", "-narrow")):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(size)
        page.add_init_script(f"localStorage.setItem('brisa.language', '{language}')")
        opened(page, PAGES[name])
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.evaluate(AXE.read_text())
        for scheme, rules in (("light", ALL), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            assert page.evaluate(VIOLATIONS, rules) == [], f"{scheme}{suffix}"
            assert page.evaluate(OUTSIDE) <= 0
            keep(page, f"{name}-{scheme}{suffix}")


def keep(page, name):
    """A picture of what is seen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def test_pages_ask_nobody_else(page, site):
    """Each request goes to where the page came from."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/dags", PAGES["dag-graph"], PAGES["task-log"]):
        opened(page, path)
    elsewhere = [url for url in asked if not url.startswith((site.url, "data:", f"blob:{site.url}"))]
    assert asked
    assert elsewhere == []


def test_no_page_is_forgotten(page, site):
    """The menu leads nowhere that is not tried here."""
    opened(page, "/")
    menu = page.get_by_role("navigation", name="Main menu").get_by_role("link")
    found = {link.get_attribute("href") for link in menu.all()}
    assert len(found) > 8
    assert found <= set(PAGES.values())
