"""What people do in the console from one day to the next, from beginning to end."""

import json
import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.console.places import SALES
from tests.support.waiting import until


def test_a_dag_is_found_triggered_watched_and_its_log_read(page, site):
    """With params in a form; the run's end is seen without a reload."""
    page.goto("/dags")
    page.get_by_placeholder("Name").fill("ask")
    page.get_by_role("link", name="asked", exact=True).click()
    page.get_by_role("link", name="Trigger").first.click()
    expect(page).to_have_url(re.compile("/dags/asked/trigger"))
    page.get_by_label("rows").fill("42")
    page.get_by_label("Run id").fill("by_hand")
    page.get_by_role("button", name="Trigger").click()
    expect(page).to_have_url(re.compile("/dags/asked/runs/by_hand"))
    expect(page.locator('[data-state="success"]').first).to_be_visible()
    until(lambda: site.state("asked", "by_hand") == "success", 30, what="the end of the run")
    assert site.get("/dags/asked/dagRuns/by_hand")["conf"]["rows"] == 42
    page.get_by_role("link", name="load", exact=True).click()
    expect(page.get_by_role("region", name="Log of try 1")).to_contain_text("loaded 42 of centre")


def test_a_failed_task_is_mended_cleared_and_succeeds(page, site):
    """The Variable that it needs is edited in the console, too."""
    site.api.post("/api/v2/variables", json={"key": "flag", "value": "/nowhere/at/all"})
    site.api.post("/api/v2/dags/mended/dagRuns", json={"logical_date": None, "dag_run_id": "once"})
    until(lambda: site.state("mended", "once") == "failed", 30, what="the failure")

    page.goto("/admin/variables")
    page.get_by_role("button", name="Edit flag").click()
    page.get_by_label("Value").fill(str(site.home.path))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile("flag"))).to_contain_text(str(site.home.path))

    page.goto("/dags/mended/runs/once/tasks/needs_file")
    expect(page.locator('[data-state="failed"]').first).to_be_visible()
    expect(page.get_by_role("region", name="Log of try 1")).to_contain_text("looking")
    (site.home.path / "flag").touch()
    page.get_by_role("button", name="Clear …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("needs_file")
    dialog.get_by_role("button", name="Clear").click()
    task = "/dags/mended/dagRuns/once/taskInstances/needs_file"
    until(lambda: site.get(task)["try_number"] == 2, 30, what="the second try")
    until(lambda: site.state("mended", "once") == "failed", 30, what="the failure")  # `-f` wants a file, not a folder

    site.api.patch("/api/v2/variables/flag", json={"key": "flag", "value": str(site.home.path / "flag")})
    page.get_by_role("button", name="Clear …").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear").click()
    expect(page.locator('[data-state="success"]').first).to_be_visible()
    until(lambda: site.state("mended", "once") == "success", 30, what="the success")


def test_a_dag_is_paused(page, site):
    """And unpaused; another page sees it within two seconds, without a reload."""
    other = page.context.new_page()
    other.goto("/dags")
    page.goto("/dags")
    page.get_by_role("switch", name="Pause slow").click(force=True)
    expect(page.get_by_role("switch", name="Unpause slow")).to_be_attached()
    expect(other.get_by_role("switch", name="Unpause slow")).to_be_attached(timeout=4000)
    assert site.get("/dags/slow")["is_paused"] is True
    page.get_by_role("switch", name="Unpause slow").click(force=True)
    expect(page.get_by_role("switch", name="Pause slow")).to_be_attached()


def test_a_log_is_followed_while_its_task_runs(page, site):
    """New lines appear; the task is marked as a success, and stops."""
    site.api.post("/api/v2/dags/slow/dagRuns", json={"logical_date": None, "dag_run_id": "followed"})
    page.goto("/dags/slow/runs/followed/tasks/wait")
    log = page.get_by_role("region", name="Log of try 1")
    expect(log).to_contain_text("step 5")
    expect(log).to_contain_text("step 30")
    page.get_by_role("button", name="Mark as").click()
    page.get_by_role("menuitem", name="success").click()
    page.get_by_role("dialog").get_by_role("button", name="Mark as success").click()
    expect(page.locator('[data-state="success"]').first).to_be_visible()
    until(lambda: site.state("slow", "followed") == "success", 30, what="the end")


def test_a_backfill_is_made(page, site):
    """Its preview tells the runs; its progress is seen to the end."""
    page.goto("/backfills")
    page.get_by_role("button", name="New backfill").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("DAG").fill("sales")
    page.get_by_role("option", name="sales", exact=True).click()
    dialog.get_by_label("First date").fill("2024-01-02")
    dialog.get_by_label("Last date").fill("2024-01-03")
    dialog.get_by_label("run again, also if it has succeeded").check()
    expect(dialog).to_contain_text("2 runs")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("completed").first).to_be_visible(timeout=60_000)
    (made,) = site.get("/backfills", dag_id="sales")["backfills"]
    assert made["completed_at"] is not None


XSS = "<img src=x onerror=\"document.title='broken into'\">"


def fill_with_hostile_texts(site):
    """Whatever somebody may write by the API."""
    site.api.patch(f"/api/v2/dags/sales/dagRuns/{LAST}", json={"note": XSS})
    site.api.patch(f"/api/v2/dags/sales/dagRuns/{LAST}/taskInstances/load", json={"note": XSS})
    told = [
        ("/api/v2/variables", {"key": "hostile", "value": XSS, "description": XSS}),
        ("/api/v2/pools", {"name": XSS, "slots": 1, "description": XSS, "include_deferred": False}),
        (
            "/api/v2/connections",
            {"connection_id": "hostile", "conn_type": XSS, "host": XSS, "login": XSS, "description": XSS},
        ),
        ("/auth/fab/v1/users", {**MALLORY, "first_name": XSS, "last_name": XSS}),
        ("/api/v2/assets/events", {"asset_id": SALES, "extra": {XSS: XSS}}),
        (
            "/api/v2/dags/hostile/dagRuns",
            {"logical_date": None, "dag_run_id": "hostile", "conf": {XSS: XSS}, "note": XSS},
        ),
    ]
    for path, body in told:
        response = site.api.post(path, json=body)
        assert response.is_success, response.text
    until(lambda: site.state("hostile", "hostile") == "success", 30, what="the end of the hostile run")


MALLORY = {"username": "mallory", "email": "m@example.com", "password": "mallory's own", "roles": [{"name": "Viewer"}]}
LAST = "scheduled__2024-01-04T00:00:00+00:00"


def test_hostile_texts_are_shown_as_they_are(page, site):
    """Of a DAG's author, of a task, of whoever writes a note, a Variable, or their name: no element comes of them."""
    fill_with_hostile_texts(site)
    last, hostile = f"/dags/sales/runs/{quote(LAST)}", "/dags/hostile/runs/hostile"
    after = site.get("/dags/after_sales/dagRuns", limit=1)["dag_runs"][0]["dag_run_id"]
    for path in (
        "/dags",
        "/dags/sales/details",
        "/dags/sales/graph",
        "/dags/hostile",
        "/dags/hostile/graph?run=hostile",
        "/dags/hostile/gantt?run=hostile",
        "/dags/hostile/details",
        "/dags/hostile/code",
        "/runs?dag_id=hostile",
        last,
        f"{last}/tasks/load",
        f"{last}/tasks/clean/xcoms?map_index=1",
        hostile,
        f"{hostile}/details",
        f"{hostile}/timeline",
        f"{hostile}/tasks/told",
        f"{hostile}/tasks/told?map_index=0",
        f"{hostile}/tasks/told/rendered?map_index=0",
        f"{hostile}/tasks/told/xcoms?map_index=0",
        f"/dags/after_sales/runs/{quote(after)}/tasks/report",
        "/dags/asked/trigger",
        f"/assets/{SALES}",
        "/admin/variables",
        "/admin/variables?edit=hostile",
        "/admin/pools",
        f"/admin/pools?edit={quote(XSS)}",
        "/admin/connections",
        "/admin/connections?edit=hostile",
        "/admin/users",
    ):
        page.goto(path)
        shown = page.get_by_text("onerror").or_(page.locator("input[value*=onerror]"))
        expect(shown.first, path).to_be_visible()
        assert page.locator("img[src=x]").count() == 0, path
        assert page.locator('a[href^="javascript:"]').count() == 0, path
    page.goto("/audit?event=post_variable")
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_text("onerror").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_a_dag_that_is_deleted_while_it_is_looked_at(page, site):
    """The page says so."""
    site.home.write("passing.py", "from airflow.sdk import DAG\nwith DAG('passing', schedule=None):\n    pass\n")
    until(lambda: site.api.get("/api/v2/dags/passing").status_code == 200, 30, what="the DAG")
    page.goto("/dags/passing")
    expect(page.get_by_role("heading", level=1)).to_contain_text("passing")
    (site.home.dags / "passing.py").unlink()
    until(lambda: site.get("/dags/passing")["is_stale"], 30, what="that its file is gone")
    assert site.api.delete("/api/v2/dags/passing").status_code == 204
    expect(page.get_by_role("heading", name="The DAG passing has been deleted")).to_be_visible()


def test_a_lost_connection_is_shown_and_mended(page, site):
    """What was seen stays, and is read again once the server answers."""
    page.route("**/api/v2/changes*", lambda route: route.abort())
    page.goto("/dags")
    expect(page.get_by_text("Connection lost; trying again")).to_be_visible()
    expect(page.get_by_role("link", name="sales", exact=True)).to_be_visible()
    site.api.patch("/api/v2/dags/after_sales", json={"is_paused": True})
    expect(page.get_by_role("switch", name="Pause after_sales")).to_be_attached()
    page.unroute("**/api/v2/changes*")
    expect(page.get_by_text("Connection lost; trying again")).to_be_hidden()
    expect(page.get_by_role("switch", name="Unpause after_sales")).to_be_attached()
    site.api.patch("/api/v2/dags/after_sales", json={"is_paused": False})


def test_an_error_of_the_api_is_told_and_tried_again(page):
    """In the server's words, with a button."""
    page.route("**/api/v2/changes*", lambda route: route.abort())  # nothing else is a reason to ask again
    broken = {"detail": "brisa has failed here; its log says how"}
    page.route("**/api/v2/pools*", lambda route: route.fulfill(status=400, body=json.dumps(broken)))
    page.goto("/admin/pools")
    expect(page.get_by_role("alert")).to_contain_text("its log says how")
    page.unroute("**/api/v2/pools*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("default_pool").first).to_be_visible()


def test_clocks_that_disagree(browser, site, logged_in):
    """How long a run has been going on is told by the server's clock, though the browser's is an hour ahead."""
    context = browser.new_context(base_url=site.url, storage_state=logged_in, locale="en-GB")
    page = context.new_page()
    page.add_init_script("const real = Date.now; Date.now = () => real() + 3_600_000;")
    site.api.post("/api/v2/dags/slow/dagRuns", json={"logical_date": None, "dag_run_id": "ahead"})
    page.goto("/dags/slow/runs/ahead")
    expect(page.locator('[data-state="running"]').first).to_be_visible()
    assert not re.search(r"\b\d+ h\b", page.locator("main").inner_text())
    site.api.patch("/api/v2/dags/slow/dagRuns/ahead", json={"state": "failed"})
    context.close()
