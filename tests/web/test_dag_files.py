"""What the API tells of DAG files: versions, sources, what does not load, what is suspicious; and statistics."""

from dataclasses import replace

import pytest

from brisa.model.access import Role
from brisa.model.dag import DagVersion, ImportFailure
from brisa.model.pool import Pool
from brisa.model.spec import TaskSpec
from brisa.model.states import RunState
from brisa.ports.store import Put
from tests.support.builders import dag, task
from tests.web.checked import fits
from tests.web.stored import add_dag, add_run, state


@pytest.fixture
def versions(web):
    """``ventas`` has had three versions, the second by age is the current one."""
    add_dag(web, "ventas", spec={"display": {"display_name": "Las ventas"}})
    for version, created_at in (("v0", 1.0), ("v9", 9.0)):
        spec = dag(task("a"), dag_id="ventas")
        source = f"# {version}: ñ \ud800\n"
        web.store.commit(
            Put(DagVersion(dag_id="ventas", version=version, spec=spec, source=source, created_at=created_at))
        )
    return web


def test_versions_are_numbered_by_age(versions):
    """Each has always the same number, and the same id."""
    answer = versions.admin.get("/dags/ventas/dagVersions").json()
    assert fits("DAGVersionCollectionResponse", answer)
    found = answer["dag_versions"]
    assert [(one["version_number"], one["created_at"]) for one in found] == [
        (1, "1970-01-01T00:00:01Z"),
        (2, "1970-01-01T00:00:05Z"),
        (3, "1970-01-01T00:00:09Z"),
    ]
    assert {one["dag_display_name"] for one in found} == {"Las ventas"}
    assert len({one["id"] for one in found}) == 3
    assert versions.admin.get("/dags/ventas/dagVersions/2").json() == found[1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order_by=-version_number", [3, 2, 1]),
        ("version_number=2", [2]),
        ("bundle_name=dags-folder&limit=1&offset=1", [2]),
        ("bundle_name=other", []),
        ("bundle_version=1", []),
    ],
)
def test_versions_are_listed(versions, query, expected):
    """As asked for."""
    found = versions.admin.get(f"/dags/ventas/dagVersions?{query}").json()["dag_versions"]
    assert [one["version_number"] for one in found] == expected


def test_versions_of_all_dags(versions):
    """The first of all first."""
    found = versions.admin.get("/dags/~/dagVersions").json()
    told = [(one["dag_id"], one["version_number"]) for one in found["dag_versions"]]
    assert told == [("d", 1), ("ventas", 1), ("ventas", 2), ("ventas", 3)]


def test_the_source_of_a_dag(versions):
    """As JSON, or as the text that it is: what can't be sent is a question mark there."""
    answer = versions.admin.get("/dagSources/ventas").json()
    assert fits("DAGSourceResponse", answer)
    assert answer == {
        "content": "# ventas\n",
        "dag_id": "ventas",
        "version_number": 2,
        "dag_display_name": "Las ventas",
    }
    text = versions.admin.get("/dagSources/ventas?version_number=1", headers={"accept": "text/plain"})
    assert (text.text, text.headers["content-type"]) == ("# v0: ñ ?\n", "text/plain; charset=utf-8")
    both = versions.admin.get("/dagSources/ventas", headers={"accept": "application/json, text/plain;q=0.5"})
    assert both.json() == answer
    assert versions.admin.get("/dagSources/ventas", headers={"accept": "text/html"}).status_code == 406
    strange = versions.admin.get("/dagSources/ventas?version_number=1")
    assert (strange.status_code, strange.json()["content"]) == (200, "# v0: ñ ?\n")


@pytest.fixture
def broken(web):
    """Two files that do not load."""
    web.store.commit(
        Put(ImportFailure(file="bad.py", message="no x", line=3, source="import x", traceback="Trace…", seen_at=5.0))
    )
    web.store.commit(Put(ImportFailure(file="worse/a_b.py", message="line 3: no", seen_at=2.0)))
    return web


def test_files_that_do_not_load(broken):
    """Each with its traceback, or the message where there is none; found again by a number of its own."""
    answer = broken.admin.get("/importErrors?order_by=filename").json()
    assert fits("ImportErrorCollectionResponse", answer)
    first, second = answer["import_errors"]
    assert first == {
        "import_error_id": first["import_error_id"],
        "timestamp": "1970-01-01T00:00:05Z",
        "filename": "bad.py",
        "bundle_name": "dags-folder",
        "stack_trace": "Trace…",
        "message": "no x",
        "line": 3,
        "source": "import x",
    }
    assert (second["stack_trace"], second["line"], answer["total_entries"]) == ("line 3: no", None, 2)
    for one in (first, second):
        assert 0 < one["import_error_id"] < 2**53
        assert broken.admin.get(f"/importErrors/{one['import_error_id']}").json() == one


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order_by=timestamp", ["worse/a_b.py", "bad.py"]),
        ("order_by=-filename&limit=1", ["worse/a_b.py"]),
        ("order_by=stacktrace", ["bad.py", "worse/a_b.py"]),
        ("filename_pattern=BAD%25|nada", ["bad.py"]),
        ("filename_prefix_pattern=worse/", ["worse/a_b.py"]),
        ("filename=bad.py", ["bad.py"]),
        ("filename=bad", []),
        ("bundle_name=other", []),
    ],
)
def test_files_that_do_not_load_are_listed(broken, query, expected):
    """As asked for."""
    found = broken.admin.get(f"/importErrors?{query}").json()["import_errors"]
    assert [one["filename"] for one in found] == expected


def test_pools_that_there_are_not(web):
    """A DAG that names one is warned of, until there is the pool; a stale one is not."""
    tasks = (TaskSpec(task_id="a", pool="b"), TaskSpec(task_id="c", pool="a"), TaskSpec(task_id="e", pool="known"))
    web.store.commit(Put(Pool(name="known")))
    add_dag(web, "ventas", spec={"tasks": tasks}, updated_at=5.0)
    add_dag(web, "old", spec={"tasks": tasks}, summary=None)
    add_dag(web, "gone", spec={"tasks": tasks}, active=False)
    answer = web.admin.get("/dagWarnings?order_by=-dag_id").json()
    assert fits("DAGWarningCollectionResponse", answer)
    assert answer["dag_warnings"][0] == {
        "dag_id": "ventas",
        "warning_type": "non-existent pool",
        "message": "Dag 'ventas' references non-existent pools: ['a', 'b']",
        "timestamp": "1970-01-01T00:00:05Z",
        "dag_display_name": "ventas",
    }
    assert [one["dag_id"] for one in answer["dag_warnings"]] == ["ventas", "old"]
    assert web.admin.get("/dagWarnings?dag_id=old").json()["total_entries"] == 1
    assert web.admin.get("/dagWarnings?warning_type=asset conflict").json()["total_entries"] == 0


def test_runs_are_counted(web):
    """By state, of the DAGs that have runs."""
    add_dag(web, "ventas")
    add_dag(web, "new")
    for number, run_state in enumerate((RunState.FAILED, RunState.FAILED, RunState.QUEUED)):
        add_run(web, f"r{number}", "ventas", state=run_state)
    add_run(web, "r", state=RunState.RUNNING)
    answer = web.admin.get("/dagStats").json()
    assert fits("DagStatsCollectionResponse", answer)
    assert ([one["dag_id"] for one in answer["dags"]], answer["total_entries"]) == (["d", "ventas"], 2)
    counts = {one["state"]: one["count"] for one in answer["dags"][1]["stats"]}
    assert counts == {"queued": 1, "running": 0, "success": 0, "failed": 2}
    some = web.admin.get("/dagStats?dag_ids=ventas&dag_ids=new&dag_ids=nada").json()
    assert [one["dag_id"] for one in some["dags"]] == ["ventas"]


def test_a_file_is_loaded_again(broken):
    """One that is known, where somebody can be asked to."""
    add_dag(broken, "ventas")
    token = broken.admin.get("/dags/ventas").json()["file_token"]
    assert broken.admin.put(f"/parseDagFile/{token}").status_code == 501
    asked: list[str] = []
    broken.app.state.backend = replace(broken.backend, reload=asked.append)
    answer = broken.admin.put(f"/parseDagFile/{token}")
    assert (answer.status_code, answer.json(), asked) == (201, None, ["ventas.py"])


REFUSED = [
    ("GET", "/dags/nada/dagVersions", 404),
    ("GET", "/dags/d/dagVersions/7", 404),
    ("GET", "/dags/d/dagVersions/0", 404),
    ("GET", "/dags/d/dagVersions/-1", 404),
    ("GET", "/dags/nada/dagVersions/1", 404),
    ("GET", "/dags/d/dagVersions/x", 422),
    ("GET", "/dags/d/dagVersions?order_by=color", 400),
    ("GET", "/dagSources/nada", 404),
    ("GET", "/dagSources/d?version_number=7", 404),
    ("GET", "/dagSources/..%2fetc", 404),
    ("GET", "/importErrors/99", 404),
    ("GET", "/importErrors/x", 422),
    ("GET", "/importErrors?order_by=color", 400),
    ("GET", "/dagWarnings?order_by=color", 400),
    ("GET", "/dagWarnings?warning_type=bogus", 422),
    ("PUT", "/parseDagFile/zzz", 404),
    ("PUT", "/parseDagFile/Li4vLi4vZXRjL3Bhc3N3ZA", 404),
    ("PUT", "/parseDagFile/%ff", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), REFUSED)
def test_what_there_is_not(web, method, path, status):
    """Each with its status, and a detail that says why."""
    before = state(web)
    response = web.admin.request(method, path)
    assert response.status_code == status
    assert response.json()["detail"]
    assert state(web) == before


@pytest.mark.parametrize(
    "path",
    ["/dags/d/dagVersions", "/dags/d/dagVersions/1", "/dagSources/d", "/importErrors", "/dagWarnings", "/dagStats"],
)
def test_who_may_not_sees_nothing(web, path):
    """Nobody without a token; a viewer does."""
    assert [web.client(token).get(path).status_code for token in ("", "stranger", Role.VIEWER)] == [401, 403, 200]


def test_a_viewer_has_nothing_loaded_again(web):
    """That takes the permission to edit DAGs."""
    assert web.client(Role.VIEWER).put("/parseDagFile/eA").status_code == 403
