"""Runs through brisa's functions on the local cloud, whatever is delivered twice, killed or silent for a while."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.cloud import storage

from brisa.adapters import secretmanager
from brisa.adapters.gcs import GcsBlobs, connect
from brisa.adapters.local import SystemClock
from brisa.emulators import project
from brisa.emulators.record import load
from brisa.model.run import AttemptKey
from brisa.services.answers import connection_secret
from brisa.services.xcoms import log_name
from tests.cloud.conftest import DAGS, Cloud, Started
from tests.support.waiting import until

pytestmark = [pytest.mark.firestore, pytest.mark.slow, pytest.mark.timeout(180)]


ROOT = Path(__file__).resolve().parents[2]


def process(cloud: Cloud, name: str) -> psutil.Process:
    """One of the local cloud's processes."""
    return psutil.Process(load(cloud.local.layout.record).processes[name].pid)


@pytest.fixture(scope="module", autouse=True)
def killed(cloud: Cloud) -> Started:
    """A run whose worker was killed in the middle of its task: before all else, for it takes a minute to be noticed."""
    run = cloud.begin("slow")
    until(lambda: run.done() == {"slow:1": 1}, 30, what="the task to begin")
    master = process(cloud, "worker")
    for victim in [*master.children(recursive=True), master]:
        victim.kill()
    run.effects.with_name("go").touch()
    return run


@pytest.fixture(scope="module", autouse=True)
def killed_job(cloud: Cloud) -> Started:
    """A run whose job was killed in the middle of its task: the sweep looks for it two minutes after its message."""
    run = cloud.begin("long")
    until(lambda: run.done() == {"heavy:1": 1}, 40, what="the job to begin")
    jobs = process(cloud, "jobs").children()
    assert jobs
    for job in jobs:
        for victim in [*job.children(recursive=True), job]:
            victim.kill()
    run.effects.with_name("go").touch()
    return run


def executions(cloud: Cloud) -> list[dict[str, Any]]:
    """All of the large job, the latest first."""
    job = cloud.local.site.url("jobs") + "/v2/projects/brisa-local/locations/local/jobs/brisa-large/executions"
    status, answer = cloud.post(job, method="GET")
    assert status == 200
    found: list[dict[str, Any]] = json.loads(answer)["executions"]
    return found


def bucket(name: str) -> storage.Bucket:
    """A new bucket."""
    with connect() as client:
        made: storage.Bucket = client.create_bucket(name)
        return made


def test_a_run_over_http_with_everything_delivered_twice(cloud: Cloud) -> None:
    """Triggered over HTTP, every message delivered twice: each try runs once, XComs arrive, the log is there."""
    run = cloud.begin("shapes")
    assert run.await_end() == "success"
    assert set(run.states().values()) == {"success"}
    assert run.tasks()["retried"]["try_number"] == 2
    names = ["first", "join", *(f"side{number}" for number in range(4)), "retried"]
    assert run.done() == {**{f"{name}:1": 1 for name in names}, "retried:2": 1}
    blobs = GcsBlobs(connect(), "brisa-state", clock=SystemClock())
    key = AttemptKey("shapes", run.run_id, "retried", try_number=1)
    assert b"the first try fails" in (blobs.get(log_name(key)) or b"")


def test_an_asset_starts_the_dag_that_waits_for_it(cloud: Cloud) -> None:
    """Told by a task on one function, delivered and run on others, everything twice: one run, told of one event."""
    run = cloud.begin("makes")
    assert run.await_end() == "success"
    until(lambda: run.done()["use:1"], 30, what="the run of the DAG that waits")
    until(lambda: cloud.ask("GET", "/dags/uses/dagRuns")["dag_runs"][0]["state"] == "success", 30, what="its end")
    (used,) = cloud.ask("GET", "/dags/uses/dagRuns")["dag_runs"]
    assert (used["run_type"], used["logical_date"]) == ("asset_triggered", None)
    assert run.done() == {"make:1": 1, "use:1": 1}


def test_a_wide_run_is_folded(cloud: Cloud) -> None:
    """Sixty tasks that end together, each once, and the task below them."""
    run = cloud.begin("wide")
    assert run.await_end() == "success"
    assert run.done() == {**{f"n{number}:1": 1 for number in range(60)}, "last:1": 1}


def test_a_long_task_runs_as_a_job(cloud: Cloud) -> None:
    """A job of the size that it needs claims, runs and ends it, though each start comes twice; its log is there."""
    run = cloud.begin("long")
    run.effects.with_name("go").touch()
    assert run.await_end() == "success"
    assert run.done() == {"heavy:1": 1, "after:1": 1}
    told = cloud.ask("GET", f"{run.path}/taskInstances/heavy/xcomEntries/return_value?deserialize=true")["value"]
    job, execution = told
    assert job == "brisa-large"
    assert execution in [one["name"].rpartition("/")[2] for one in executions(cloud)]
    key = AttemptKey("long", run.run_id, "heavy")
    assert GcsBlobs(connect(), "brisa-state", clock=SystemClock()).get(log_name(key)) is not None


def test_objects_wake_the_sensors_that_wait_for_them(cloud: Cloud) -> None:
    """Sensors that would look again in an hour see what comes within seconds, though each event comes twice."""
    arrivals = bucket("arrivals-in")
    run = cloud.begin("arrivals", bucket=arrivals.name)
    until(lambda: run.states()["one"] == run.states()["some"] == "up_for_reschedule", 30, what="both sensors to wait")
    arrivals.blob("elsewhere.csv").upload_from_string("0")
    arrivals.blob("in/other.csv").upload_from_string("1")
    until(lambda: run.states()["some"] == "success", 20, what="the sensor of the prefix")
    assert run.states()["one"] == "up_for_reschedule"
    arrivals.blob("in/ñ 1.csv").upload_from_string("2")
    assert run.await_end(20) == "success"
    assert run.done() == {"load:1": 1}


def test_a_timetable_of_ones_own_is_asked_for_each_run(cloud: Cloud) -> None:
    """The planner has no user code: it asks a worker, makes the run, and asks for the next one until there is none."""
    days = [f"2024-01-{day:02}T00:00:00+00:00" for day in (1, 2, 4)]
    wanted = {f"scheduled__{day}": "success" for day in days}

    def ended() -> dict[str, str]:
        return {one["dag_run_id"]: one["state"] for one in cloud.ask("GET", "/dags/doubling/dagRuns")["dag_runs"]}

    cloud.ask("PATCH", "/dags/doubling", {"is_paused": False})
    until(lambda: ended() == wanted, 30, what="three runs")


def test_a_run_that_is_cancelled_is_stopped(cloud: Cloud) -> None:
    """Its task is told to end within seconds, and the trigger of the deferred one, each once; nothing below begins."""
    run = cloud.begin("holds")
    until(lambda: run.done() == {"holds:1": 1}, 30, what="the task to begin")
    until(lambda: run.states()["defers"] == "deferred", 30, what="the other task to be deferred")
    run.cancel()
    told = {"holds:1": 1, "on_kill": 1, "job": 1}
    until(lambda: run.done() == told, 15, what="both to be told")
    assert (run.state, run.states()) == ("failed", {"holds": "failed", "defers": "failed", "after": "skipped"})


def test_other_runs_wake_those_that_wait_for_them(cloud: Cloud) -> None:
    """One that the task has made, and one of a DAG that is deployed meanwhile; they would look again in an hour."""
    date = "2024-02-01T00:00:00+00:00"
    run = cloud.begin("waits", logical_date=date)
    asleep = {"calls": "deferred", "sensor": "up_for_reschedule"}
    until(lambda: asleep.items() <= run.states().items(), 30, what="both tasks to wait")

    text = (DAGS / "cloud_dags.py").read_text().split("with DAG(")[0]
    connect().bucket("brisa-dags").blob("dags/late/late.py").upload_from_string(
        text + 'with DAG("late", start_date=START, schedule=None, params=PARAMS):\n'
               '    PythonOperator(task_id="a", python_callable=effect)\n')  # fmt: skip
    blobs = GcsBlobs(connect(), "brisa-state", clock=SystemClock())
    second = AttemptKey("waits", run.run_id, "sensor", seq=1)
    until(lambda: blobs.get(log_name(second)), 20, what="the sensor to look again, told of the DAG")
    late = cloud.begin("late", logical_date=date)
    run.effects.with_name("go").touch()
    assert (late.await_end(), run.await_end(30)) == ("success", "success")
    assert run.done() == {"slow:1": 1, "after:1": 1, "last:1": 1}


def test_a_connection_comes_from_secret_manager(cloud: Cloud) -> None:
    """A worker reads it when a task asks for it."""
    client = secretmanager.connect(cloud.environment["SECRET_MANAGER_EMULATOR_HOST"])
    secrets = secretmanager.SecretManagerSecrets(client, "brisa-local", clock=SystemClock())
    secrets.put(connection_secret("shop"), '{"conn_type": "http", "host": "shop.example", "port": 8080}')
    run = cloud.begin("connected")
    assert run.await_end() == "success"
    assert run.effects.read_text() == "shop.example:8080\n"


def test_an_upload_is_a_deployment(cloud: Cloud) -> None:
    """A file put into the bucket is registered, changed, reported when it is bad, and retired when it is deleted."""
    text = (DAGS / "cloud_dags.py").read_text().split("with DAG(")[0]
    blob = connect().bucket("brisa-dags").blob("dags/new/fresh.py")
    blob.upload_from_string(text + 'with DAG("fresh", start_date=START, schedule=None, params=PARAMS):\n'
                                   '    PythonOperator(task_id="a", python_callable=effect)\n')  # fmt: skip

    def shown() -> dict[str, object]:
        dags = {one["dag_id"]: one for one in cloud.ask("GET", "/dags?limit=100")["dags"]}
        return dags.get("fresh") or {}

    until(shown, 20, what="the new DAG")
    run = cloud.begin("fresh")
    assert run.await_end() == "success"

    blob.upload_from_string("from brisa import DAG\nraise ValueError('broken')\n")
    until(lambda: cloud.ask("GET", "/importErrors")["total_entries"] == 1, 20, what="the error to be told")
    assert cloud.begin("fresh").await_end() == "success", "the last good version stays"

    blob.delete()
    until(lambda: not shown(), 20, what="the DAG to be retired")
    assert cloud.ask("GET", "/dags/fresh")["is_stale"] is True
    until(lambda: cloud.ask("GET", "/importErrors")["total_entries"] == 0, 20, what="its error to be forgotten")


def test_a_worker_that_is_told_to_end(cloud: Cloud) -> None:
    """On SIGTERM it hands over what it runs, and writes so within ten seconds; no try is lost."""
    run = cloud.begin("slow")
    until(lambda: run.done() == {"slow:1": 1}, 30, what="the task to begin")
    master = process(cloud, "worker")
    master.send_signal(signal.SIGTERM)
    psutil.wait_procs([master], timeout=10)
    assert not master.is_running()
    until(lambda: run.done() == {"slow:1": 2}, 20, what="another worker to run it")
    run.effects.with_name("go").touch()
    assert run.await_end() == "success"
    assert run.tasks()["slow"]["try_number"] == 1


def test_a_database_that_is_silent_for_five_seconds(cloud: Cloud) -> None:
    """Firestore stands still in the middle of a run: who asks is patient, and nothing runs twice."""
    run = cloud.begin("chain")
    until(run.done, 30, what="the first task")
    database = process(cloud, "firestore")
    database.suspend()
    timer = threading.Timer(5.0, database.resume)
    timer.start()
    timer.join()
    assert run.await_end(60) == "success"
    assert run.done() == {f"c{number}:1": 1 for number in range(12)}


def test_a_bad_request_changes_nothing(cloud: Cloud) -> None:
    """Forged, missing and foreign tokens, and bodies that are none: a clear status from each function."""
    site = cloud.local.site
    worker, planner, events = site.url("worker"), site.url("planner"), site.url("events")
    account = "brisa@brisa-local.iam.gserviceaccount.com"
    good = cloud.local.token(account, worker)
    forged = good[:-8] + "AAAAAAAA"
    message = {"attempt": ["shapes", "no such run", "first", -1, 0, 1, 0]}
    assert cloud.post(worker, message)[0] == 401
    assert cloud.post(worker, message, token=forged)[0] == 401
    assert cloud.post(worker, message, token=cloud.local.token(account, planner))[0] == 401
    assert cloud.post(worker, message, token=cloud.local.token("eve@example.com", worker))[0] == 403
    assert cloud.post(worker, message, token=good)[0] == 200
    assert cloud.post(worker, b"{", token=good)[0] == 400
    assert cloud.post(worker, b"x" * 1_000_000, token=good)[0] == 413
    assert cloud.post(planner, message, token=cloud.local.token(account, planner))[0] == 400
    event = {"ce-id": "1", "ce-specversion": "1.0", "ce-type": "google.cloud.storage.object.v1.archived",
             "ce-source": "//storage.googleapis.com/projects/_/buckets/b", "ce-subject": "objects/x",
             "Content-Type": "application/json"}  # fmt: skip
    eventarc = cloud.local.token("events@brisa-local.iam.gserviceaccount.com", events)
    assert cloud.post(events, {"bucket": "b", "name": "x", "generation": "1"}, token=eventarc, headers=event)[0] == 400


def test_the_api_knows_who_asks(cloud: Cloud) -> None:
    """An identity token made for it, of somebody it knows; what they change is in the audit log, under their name."""
    url = cloud.local.site.url("api")
    good = cloud.local.token(project.DEVELOPER, url)
    pools = f"{url}/api/v2/pools"
    pool = {"name": "of_the_test", "slots": 3}
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.5, 192.0.2.9"}
    for token, status in [
        (None, 401),
        ("garbage", 401),
        (good[:-8] + "AAAAAAAA", 401),
        (cloud.local.token(project.DEVELOPER, cloud.local.site.url("worker")), 401),
        (cloud.local.token("eve@example.com", url), 403),
        (good, 201),
        (good, 409),
    ]:
        assert cloud.post(pools, pool, token=token, headers=headers)[0] == status
    assert cloud.ask("GET", "/pools/of_the_test")["slots"] == 3
    assert cloud.post(f"{url}/auth/token", {"username": "a", "password": "b"}, headers=headers)[0] == 404
    (entry,) = cloud.ask("GET", "/eventLogs?event=post_pool")["event_logs"]
    assert entry["owner"] == project.DEVELOPER


@pytest.mark.bigquery
@pytest.mark.timeout(400)
def test_the_main_job_in_both_modes(cloud: Cloud, tmp_path: Path) -> None:
    """`make run`, and the same on the local cloud, print the same task states, tries and KPIs."""
    environment = {**os.environ, "ELEVATE_BUCKET": "elevate-landing"}
    for name in cloud.environment:
        environment.pop(name, None)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "pipelines.run_elevate", "--home", str(tmp_path / mode), *options],
            cwd=ROOT, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for mode, options in (("embedded", []), ("gcp", ["--gcp"]))
    ]  # fmt: skip
    printed = [process.communicate(timeout=360) for process in started]
    for process, (_, errors) in zip(started, printed, strict=True):
        assert process.returncode == 0, errors
    embedded, on_gcp = (told.splitlines() for told, _ in printed)
    assert kpis(embedded) == kpis(on_gcp)
    assert len(kpis(embedded)) > 25
    assert states(embedded) == states(on_gcp)
    assert len(states(embedded)) == 21


def kpis(lines: list[str]) -> list[str]:
    """The table of KPIs, to where the export is told."""
    (begin,) = (number for number, line in enumerate(lines) if line.startswith("KPIs of 2023"))
    (end,) = (number for number, line in enumerate(lines) if line.startswith("Exported"))
    return [line.rstrip() for line in lines[begin:end] if line.strip()]


def states(lines: list[str]) -> list[tuple[str, ...]]:
    """Task, operator, state and try of each row of the table of tasks."""
    (begin,) = (number for number, line in enumerate(lines) if line.startswith("task id "))
    rows = (line.split() for line in itertools.takewhile(str.strip, lines[begin + 1 :]))
    return [tuple(row[:4]) for row in rows]


@pytest.mark.timeout(300)
def test_a_job_that_is_killed(killed_job: Started) -> None:
    """Killed with all it ran: the sweep notices, the same try runs again as another job, and the run ends well."""
    assert killed_job.await_end(200) == "success"
    assert killed_job.done() == {"heavy:1": 2, "after:1": 1}
    assert killed_job.tasks()["heavy"]["try_number"] == 1


def test_a_worker_that_is_killed(killed: Started) -> None:
    """Killed with all it ran: the sweep notices, the same try runs again, and the run ends well."""
    assert killed.await_end(90) == "success"
    assert killed.done() == {"slow:1": 2, "after:1": 1}
    assert killed.tasks()["slow"]["try_number"] == 1
