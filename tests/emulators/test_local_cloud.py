"""The local cloud as a whole: up, down, killed, with everything in it, against functions that write down what comes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest
from google.auth import jwt
from google.cloud import storage
from google.cloud.tasks_v2 import Task

from brisa.adapters.cloudtasks import connect
from brisa.emulators import PROJECT, LocalCloud, project
from brisa.emulators.functions import FUNCTIONS, source
from brisa.emulators.local_cloud import running_site
from brisa.emulators.lock import Hold
from brisa.emulators.record import load
from brisa.errors import EmulatorError
from brisa.operators.google.clients import bigquery_client, storage_client
from tests.emulators.recording import RECORD, received
from tests.support.program import COMMAND, SHARED, environment, lives
from tests.support.waiting import until

pytestmark = [pytest.mark.firestore, pytest.mark.slow]

FOLDER = Path(__file__).parent / "functions"
PATHS = os.pathsep.join([str(SHARED), str(SHARED.parent)])


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Where the functions of this test write what comes to them."""
    folder = tmp_path / "record"
    folder.mkdir()
    monkeypatch.setenv(RECORD, str(folder))
    monkeypatch.setenv("PYTHONPATH", PATHS)
    return folder


@dataclass(frozen=True)
class Shared:
    """A local cloud that several tests look at, and where its functions write."""

    cloud: LocalCloud
    variables: dict[str, str]
    record: Path


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One without BigQuery, which is slow to start; it ticks every second."""
    folder = tmp_path_factory.mktemp("cloud")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RECORD, str(folder))
        patch.setenv("PYTHONPATH", PATHS)
        cloud = LocalCloud(
            folder / "home", functions_folder=FOLDER, bigquery=False, slots=3, unpaused=True, tick_every=1.0
        )
        variables = cloud.start()
    yield Shared(cloud, variables, folder)
    cloud.stop()


@pytest.fixture
def up(tmp_path, record):
    """Starts local clouds in the home of the test."""
    started = []

    def start(**chosen):
        started.append(LocalCloud(tmp_path / "home", functions_folder=FOLDER, **{"bigquery": False, **chosen}))
        return started[-1], started[-1].start()

    yield start
    for cloud in started:
        cloud.stop()


def processes(home):
    """All processes of the record, and what they have started."""
    found = [psutil.Process(one.pid) for one in load(home / "emulators.json").processes.values() if one.alive()]
    return found + [child for one in found for child in one.children(recursive=True)]


def listening(port):
    """Whether anything takes connections."""
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def claims(environment, request, audience):
    """What the request's token says, once it is verified with the local Google's certificates."""
    with urllib.request.urlopen(environment["BRISA_CERTS_URL"]) as response:
        certificates = json.load(response)
    headers = {key.lower(): value for key, value in request["headers"].items()}
    return jwt.decode(headers["authorization"].removeprefix("Bearer "), certs=certificates, audience=audience)


def test_an_upload_a_tick_and_a_task_reach_their_functions(shared, monkeypatch):
    """The happy path: everything that moves brisa on Google Cloud moves it here, each call with its own account."""
    cloud, variables, record = shared.cloud, shared.variables, shared.record
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    site = cloud.site
    assert cloud.healthy()

    tick = until(lambda: received(record, "planner"), what="the first tick")[0]
    assert claims(variables, tick, site.url("planner"))["email"] == project.SCHEDULER

    with storage_client() as client:
        assert {one.name for one in client.list_buckets()} == {project.STATE_BUCKET, project.DAGS_BUCKET}
        client.create_bucket("landing").blob("à/b.csv").upload_from_string("1")
    event = until(lambda: received(record, "events"), what="the event")[0]
    assert event["headers"]["Ce-Subject"] == "objects/%C3%A0/b.csv"
    assert claims(variables, event, site.url("events"))["email"] == project.EVENTS

    tasks = connect(variables["CLOUD_TASKS_EMULATOR_HOST"])
    with closing(tasks.transport):
        oidc = {"service_account_email": project.BRISA, "audience": site.url("worker")}
        http = {"url": site.url("worker") + "/run", "body": b"{}", "oidc_token": oidc}
        tasks.create_task(parent=project.WORK_QUEUE, task=Task(http_request=http))
        queues = {one.name: one for one in tasks.list_queues(parent=project.LOCATION)}
    task = until(lambda: received(record, "worker"), what="the task")[0]
    assert task["path"] == "/run"
    assert claims(variables, task, site.url("worker"))["email"] == project.BRISA

    assert set(queues) == {project.WORK_QUEUE, project.PLANNER_QUEUE}
    queue = queues[project.WORK_QUEUE]
    assert queue.rate_limits.max_concurrent_dispatches == 3
    assert queue.retry_config.max_attempts == -1
    assert (queue.retry_config.min_backoff.total_seconds(), queue.retry_config.max_backoff.total_seconds()) == (0.1, 10)

    said = jwt.decode(variables["BRISA_API_TOKEN"], verify=False)
    assert (said["email"], said["aud"]) == (project.DEVELOPER, variables["BRISA_API_URL"])


def test_the_functions_are_told_where_everything_is(shared):
    """Each has the deployment's variables, the emulators' addresses, its own audience and its own callers."""
    variables, record, url = shared.variables, shared.record, shared.cloud.site.url
    told = {name: json.loads((record / f"{name}.json").read_text()) for name in FUNCTIONS}
    for name in FUNCTIONS:
        assert {
            key: told[name][key] for key in variables if key not in ("BRISA_API_URL", "BRISA_API_TOKEN")
        }.items() <= variables.items()
        assert told[name]["BRISA_AUDIENCE"] == url(name)
        assert told[name]["BRISA_WORKER_URL"] == url("worker")
        assert told[name]["BRISA_PLANNER_URL"] == url("planner")
        assert told[name]["BRISA_QUEUE"] == "projects/brisa-local/locations/local/queues/brisa-work"
        assert told[name]["BRISA_PLANNER_QUEUE"] == "projects/brisa-local/locations/local/queues/brisa-planner"
        assert told[name]["BRISA_SERVICE_ACCOUNT"] == "brisa@brisa-local.iam.gserviceaccount.com"
        assert told[name]["BRISA_BUCKET"] == "brisa-state"
        assert told[name]["BRISA_DAGS"] == "gs://brisa-dags/dags"
        assert told[name]["BRISA_EVENT_BUCKETS"] == "*"
        assert told[name]["BRISA_UNPAUSED"] == "1"
        assert (told[name]["THREADS"], told[name]["WORKERS"]) == ("3" if name == "worker" else "4", "1")
    assert told["planner"]["BRISA_CALLERS"].split(",") == [project.SCHEDULER, project.BRISA]
    assert told["worker"]["BRISA_CALLERS"] == project.BRISA
    assert told["events"]["BRISA_CALLERS"] == project.EVENTS
    assert told["api"]["BRISA_CALLERS"] == "developer@brisa-local.iam.gserviceaccount.com"
    until(lambda: len(received(record, "planner")) >= 3, what="a tick every second")


def test_down_leaves_nothing(tmp_path, up):
    """After stop no process is left and nobody listens; the next start has the same addresses, the API's by choice."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmulatorError, match=rf"Port {port} is taken.*--api-port"):
            up(api_port=port)
    cloud, variables = up(api_port=port)
    assert variables["BRISA_API_URL"] == f"http://127.0.0.1:{port}"
    family, ports = processes(tmp_path / "home"), cloud.site.ports
    assert len(family) >= 14
    with closing(_storage(variables)) as client:
        client.create_bucket("mine")
    cloud.stop()
    assert not any(map(lives, family))
    assert not any(map(listening, ports.values()))

    cloud, again = up()
    assert {key: again[key] for key in again if "TOKEN" not in key} == {
        key: variables[key] for key in variables if "TOKEN" not in key
    }
    with closing(_storage(again)) as client:
        assert client.bucket("mine").exists()


def test_kill_of_the_parent_ends_everything(tmp_path, record):
    """Kill -9 of who runs it: seconds later there is no process and nobody listens."""
    with running_program(tmp_path / "home", record) as (process, _):
        site = running_site(tmp_path / "home")
        family = processes(tmp_path / "home")
        assert all(map(listening, site.ports.values()))
        process.kill()
        until(lambda: not any(map(lives, family)), what="the end of all processes")
        assert not any(map(listening, site.ports.values()))


def test_the_command_prints_where_everything_is_and_uploads(tmp_path, record):
    """Up says where to go, uploads the folder and its changes until SIGTERM; env says it again to another terminal."""
    dags, home = tmp_path / "dags", tmp_path / "home"
    dags.mkdir()
    (dags / "hello.py").write_text("dag")
    with running_program(home, record, "--dags-folder", str(dags)) as (process, printed):
        assert "uploaded hello.py" in printed.read_text()
        (event,) = until(lambda: received(record, "events"))
        assert event["headers"]["Ce-Subject"] == "objects/dags/hello.py"
        (dags / "hello.py").unlink()
        until(lambda: "deleted hello.py" in printed.read_text(), what="the deletion")

        told = subprocess.run(
            [*COMMAND, "local-gcp", "env", "--home", str(home)],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        exports = [line for line in printed.read_text().splitlines() if line.startswith("export ")]
        assert [line.partition("=")[0] for line in told.splitlines()] == [line.partition("=")[0] for line in exports]
        assert f"export STORAGE_EMULATOR_HOST={running_site(home).url('gcs')}" in told.splitlines()

        family = processes(home)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert printed.read_text().endswith("stopped\n")
        assert not any(map(lives, family))

    after = subprocess.run(
        [*COMMAND, "local-gcp", "env", "--home", str(home)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert after.returncode == 2
    assert "brisa local-gcp up" in after.stderr


def test_what_dies_is_started_again_unless_it_comes_back_empty(tmp_path, up):
    """A function may die more often than one that never answered; the loss of Firestore's state is the end."""

    def process(name):
        return load(tmp_path / "home" / "emulators.json").processes[name]

    def replaced(name, old):
        return process(name) != old

    def gone(family):
        return not any(map(lives, family))

    cloud, _ = up()
    for _ in range(5):
        worker = process("worker")
        inner = psutil.Process(worker.pid).children(recursive=True)
        os.kill(worker.pid, signal.SIGKILL)
        until(partial(replaced, "worker", worker))
        assert inner
        until(partial(gone, inner))
        until(cloud.healthy, what="its health")
    cloud.check()

    os.kill(process("firestore").pid, signal.SIGKILL)
    until(lambda: load(tmp_path / "home" / "emulators.json").error)
    assert not cloud.healthy()
    with pytest.raises(EmulatorError, match="firestore ended with -9, and what it kept is lost"):
        cloud.check()


def test_a_home_in_use_is_refused(shared):
    """The error names who has it, and the option for another one; what runs there is left alone."""
    with pytest.raises(EmulatorError, match=rf"in use by process {os.getpid()}.*--home"):
        LocalCloud(shared.cloud.layout.home, functions_folder=FOLDER, bigquery=False).start()
    assert shared.cloud.healthy()


def test_a_function_that_does_not_load_is_told_with_its_log(tmp_path, record):
    """The error names the function and ends with what it said; nothing is left running, and the home is free."""
    folder = tmp_path / "functions"
    for name in FUNCTIONS:
        (folder / name).mkdir(parents=True)
        (folder / name / "main.py").write_text(f"def {name}(request):\n    return 'x'\n")
    (folder / "api" / "main.py").write_text("raise RuntimeError('no such luck')\n")
    with pytest.raises(EmulatorError, match=r"(?s)api ended with 1.*no such luck"):
        LocalCloud(tmp_path / "home", functions_folder=folder, bigquery=False).start()
    assert processes(tmp_path / "home") == []
    Hold(tmp_path / "home" / "brisa.lock").release()


@pytest.mark.bigquery
def test_bigquery_is_there_too(up, monkeypatch):
    """With everything in it, a query is answered."""
    _, variables = up(bigquery=True)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with closing(bigquery_client()) as client:
        assert [tuple(row) for row in client.query_and_wait("SELECT 1 + 1")] == [(2,)]


def test_brisas_own_functions_are_found(tmp_path):
    """Those of the checkout, or of the package; in a folder that is named, there alone."""
    assert all(source(name).is_file() for name in FUNCTIONS)
    with pytest.raises(EmulatorError, match=r"There is no .*planner/main\.py"):
        source("planner", str(tmp_path))


def _storage(variables):
    from google.auth.credentials import AnonymousCredentials

    return storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": variables["STORAGE_EMULATOR_HOST"]},
    )


@contextmanager
def running_program(home, record, *options):
    """``brisa local-gcp up``, ready: its process and the file that it prints to."""
    printed = home.parent / "printed.txt"
    command = [*COMMAND, "local-gcp", "up", "--home", str(home), "--functions-folder", str(FOLDER), *options]
    variables = {**environment({RECORD: str(record)}), "PYTHONPATH": PATHS}
    with printed.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--no-bigquery"], env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        until(lambda: "\nready" in printed.read_text() or process.poll() is not None, 60.0, what="ready")
        assert process.poll() is None, printed.read_text()
        yield process, printed
    finally:
        process.kill()
        process.wait()
        family = processes(home)
        until(lambda: not any(map(lives, family)), what="the end of all processes")
