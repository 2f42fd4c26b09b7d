"""What people type in the console is not lost, and what others change is seen."""

import json
import re

import pytest
from playwright.sync_api import expect


def test_what_is_typed_is_not_lost(page, site):
    """Leaving is asked about, and what the server refuses stays to be mended."""
    site.api.post("/api/v2/variables", json={"key": "taken", "value": "1"})
    page.goto("/admin/variables")
    page.get_by_role("button", name="New Variable").click()
    form = page.get_by_role("dialog", name="New Variable")
    form.get_by_label("Key").fill("taken")
    form.get_by_label("Value").fill('{"rows": [1, 2]}')
    for leave in (lambda: page.keyboard.press("Escape"), page.go_back):
        leave()
        question = page.get_by_role("dialog", name="Leave without saving?")
        question.get_by_role("button", name="Cancel").click()
        expect(question).to_be_hidden()
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("already exists")
    expect(form.get_by_label("Value")).to_have_value('{"rows": [1, 2]}')
    form.get_by_label("Key").fill("free")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    assert json.loads(site.get("/variables/free")["value"]) == {"rows": [1, 2]}
    site.api.delete("/api/v2/variables/taken")


@pytest.mark.parametrize("milliseconds", [0, 20, 40, 160])
def test_what_is_typed_does_not_call_off_a_click(page, milliseconds):
    """On a slow machine the click comes first, and then what was typed before it is to be put into the address."""
    page.goto("/dags")
    link = page.get_by_role("link", name="asked", exact=True)
    expect(link).to_be_visible()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.get_by_placeholder("Name").fill("ask")
    link.evaluate("(link, wait) => new Promise((go) => setTimeout(go, wait)).then(() => link.click())", milliseconds)
    expect(page.get_by_role("heading", level=1)).to_contain_text("asked")
    expect(page).to_have_url(re.compile("/dags/asked$"))


def test_a_session_that_ends_in_a_form_is_begun_again_over_it(page, context, site):
    """What was typed is still there, and is saved by the next click."""
    page.goto("/admin/variables")
    page.get_by_role("button", name="New Variable").click()
    form = page.get_by_role("dialog", name="New Variable")
    form.get_by_label("Key").fill("typed")
    form.get_by_label("Value").fill("a long text")
    context.clear_cookies()
    form.get_by_role("button", name="Save").click()
    again = page.get_by_role("dialog", name="Log in")
    again.get_by_role("textbox", name="Password").fill(site.password)
    again.get_by_role("button", name="Log in").click()
    expect(again).to_be_hidden()
    expect(form.get_by_label("Value")).to_have_value("a long text")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    assert site.get("/variables/typed")["value"] == "a long text"
    site.api.delete("/api/v2/variables/typed")


def test_a_connection_is_tried_before_it_is_saved(page, site):
    """With what is in the form: it works, or the driver's words say why not; nothing is kept of it."""
    page.goto("/admin/connections?create=true")
    form = page.get_by_role("dialog", name="New connection")
    form.get_by_role("textbox", name="Id").fill("tried")
    form.get_by_role("combobox", name="Type").fill("sqlite")
    page.get_by_role("option", name="sqlite").click()
    form.get_by_label("File").fill("/nowhere/at/all.db")
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_role("alert")).to_contain_text("It does not work")
    expect(form.get_by_role("alert")).to_contain_text("unable to open database file")
    form.get_by_label("File").fill(str(site.home.path / "tried.db"))
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_role("alert")).to_contain_text("It works")
    assert site.get("/connections")["total_entries"] == 0


def test_what_others_change_is_seen(page, site):
    """Within two seconds, without a reload: a Variable, which no run has to do with, and a file that does not load."""
    page.goto("/admin/variables")
    expect(page.get_by_role("heading", name="Variables")).to_be_visible()
    site.api.post("/api/v2/variables", json={"key": "from_elsewhere", "value": "1"})
    expect(page.get_by_role("cell", name="from_elsewhere", exact=True)).to_be_visible(timeout=4000)
    site.api.delete("/api/v2/variables/from_elsewhere")
    expect(page.get_by_role("cell", name="from_elsewhere", exact=True)).to_be_hidden(timeout=4000)
    page.goto("/import-errors")
    site.home.write("torn.py", "from airflow.sdk import DAG\nDAG('torn', schedule='never')\n")
    expect(page.get_by_role("heading", name="torn.py, line 2")).to_be_visible()
    expect(page.get_by_text("DAG('torn', schedule='never')").first).to_be_visible()
    (site.home.dags / "torn.py").unlink()
    expect(page.get_by_role("heading", name="torn.py")).to_be_hidden()


def test_a_secret_of_a_connection_is_written_and_never_read(page, site):
    """Left empty, it stays; so it is after anything else was changed."""
    body = {"connection_id": "store", "conn_type": "postgres", "host": "db", "password": "s3cret-word"}
    site.api.post("/api/v2/connections", json={**body, "extra": '{"sslmode": "require", "token": "s3cret-token"}'})
    page.goto("/admin/connections")
    page.get_by_role("button", name="Edit store").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_role("textbox", name="Password")).to_have_value("")
    expect(form.get_by_label("SSL mode")).to_have_value("require")
    form.get_by_label("Host").fill("db.example")
    form.get_by_label("SSL mode").fill("disable")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    assert "s3cret" not in page.content()
    told = site.home.call("connections", "export", "-").stdout
    kept = json.loads(told)["store"]
    assert (kept["host"], kept["password"]) == ("db.example", "s3cret-word")
    assert json.loads(kept["extra"]) == {"sslmode": "disable", "token": "s3cret-token"}
    site.api.delete("/api/v2/connections/store")
