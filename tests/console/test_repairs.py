"""What people do to runs, backfills and assets in the console, and what comes of it."""

import re

from playwright.sync_api import expect

from tests.console.places import SALES
from tests.support.waiting import until


def trigger(site, dag_id, run_id):
    """Begin a run by the API; where its page is."""
    response = site.api.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None, "dag_run_id": run_id})
    assert response.is_success, response.text
    return f"/dags/{dag_id}/runs/{run_id}"


def note(page, button, text):
    """Write a note, and see it in its place."""
    page.get_by_role("button", name=button).click()
    page.get_by_label("Note").fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    expect(page.get_by_text(text, exact=True)).to_be_visible()


def test_a_run_is_noted_and_cancelled(page, site):
    """Its task is stopped; the note is there for whoever looks next, and can be changed."""
    page.goto(trigger(site, "slow", "unwanted"))
    expect(page.locator('[data-state="running"]').first).to_be_visible()
    note(page, "Add a note", "wrong day")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator('[data-state="failed"]').first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    note(page, "Edit the note", "wrong day: cancelled")
    told = site.get("/dags/slow/dagRuns/unwanted")
    assert (told["state"], told["note"]) == ("failed", "wrong day: cancelled")
    (task,) = site.get("/dags/slow/dagRuns/unwanted/taskInstances")["task_instances"]
    assert task["state"] == "failed"


def test_what_failed_runs_again(page, site):
    """Only that, after a preview; what has succeeded keeps its one try."""
    site.api.post("/api/v2/variables", json={"key": "flag", "value": "/nowhere/at/all"})
    place = trigger(site, "mended", "twice")
    until(lambda: site.state("mended", "twice") == "failed", 30, what="the failure")
    page.goto(place)
    site.api.patch("/api/v2/variables/flag", json={"key": "flag", "value": "/etc/hostname"})
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("menuitem", name="Run again what failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 task instances are concerned")
    dialog.get_by_role("button", name="Clear").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name=re.compile("needs_file"))
    expect(row).to_contain_text("2 of 2")
    expect(row).to_contain_text("success")
    until(lambda: site.state("mended", "twice") == "success", 30, what="the success")


def test_a_run_is_marked(page, site):
    """As a success: what runs is stopped, and nobody counts it as a failure."""
    page.goto(trigger(site, "slow", "enough"))
    expect(page.locator('[data-state="running"]').first).to_be_visible()
    page.get_by_role("button", name="Mark as").click()
    page.get_by_role("menuitem", name="Mark as success").click()
    page.get_by_role("dialog").get_by_role("button", name="Mark as success").click()
    expect(page.locator('[data-state="running"]')).to_have_count(0)
    until(lambda: site.state("slow", "enough") == "success", what="the success")


def test_several_runs_are_deleted_together(page, site):
    """Those that were selected in a list, after a question."""
    for number in (1, 2, 3):
        trigger(site, "asked", f"many_{number}")
    until(lambda: all(site.state("asked", f"many_{number}") == "success" for number in (1, 2, 3)), 30, what="the runs")
    page.goto("/dags/asked/runs")
    for number in (1, 3):
        page.get_by_role("checkbox", name=f"Select asked many_{number}").check()
    page.get_by_role("button", name="Delete").first.click()
    dialog = page.get_by_role("dialog", name="Delete 2 runs?")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="many_1")).to_be_hidden()
    expect(page.get_by_role("link", name="many_2")).to_be_visible()
    expect(page.get_by_role("link", name="many_3")).to_be_hidden()
    assert [run["dag_run_id"] for run in site.get("/dags/asked/dagRuns")["dag_runs"]] == ["many_2"]


def test_a_backfill_is_paused_goes_on_and_is_cancelled(page, site):
    """It begins no run while it is paused, and none after it was cancelled."""
    body = {"dag_id": "daily_slow", "from_date": "2024-01-01T00:00:00Z", "to_date": "2024-01-20T00:00:00Z"}
    made = site.api.post("/api/v2/backfills", json={**body, "max_active_runs": 1}).json()
    until(lambda: site.get("/dags/daily_slow/dagRuns")["total_entries"], what="its first run")
    page.goto(f"/backfills/{made['id']}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused").first).to_be_visible()
    assert site.get(f"/backfills/{made['id']}")["is_paused"] is True
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("cancelled").first).to_be_visible()
    told = site.get("/dags/daily_slow/dagRuns")
    assert 0 < told["total_entries"] < 20


def test_an_asset_is_told_of_and_made(page, site):
    """An event by hand starts what waits for it, with its extra; the DAG that makes it can be run from here."""
    before = site.get("/dags/after_sales/dagRuns", limit=1)["total_entries"]
    page.goto(f"/assets/{SALES}")
    page.get_by_role("button", name="New event").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Extra (JSON)").fill('{"rows": 12}')
    form.get_by_role("button", name="Tell").click()
    expect(page.get_by_text("somebody, through the API").first).to_be_visible()
    until(lambda: site.get("/dags/after_sales/dagRuns", limit=1)["total_entries"] > before, 30, what="its run")
    newest = site.get("/assets/events", asset_id=SALES, order_by="-timestamp", limit=1)["asset_events"][0]
    assert newest["extra"]["rows"] == 12
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    page.get_by_role("link", name="See the run").click()
    expect(page).to_have_url(re.compile("/dags/sales/runs/"))
    expect(page.locator('[data-state="success"]').first).to_be_visible()


def test_a_favourite_is_kept(page, site):
    """It is on the home page, and the list can show favourites alone."""
    page.goto("/dags")
    page.get_by_role("button", name="Mark asked as a favourite").click()
    expect(page.get_by_role("button", name="asked is a favourite: no longer")).to_be_visible()
    page.goto("/dags?favourites=true")
    expect(page.get_by_role("link", name="asked", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="slow", exact=True)).to_be_hidden()
    page.goto("/")
    expect(page.get_by_role("link", name="asked", exact=True)).to_be_visible()
    assert site.get("/dags/asked/details")["is_favorite"] is True


def test_the_audit_log_tells_who_did_what(page, site):
    """With filters that a link can carry."""
    trigger(site, "asked", "audited")
    trigger(site, "slow", "not_asked")
    page.goto("/audit?dag_id=asked&event=trigger_dag_run")
    row = page.get_by_role("row", name=re.compile("audited"))
    expect(row).to_contain_text("admin")
    expect(row).to_contain_text("trigger_dag_run")
    row.get_by_role("button", name="Show").click()
    expect(page.get_by_text('"dag_run_id": "audited"')).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("not_asked"))).to_have_count(0)
    site.api.patch("/api/v2/dags/slow/dagRuns/not_asked", json={"state": "failed"})


def test_the_cost_of_a_dag_is_told(page, site):
    """In a line of the list; what it is for is one click away."""
    trigger(site, "asked", "paid")
    until(lambda: site.state("asked", "paid") == "success", 30, what="the run")
    page.goto("/cost?search=asked")
    row = page.get_by_role("row", name=re.compile("asked"))
    expect(row).to_contain_text("$")
    row.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Cloud Run: processors")).to_be_visible()
