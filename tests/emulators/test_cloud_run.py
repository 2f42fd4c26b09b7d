"""Cloud Run's stand-in: what begins, what it is told, how it ends, and what the service refuses."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.adapters.cloudrun.local_cloud_run import DEFAULT, LARGE, CloudRun, quick_cloud_run
from tests.support.program import lives
from tests.support.waiting import until

TELLS = """
import json, os, pathlib, sys, time
told = {"env": dict(os.environ), "args": sys.argv[1:], "pid": os.getpid()}
file = pathlib.Path(os.environ["FILE"])
file.with_suffix(".part").write_text(json.dumps(told))
file.with_suffix(".part").rename(file)
time.sleep(float(os.environ.get("LASTS", "0")))
sys.exit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def told(tmp_path):
    """Where an execution writes what it was told."""
    return tmp_path / "told.json"


@pytest.fixture
def cloud():
    """One whose executions do as their variables say; half a second between SIGTERM and SIGKILL."""
    made = CloudRun(sys.executable, "-c", TELLS, options=("--grace", "0.5"))
    yield made
    made.end()


def run(cloud, file, job=DEFAULT, *, args=None, timeout=None, **variables):
    """Begin one execution; its name."""
    env = [{"name": name, "value": value} for name, value in {"FILE": str(file), **variables}.items()]
    container = {"env": env, **({} if args is None else {"args": args})}
    overrides = {"containerOverrides": [container], "taskCount": 1, **({} if timeout is None else {"timeout": timeout})}
    status, operation = cloud.ask("POST", f"/v2/{job}:run", {"overrides": overrides})
    assert status == 200, operation
    return operation["metadata"]["name"]


def ended(cloud, name):
    """The execution, once it has ended."""
    found = until(lambda: "completionTime" in cloud.ask("GET", f"/v2/{name}")[1], what="its end")
    assert found
    return cloud.ask("GET", f"/v2/{name}")[1]


def of(file: Path):
    """What the execution was told, and its process."""
    until(file.exists, what="what it was told")
    said = json.loads(file.read_text())
    return said["env"], said["pid"]


def test_an_execution_gets_its_overrides(cloud, told):
    """The happy path: variables beside the emulator's own, Cloud Run's names for it, and its end is told."""
    name = run(cloud, told, LARGE, GREETING="hello ☃")
    env, _ = of(told)
    assert (env["GREETING"], env["CLOUD_RUN_JOB"], env["CLOUD_RUN_TASK_INDEX"]) == ("hello ☃", "brisa-large", "0")
    assert name == f"{LARGE}/executions/{env['CLOUD_RUN_EXECUTION']}"
    assert "PATH" in env
    execution = ended(cloud, name)
    assert (execution["succeededCount"], execution["failedCount"], execution["runningCount"]) == (1, 0, 0)
    assert execution["template"]["timeout"] == "600s"
    assert [one["name"] for one in cloud.executions(LARGE)] == [name]
    assert cloud.executions(DEFAULT) == []


def test_an_execution_that_fails(cloud, told):
    """Its status is told; nothing is begun again."""
    execution = ended(cloud, run(cloud, told, STATUS="3"))
    assert (execution["succeededCount"], execution["failedCount"]) == (0, 1)
    assert len(cloud.executions(DEFAULT)) == 1


@pytest.mark.parametrize("way", ["timeout", "cancel", "end", "kill"])
def test_an_execution_is_ended(told, way):
    """By its time, by who cancels it, and with the emulator, however that ends."""
    cloud = CloudRun(sys.executable, "-c", TELLS, options=("--grace", "0.5"))
    try:
        name = run(cloud, told, LASTS="600", **({"timeout": "1.5s"} if way == "timeout" else {}))
        process = psutil.Process(of(told)[1])
        match way:
            case "timeout":
                assert ended(cloud, name)["failedCount"] == 1
            case "cancel":
                assert cloud.ask("POST", f"/v2/{name}:cancel")[0] == 200
                execution = ended(cloud, name)
                assert (execution["failedCount"], execution["cancelledCount"]) == (0, 1)
            case "end":
                assert cloud.end() == 0
            case _:
                cloud.end(kill=True)
        until(lambda: not lives(process), what="the end of its process")
    finally:
        if way in ("timeout", "cancel"):
            cloud.end()


def test_who_does_not_hear_of_the_end_is_killed(told):
    """As in the service, some time after SIGTERM."""
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + TELLS
    cloud = CloudRun(sys.executable, "-c", deaf, options=("--grace", "0.5"))
    name = run(cloud, told, LASTS="600")
    process = psutil.Process(of(told)[1])
    cloud.ask("POST", f"/v2/{name}:cancel")
    assert ended(cloud, name)["cancelledCount"] == 1
    assert not lives(process)
    cloud.end()


def test_nothing_is_begun_to_validate(cloud, told):
    """Who only wants to know gets the answer alone."""
    assert cloud.ask("POST", f"/v2/{DEFAULT}:run", {"validateOnly": True})[0] == 200
    assert cloud.executions(DEFAULT) == []


OVERRIDES = [
    ({"overrides": {"x": 1}}, "Unknown name 'x' at 'overrides'"),
    ({"override": {}}, "Unknown name 'override'"),
    ({"overrides": {"containerOverrides": [{"resources": {}}]}}, "Unknown name 'resources'"),
    ({"overrides": {"containerOverrides": [{}, {}]}}, "one container"),
    ({"overrides": {"containerOverrides": [{"args": [1]}]}}, "args"),
    ({"overrides": {"containerOverrides": [{"env": {}}]}}, "env"),
    ({"overrides": {"containerOverrides": [{"env": [{"name": "", "value": "x"}]}]}}, "can't be a variable's"),
    ({"overrides": {"containerOverrides": [{"env": [{"name": "CLOUD_RUN_JOB", "value": "x"}]}]}}, "reserved"),
    ({"overrides": {"containerOverrides": [{"env": [{"name": "A", "value": "x" * 40_000}]}]}}, "at most 32768"),
    ({"overrides": {"containerOverrides": [{"env": [{"name": "A"}] * 1001}]}}, "up to 1000"),
    ({"overrides": {"taskCount": 0}}, "taskCount"),
    ({"overrides": {"timeout": 3600}}, "timeout"),
    ({"overrides": {"timeout": "1h"}}, "timeout"),
    ({"overrides": {"timeout": "604801s"}}, "timeout"),
    ({"overrides": []}, "an object is expected"),
    (b"{", "Invalid JSON"),
]


@pytest.mark.parametrize(("body", "why"), OVERRIDES)
def test_what_is_refused(body, why):
    """400, with Google's form of an error, and nothing begins."""
    cloud = quick_cloud_run()
    before = cloud.executions(DEFAULT)
    status, answer = cloud.ask("POST", f"/v2/{DEFAULT}:run", body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert why in answer["error"]["message"]
    assert cloud.executions(DEFAULT) == before


def test_what_there_is_not():
    """404 for a job, an execution, a path."""
    cloud = quick_cloud_run()
    ask = partial(cloud.ask, "POST")
    status, answer = ask(f"/v2/{DEFAULT}-x:run", {})
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
    assert ask(f"/v2/{DEFAULT}/executions/x:cancel", {})[0] == 404
    assert cloud.ask("GET", f"/v2/{DEFAULT}/executions/x")[0] == 404
    assert cloud.ask("GET", f"/v2/{DEFAULT}-x/executions")[0] == 404
    assert ask(f"/v1/{DEFAULT}:run", {})[0] == 404
    assert cloud.ask("GET", "/")[0] == 200
