"""The script with the real ``gcloud``, against APIs that record: each request that it makes is one that was expected.

The expected ones are in ``requests``, a file per part of the deployment. After a change of the script, or of gcloud:
``CI_INFRA=1 RECORD=1 python -m pytest tests/infra/test_gcloud.py``, and a look at what has changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.commands import PROJECT, ROOT, SCRIPTS
from tests.infra.google import Google, google
from tests.infra.heavy import heavy

pytestmark = [heavy, pytest.mark.slow, pytest.mark.timeout(900)]
EXPECTED = Path(__file__).with_name("requests")
_VARIES = re.compile(r'("(?:client\.knative\.dev/nonce|run\.googleapis\.com/client-version|md5Hash|size)": ")[\w.+/=]+')
"""What gcloud makes up anew each time, or is its own version; and of the source, what each change of code changes."""
KEY = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/key"
PARTS = (
    "apis", "kms", "iam", "secrets", "storage", "firestore", "queues", "registry", "console", "functions", "jobs",
    "scheduler", "events", "monitoring",
)  # fmt: skip
"""All but the budget: gcloud has no setting that would lead its API elsewhere. The dry run alone shows that one."""
OPTIONS = (
    "--event-bucket=landing:EU",
    "--api-invoker=group:data@example.com",
    "--secret=BRISA_SMTP_PASSWORD=smtp",
    "--worker-role=roles/bigquery.jobUser",
    "--alert-email=ops@example.com",
    "--console=brisa.example.com",
    "--console-person=group:data@example.com",
    f"--kms-key={KEY}",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for gcloud's own files, and the functions' source."""
    assert shutil.which("gcloud"), "gcloud is not installed"
    folder = tmp_path_factory.mktemp("gcloud")
    subprocess.run([ROOT / "infra" / "build_source.py", "--output", folder / "source"], check=True, capture_output=True)
    return folder


@pytest.fixture
def cloud() -> Iterator[Google]:
    """The APIs, with a project in which there is nothing yet but most of the database's fields."""
    with google() as made:
        _almost_all_fields(made)
        yield made


def deploy(cloud: Google, place: Path, *arguments: str, script: str = "deploy.sh") -> str:
    """Run a script, which must end well; what it has printed."""
    environment = {**os.environ, **cloud.environment(), "CLOUDSDK_CONFIG": str(place / "config"), "PATIENCE": ""}
    done = subprocess.run(
        ["bash", str(SCRIPTS / script), f"--project={PROJECT}", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def _almost_all_fields(cloud: Google) -> None:
    """A minute is saved where most fields are set already: the script has to find that out."""
    declared = json.loads((ROOT / "shared/brisa/adapters/firestore/indexes.json").read_text("utf-8"))
    root = f"projects/{PROJECT}/databases/(default)/collectionGroups"
    for field in declared["fieldOverrides"]:
        if field["collectionGroup"] in ("dags", "waits"):
            continue
        name = f"{root}/{field['collectionGroup']}/fields/{field['fieldPath']}"
        columns = [
            {"fields": [{"fieldPath": field["fieldPath"], "order": index["order"]}]} for index in field["indexes"]
        ]
        thing = {
            "name": name,
            "indexConfig": {"indexes": columns},
            **({"ttlConfig": {"state": "ACTIVE"}} if field.get("ttl") else {}),
        }
        cloud.things[f"firestore /v1/{name}"] = thing
    for number, index in enumerate(declared["indexes"]):
        if index["collectionGroup"] == "runs":
            name = f"{root}/runs/indexes/{number}"
            end = {"fieldPath": "__name__", "order": index["fields"][-1]["order"]}
            cloud.things[f"firestore /v1/{name}"] = {"name": name, **index, "fields": [*index["fields"], end]}


def changes(cloud: Google) -> list[str]:
    """The requests that change something, a line each."""
    return [
        f"{one.method} {one.api} {one.path}"
        + "".join(
            f" {name}={value}"
            for name, value in sorted(one.query.items())
            if name not in ("alt", "fields", "requestId")
        )
        + (f" {json.dumps(one.body, sort_keys=True)}" if one.body else "")
        for one in cloud.requests
        if one.changes
    ]


@pytest.mark.parametrize("part", PARTS)
def test_each_request_is_one_that_was_expected(cloud: Google, place: Path, part: str) -> None:
    """In its order, with its body, and no other."""
    if part == "functions":  # what the part before has made, whose number the api is told
        cloud.things[f"compute /projects/{PROJECT}/global/backendServices/brisa-api"] = {"id": "4711"}
    deploy(cloud, place, f"--source={place / 'source'}", f"--only={part}", *OPTIONS)
    made = [_VARIES.sub(r"\1X", line.replace(cloud.url, "URL").replace(str(place), "PLACE")) for line in changes(cloud)]
    file = EXPECTED / f"{part}.txt"
    if os.environ.get("RECORD"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in made), "utf-8")
    assert made == file.read_text("utf-8").splitlines()


def test_a_second_run_makes_nothing_anew(cloud: Google, place: Path) -> None:
    """What is there is updated, or left alone."""
    options = (f"--source={place / 'source'}", "--only=secrets,queues,registry,scheduler,events", *OPTIONS)
    deploy(cloud, place, *options)
    first = len(cloud.requests)
    deploy(cloud, place, *options)

    creations = [
        one for one in cloud.requests[first:] if one.method == "POST" and ":" not in one.path.rpartition("/")[2]
    ]
    assert [one for one in creations if one.changes] == []
    assert [one for one in cloud.requests[:first] if one.method == "POST" and one.path.endswith("/queues")]


def test_fields_that_are_set_are_left_alone(cloud: Google, place: Path) -> None:
    """Only those of the two collections that have none yet are set, and the indexes that are missing made."""
    deploy(cloud, place, "--only=firestore")
    groups = {
        one.path.partition("/collectionGroups/")[2].partition("/")[0]
        for one in cloud.requests
        if one.changes and "/fields/" in one.path
    }
    indexed = {
        one.path.partition("/collectionGroups/")[2].partition("/")[0]
        for one in cloud.requests
        if one.changes and one.path.endswith("/indexes")
    }
    assert groups == {"dags", "waits"}
    assert indexed == {"backfills", "audit_entries", "asset_events"}


def test_backups_are_kept_as_long_as_the_last_run_says(cloud: Google, place: Path) -> None:
    """The schedule that is there gets the new retention, and goes when there is to be none."""
    name = f"projects/{PROJECT}/databases/(default)/backupSchedules/daily"
    cloud.things[f"firestore /v1/{name}"] = {"name": name, "retention": "604800s", "dailyRecurrence": {}}
    asked = []
    for days in (30, 0):
        before = len(cloud.requests)
        deploy(cloud, place, f"--source={place / 'source'}", "--only=firestore", f"--backup-days={days}")
        made = [one for one in cloud.requests[before:] if one.changes and "backupSchedules" in one.path]
        asked += [(one.method, one.path.rpartition("/")[2], (one.body or {}).get("retention")) for one in made]
    assert asked == [("PATCH", "daily", "2592000s"), ("DELETE", "daily", None)]


def test_a_teardown_finds_what_was_made(cloud: Google, place: Path) -> None:
    """And asks for nothing that holds data."""
    deploy(cloud, place, f"--source={place / 'source'}", "--only=queues,scheduler,registry,secrets", *OPTIONS)
    before = len(cloud.requests)
    deploy(cloud, place, "--yes", script="teardown.sh")

    deleted = {(one.api, one.path.rpartition("/")[2]) for one in cloud.requests[before:] if one.method == "DELETE"}
    assert {("cloudscheduler", "brisa-tick"), ("cloudtasks", "brisa-work"), ("cloudtasks", "brisa-planner")} <= deleted
    assert ("artifactregistry", "brisa") in deleted
    assert not {api for api, _ in deleted} & {"storage", "firestore", "secretmanager"}
