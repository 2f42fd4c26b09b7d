"""A release: traffic moves only after all four new revisions have said that they are well, and can go back.

``gcloud`` and ``curl`` are programs of the test's own, which keep revisions and traffic in a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.commands import PROJECT, ROOT

FUNCTIONS = ("planner", "worker", "events", "api")
GCLOUD = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path

file = Path(os.environ["CLOUD"])
cloud = json.loads(file.read_text())
words = [word for word in sys.argv[1:] if not word.startswith("--")]
flags = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
cloud["calls"].append(" ".join(sys.argv[1:]))
if words[:3] == ["run", "services", "describe"]:
    service = cloud["services"][words[3]]
    host = f"{{words[3]}}.run.app"
    tags = [dict(revisionName=to, tag=tag, url=f"https://{{tag}}---{{host}}") for tag, to in service["tags"].items()]
    traffic = [*tags, dict(revisionName=service["serving"], percent=100)]
    status = dict(latestCreatedRevisionName=service["latest"], url=f"https://{{host}}", traffic=traffic)
    print(json.dumps(dict(status=status)))
elif words[:3] == ["run", "services", "update-traffic"]:
    service = cloud["services"][words[3]]
    if words[3] == os.environ.get("STUCK") and flags.get("to-revisions", "").endswith("-2=100"):
        file.write_text(json.dumps(cloud))
        sys.exit("ERROR: no")
    if "to-revisions" in flags:
        service["serving"] = flags["to-revisions"].removesuffix("=100")
    if "update-tags" in flags:
        tag, _, revision = flags["update-tags"].partition("=")
        service["tags"][tag] = revision
    if "remove-tags" in flags:
        service["tags"].pop(flags["remove-tags"], None)
elif words[:2] == ["functions", "deploy"]:
    if words[2] == os.environ.get("BROKEN"):
        file.write_text(json.dumps(cloud))
        sys.exit("ERROR: the build failed")
    service = cloud["services"][words[2]]
    number = int(service["latest"][-1]) + 1
    service["latest"] = f"{{words[2]}}-{{number}}"
elif words[:3] == ["run", "revisions", "describe"]:
    print(f"image-of-{{words[3]}}")
elif words[:3] == ["run", "jobs", "list"]:
    assert flags["filter"] == "metadata.labels.app=brisa"
    print(*cloud["jobs"])
elif words[:3] == ["run", "jobs", "update"]:
    if words[3] == os.environ.get("STUCK"):
        file.write_text(json.dumps(cloud))
        sys.exit("ERROR: no")
    cloud["jobs"][words[3]] = flags["image"]
elif words[:2] == ["storage", "cp"] and words[3].endswith("/released"):
    cloud["released"] = [words[3], Path(words[2]).read_text().split()]
elif words[:2] == ["auth", "print-identity-token"]:
    print("token")
file.write_text(json.dumps(cloud))
"""
CURL = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path

file = Path(os.environ["CLOUD"])
cloud = json.loads(file.read_text())
cloud["calls"].append("curl " + sys.argv[-1])
file.write_text(json.dumps(cloud))
if os.environ.get("SICK", "nobody") in sys.argv[-1]:
    sys.exit("curl: (22) 503")
assert "Authorization: Bearer token" in sys.argv
print("ok")
"""


class Cloud:
    """Four services, each with a revision that serves."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "cloud.json"
        services = {
            f"brisa-{name}": {"serving": f"brisa-{name}-1", "latest": f"brisa-{name}-1", "tags": {}}
            for name in FUNCTIONS
        }
        jobs = {"brisa-default": "image-of-brisa-worker-1", "brisa-large": "image-of-brisa-worker-1"}
        self.file.write_text(json.dumps({"services": services, "jobs": jobs, "calls": []}), "utf-8")
        self.source = folder / "source"
        self.source.mkdir()
        for name in FUNCTIONS:
            (self.source / f"{name}.zip").write_bytes(name.encode())
        for program, text in (("gcloud", GCLOUD), ("curl", CURL)):
            place = folder / "bin" / program
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, "utf-8")
            place.chmod(0o755)
        self.path = folder / "bin"

    def release(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        command = [
            "bash",
            str(ROOT / "infra" / "release.sh"),
            f"--project={PROJECT}",
            f"--source={self.source}",
            *arguments,
        ]
        paths = f"{self.path}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": paths, "CLOUD": str(self.file), **environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def told(self) -> Any:
        """What is kept."""
        return json.loads(self.file.read_text("utf-8"))

    def serving(self) -> set[str]:
        """The revisions that have the traffic."""
        return {service["serving"] for service in self.told["services"].values()}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A deployment of revisions 1."""
    return Cloud(tmp_path)


def revisions(number: int) -> set[str]:
    """Of all four."""
    return {f"brisa-{name}-{number}" for name in FUNCTIONS}


def test_a_release_moves_the_traffic_when_all_are_well(cloud: Cloud) -> None:
    """Four deployments, then four questions, then the traffic; the old ones keep a tag."""
    done = cloud.release()

    assert done.returncode == 0, done.stderr
    assert cloud.serving() == revisions(2)
    assert {json.dumps(service["tags"]) for service in cloud.told["services"].values()} == {
        json.dumps({"previous": f"brisa-{name}-1"}) for name in FUNCTIONS
    }
    calls = [call for call in cloud.told["calls"] if "describe" not in call and "auth" not in call]
    kinds = [
        "deploy" if "functions deploy" in c else "ask" if c.startswith("curl") else "move" if "-2=100" in c else "other"
        for c in calls
    ]
    assert max(i for i, kind in enumerate(kinds) if kind == "deploy") < min(
        i for i, kind in enumerate(kinds) if kind == "ask"
    )
    assert max(i for i, kind in enumerate(kinds) if kind == "ask") < min(
        i for i, kind in enumerate(kinds) if kind == "move"
    )
    assert kinds.count("ask") == kinds.count("move") == 4
    asked = next(call for call in calls if call.startswith("curl"))
    assert asked == "curl https://candidate---brisa-planner.run.app/health"


def test_one_that_is_not_well_moves_nothing(cloud: Cloud) -> None:
    """The old revisions go on serving, all of them, and the new ones lose their tag."""
    done = cloud.release(SICK="candidate---brisa-events")

    assert done.returncode == 1
    assert "Error: the new revision of brisa-events is not well; the old ones go on serving" in done.stderr
    assert cloud.serving() == revisions(1)
    assert all(service["tags"] == {} for service in cloud.told["services"].values())


def test_a_deployment_that_fails_moves_nothing(cloud: Cloud) -> None:
    """A build may fail half-way through the four."""
    done = cloud.release(BROKEN="brisa-worker")

    assert done.returncode == 1
    assert cloud.serving() == revisions(1)
    assert all(service["tags"] == {} for service in cloud.told["services"].values())


def test_traffic_that_can_not_be_moved_goes_back(cloud: Cloud) -> None:
    """Those that were moved already are moved back."""
    done = cloud.release(STUCK="brisa-events")

    assert done.returncode == 1
    assert "Error: the traffic could not be moved; the old revisions serve again" in done.stderr
    assert cloud.serving() == revisions(1)


def test_a_roll_back_brings_back_what_served_before(cloud: Cloud) -> None:
    """After it, a release begins from there."""
    cloud.release()
    done = cloud.release("--roll-back")

    assert done.returncode == 0, done.stderr
    assert cloud.serving() == revisions(1)
    assert cloud.release().returncode == 0
    assert cloud.serving() == revisions(3)


def test_jobs_follow_the_worker(cloud: Cloud) -> None:
    """Once the traffic has moved they run the new revision's image, and after a roll-back the old one's."""
    assert cloud.release().returncode == 0
    assert set(cloud.told["jobs"].values()) == {"image-of-brisa-worker-2"}
    calls = cloud.told["calls"]
    moved = max(i for i, call in enumerate(calls) if "-2=100" in call)
    assert moved < min(i for i, call in enumerate(calls) if "jobs update" in call)
    assert cloud.release("--roll-back").returncode == 0
    assert set(cloud.told["jobs"].values()) == {"image-of-brisa-worker-1"}


def test_jobs_that_can_not_follow_are_told(cloud: Cloud) -> None:
    """The functions are released all the same; another try does the rest."""
    done = cloud.release(STUCK="brisa-large")
    assert done.returncode == 1
    assert "Error: the functions are released, but not the jobs for long tasks: run it again" in done.stderr
    assert cloud.serving() == revisions(2)
    assert cloud.release().returncode == 0
    assert set(cloud.told["jobs"].values()) == {"image-of-brisa-worker-3"}


def test_dag_files_of_the_source_are_registered_by_an_object(cloud: Cloud) -> None:
    """Written last of all, by a release and by a roll-back; without being told where, by neither."""
    told = "--released=gs://b/released"
    assert cloud.release().returncode == 0
    assert "released" not in cloud.told
    assert cloud.release(told).returncode == 0
    place, revisions_named = cloud.told["released"]
    assert (place, set(revisions_named)) == ("gs://b/released", revisions(3))
    assert "storage cp" in cloud.told["calls"][-1]
    assert cloud.release("--roll-back", told).returncode == 0
    assert set(cloud.told["released"][1]) == revisions(2)


def test_without_an_earlier_release_there_is_no_way_back(cloud: Cloud) -> None:
    """That is told, and nothing is changed."""
    done = cloud.release("--roll-back")

    assert done.returncode == 2
    assert "has no revision with the tag previous: nothing was changed" in done.stderr
    assert cloud.serving() == revisions(1)


def test_a_release_wants_all_sources(cloud: Cloud) -> None:
    """Before it asks anybody anything."""
    (cloud.source / "api.zip").unlink()
    done = cloud.release()

    assert done.returncode == 2
    assert "api.zip: infra/build_source.py makes it" in done.stderr
    assert not cloud.told["calls"]
