"""What is declared is what the code needs: names taken from the code, and looked for in Terraform and in the scripts.

These tests need neither Terraform nor gcloud.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from brisa.bootstrap.settings import CloudSettings
from brisa.emulators import project as local
from brisa.handlers import answering, events, planner, refusals, storage_event, worker
from brisa.services import news
from brisa.services.worker import LEASE
from brisa.web import target
from tests.infra.commands import NUMBER, PROJECT, ROOT, Command, deployed

INFRA = ROOT / "infra"
MODULES = sorted(path for path in (INFRA / "terraform" / "modules").iterdir() if path.is_dir())
FUNCTIONS = ("planner", "worker", "events", "api")
EVERYTHING = (
    "--console=brisa.example.com",
    f"--policy={ROOT / 'tests' / 'infra' / 'policy.json'}",
    "--api-invoker=user:ana@example.com",
    "--event-bucket=landing:EU",
    "--env=AIRFLOW_VAR_COLOUR=red",
)
LOCAL_ONLY = {"BRISA_CERTS_URL"}
"""What only stand-ins are told."""


def read(*parts: str) -> str:
    """A file of ``infra``."""
    return INFRA.joinpath(*parts).read_text("utf-8")


@cache
def parsed(file: Path) -> dict[str, Any]:
    """A file of Terraform's, by its blocks."""
    with file.open(encoding="utf-8") as opened:
        return dict(hcl2.load(opened))


def environments(*arguments: str) -> dict[str, dict[str, str]]:
    """Function → the environment that the script gives it."""
    found = deployed(*arguments).all("functions deploy")
    return {command.words[2].removeprefix("brisa-"): command.file("env-vars-file") for command in found}


# --- environment variables ----------------------------------------------------------------------------------


def variables_read() -> set[str]:
    """The environment variables that a function's settings are read from."""
    tree = ast.parse((ROOT / "shared" / "brisa" / "bootstrap" / "settings.py").read_text("utf-8"))
    (function,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "read")
    needed = next(
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "needed"
    )
    texts = {
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {text for text in texts if re.fullmatch(r"BRISA_[A-Z_]+|GOOGLE_CLOUD_PROJECT", text)}
    return named | {f"BRISA_{name}" for name in ast.literal_eval(needed)}


def test_terraform_sets_the_variables_that_functions_read() -> None:
    """All of them but what only stand-ins are told, and none that nobody reads."""
    told = set(re.findall(r"\b((?:BRISA|GOOGLE)_[A-Z_]+) += ", read("terraform", "modules", "brisa", "main.tf")))
    assert told == variables_read() - LOCAL_ONLY


def test_the_script_sets_the_same() -> None:
    """And for the api alone who has which role, and who has logged in."""
    api_alone = {"BRISA_POLICY", "BRISA_IAP_AUDIENCE"}
    for function, environment in environments(*EVERYTHING).items():
        told = {name for name in environment if not name.startswith("AIRFLOW")} - {"THREADS", "WORKERS"}
        assert told == variables_read() - LOCAL_ONLY - (set() if function == "api" else api_alone), function


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_understands_what_it_is_told(function: str) -> None:
    """Its settings are read without an error, and say what was declared."""
    settings = CloudSettings.read(environments(*EVERYTHING)[function])

    assert f"https://brisa-{function}-{NUMBER}.europe-west1.run.app" in settings.audience
    assert settings.queue == f"projects/{PROJECT}/locations/europe-west1/queues/{local.WORK_QUEUE.rpartition('/')[2]}"
    assert settings.planner_queue.endswith(local.PLANNER_QUEUE.rpartition("/")[2])
    assert settings.worker_url == f"https://brisa-worker-{NUMBER}.europe-west1.run.app"
    assert settings.dags_location == (f"{PROJECT}-brisa-dags", "dags")
    assert settings.watches("landing")
    assert settings.watches(f"{PROJECT}-brisa-dags")
    assert (settings.auth, settings.keep_days, settings.lease) == ("platform", 90.0, LEASE)
    assert bool(settings.policy) == (function == "api")


def test_who_calls_is_who_may() -> None:
    """The accounts that a function takes tokens of are those that may invoke it, and that call it."""
    run = deployed()
    for function, environment in environments().items():
        invokers = {c.flag("member") for c in run.all(f"run services add-iam-policy-binding brisa-{function}")}
        callers = {f"serviceAccount:{email}" for email in environment["BRISA_CALLERS"].split(",")}
        assert invokers == callers | {f"serviceAccount:brisa-deploy@{PROJECT}.iam.gserviceaccount.com"}, function
    tick, work = run.all("scheduler jobs create")[0], environments()["worker"]
    assert tick.flag("oidc-service-account-email") in environments()["planner"]["BRISA_CALLERS"]
    assert tick.flag("oidc-token-audience") == tick.flag("uri") == environments()["planner"]["BRISA_AUDIENCE"]
    assert work["BRISA_SERVICE_ACCOUNT"] == work["BRISA_CALLERS"]
    assert work["BRISA_WORKER_URL"] == work["BRISA_AUDIENCE"]


def test_no_function_is_open_to_everybody() -> None:
    """Neither script nor modules name everybody, but to refuse it; each function wants authentication."""
    assert all("no-allow-unauthenticated" in command.flags for command in deployed(*EVERYTHING).all("functions deploy"))
    text = "\n".join(file.read_text("utf-8") for file in (INFRA / "terraform").rglob("*.tf"))
    granted = re.findall(r"^\s*members?\s*=.*all(?:Users|AuthenticatedUsers)", text, re.MULTILINE)
    assert not granted
    assert len(re.findall("allUsers", text)) == 2  # a condition that refuses it, and what it says


# --- queues, functions, events ------------------------------------------------------------------------------


def test_queues_have_the_names_and_retries_of_the_local_ones() -> None:
    """What `brisa local-gcp up` provides is what is deployed."""
    names = [command.words[3] for command in deployed().all("tasks queues create")]
    assert names == [queue.rpartition("/")[2] for queue in (local.WORK_QUEUE, local.PLANNER_QUEUE)]
    for command in deployed().all("tasks queues create"):
        retries = [command.flag(name) for name in ("max-attempts", "min-backoff", "max-backoff")]
        assert retries == ["unlimited", "0.100s", "10s"]


def test_each_entry_point_is_a_function() -> None:
    """The folders of ``functions`` are what is built, deployed and released."""
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}
    spec = importlib.util.spec_from_file_location("build_source", INFRA / "build_source.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    (functions,) = re.findall(r"^functions=\((.*)\)", read("gcloud", "lib", "common.sh"), re.MULTILINE)

    assert folders == set(build.FUNCTIONS) == set(functions.split()) == set(environments())
    entry_points = {command.flag("entry-point") for command in deployed().all("functions deploy")}
    assert entry_points == folders


def test_the_worker_outlasts_the_queue() -> None:
    """Its requests may take as long as the queue waits, and no more attempts are sent than it has instances."""
    sizes: dict[str, Command] = {command.words[2]: command for command in deployed().all("functions deploy")}
    worker_size = sizes["brisa-worker"]
    (work, _) = deployed().all("tasks queues create")
    assert int(worker_size.flag("timeout").rstrip("s")) >= 1800
    assert int(worker_size.flag("concurrency")) * int(worker_size.flag("max-instances")) == int(
        work.flag("max-concurrent-dispatches")
    )
    for size in sizes.values():
        assert size.file("env-vars-file")["THREADS"] == size.flag("concurrency")


def test_triggers_have_the_types_that_the_events_function_reads() -> None:
    """Both, in Terraform and in the script, and no other."""
    types = {storage_event.FINALIZED, storage_event.DELETED}
    in_terraform = set(
        re.findall(r'"(google\.cloud\.storage\.[\w.]+)"', read("terraform", "modules", "events", "main.tf"))
    )
    in_script = {
        text.removeprefix("type=")
        for c in deployed().all("eventarc triggers create")
        for text in c.flags["event-filters"]
        if text.startswith("type=")
    }
    assert in_terraform == in_script == types


# --- Firestore, secrets, roles ------------------------------------------------------------------------------


def test_the_adapters_own_file_declares_the_indexes() -> None:
    """Terraform reads that very file, and the script makes a command of each index, field and expiry."""
    indexes = json.loads((ROOT / "shared/brisa/adapters/firestore/indexes.json").read_text("utf-8"))
    (path,) = re.findall(r'"\$\{path\.module\}/(.*indexes\.json)"', read("terraform", "modules", "brisa", "main.tf"))
    assert (
        INFRA / "terraform" / "modules" / "brisa" / path
    ).resolve() == ROOT / "shared/brisa/adapters/firestore/indexes.json"

    run = deployed()
    assert len(run.all("firestore indexes composite create")) == len(indexes["indexes"])
    assert len(run.all("firestore indexes fields update")) == len(indexes["fieldOverrides"])
    expiring = {(c.flag("collection-group"), c.words[4]) for c in run.all("firestore fields ttls update")}
    assert expiring == {(f["collectionGroup"], f["fieldPath"]) for f in indexes["fieldOverrides"] if f.get("ttl")}


PERMISSIONS = {
    "access_secret_version": "secretmanager.versions.access",
    "add_secret_version": "secretmanager.versions.add",
    "create_secret": "secretmanager.secrets.create",
    "delete_secret": "secretmanager.secrets.delete",
    "destroy_secret_version": "secretmanager.versions.destroy",
    "list_secret_versions": "secretmanager.versions.list",
    "list_secrets": "secretmanager.secrets.list",
}
"""Method of Secret Manager's client → the permission that it takes."""


def test_the_api_may_do_to_secrets_what_the_adapter_does() -> None:
    """And nothing else; the worker reads."""
    source = (ROOT / "shared/brisa/adapters/secretmanager/secrets.py").read_text("utf-8")
    used = {PERMISSIONS[method] for method in re.findall(r"self\._client\.(\w+_secret\w*)\(", source)}
    roles = {
        c.words[3].rpartition("_")[2]: set(c.flag("permissions").split(",")) for c in deployed().all("iam roles create")
    }

    assert roles["maker"] | roles["keeper"] == used
    assert roles["reader"] == {"secretmanager.versions.access", "secretmanager.versions.list"}
    declared = set(re.findall(r'"(secretmanager\.\w+\.\w+)"', read("terraform", "modules", "secrets", "main.tf")))
    assert declared == used


def test_the_roles_that_errors_advise_are_given() -> None:
    """Whoever follows an error's advice finds that the deployment has done it."""
    advised: set[str] = set()
    for file in (ROOT / "shared/brisa/adapters").rglob("failures.py"):
        if file.parent.name != "secretmanager":  # narrower roles than Google's own are made for those
            advised |= set(re.findall(r"roles/[a-zA-Z.]+\w", file.read_text("utf-8")))
    given = {command.flag("role") for command in deployed().commands if "add-iam-policy-binding" in command.words}
    assert advised <= given
    in_terraform = set(
        re.findall(
            r'"(roles/[a-zA-Z.]+)"',
            "\n".join(f.read_text("utf-8") for f in (INFRA / "terraform" / "modules").rglob("main.tf")),
        )
    )
    assert advised <= in_terraform


# --- monitoring ---------------------------------------------------------------------------------------------


def outcomes() -> set[str]:
    """What a log line may say became of a request, by the code."""
    sources = [
        Path(module.__file__ or "").read_text("utf-8")
        for module in (answering, planner, worker, events, refusals, target)
    ]
    found = re.findall(
        r'entry\.outcome = "([\w ]+)"|Refusal\(\d+, "([\w ]+)"|outcome = "([\w ]+)" if', "\n".join(sources)
    )
    return {word for words in found for word in words if word} | set(target._OUTCOMES.values())


def filters() -> Iterator[tuple[str, str]]:
    """Metric → its filter."""
    for metric in json.loads(read("monitoring", "metrics.json")):
        yield metric["name"].removeprefix("${name}/"), metric["filter"]


def test_metrics_look_for_what_the_code_logs() -> None:
    """Outcomes, functions, fields and texts in the filters are those of the code."""
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "shared" / "brisa").rglob("*.py"))
    told = set(re.findall(r"``(\w+)``", (news.__doc__ or "").partition("alerts look for that:")[2]))
    assert all(f'"{event}"' in Path(news.__file__ or "").read_text("utf-8") for event in told)
    for metric, wanted in filters():
        assert set(re.findall(r'jsonPayload\.outcome="([^"]+)"', wanted)) <= outcomes(), metric
        assert set(re.findall(r'jsonPayload\.function="([^"]+)"', wanted)) <= set(FUNCTIONS), metric
        assert set(re.findall(r'jsonPayload\.event="([^"]+)"', wanted)) <= told, metric
        assert "textPayload" not in wanted, f"{metric}: all that is logged is JSON"
        for text in re.findall(r'jsonPayload\.message:"([^"]+)"', wanted):
            assert text in code, metric
    fields = set(re.findall(r"jsonPayload\.(\w+)", read("monitoring", "metrics.json")))
    assert fields == {"function", "outcome", "milliseconds", "runs", "event", "message", "dag_id", "file", "kind"}
    assert all(f'"{field}"' in code or f"{field}=" in code for field in fields)


def test_alerts_and_the_dashboard_show_metrics_that_there_are() -> None:
    """Every metric of brisa's own is shown, and no other is named."""
    own = {name for name, _ in filters()}
    for file in ("alerts.json", "dashboard.json"):
        named = set(re.findall(r"logging\.googleapis\.com/user/\$\{name\}/(\w+)", read("monitoring", file)))
        assert named <= own, file
    assert own - set(re.findall(r"user/\$\{name\}/(\w+)", read("monitoring", "dashboard.json"))) == {"unplanned"}


def test_every_alert_says_what_to_do() -> None:
    """A title, a severity, and a text for whoever is woken by it."""
    alerts = json.loads(read("monitoring", "alerts.json"))
    assert len(alerts) == len({alert["displayName"] for alert in alerts})
    for alert in alerts:
        assert alert["severity"] in ("CRITICAL", "ERROR", "WARNING")
        assert len(alert["documentation"]["content"]) > 60
        assert alert["conditions"]


def test_every_alert_names_its_runbook() -> None:
    """A heading of the operations page, which is the alert's own name."""
    for alert in json.loads(read("monitoring", "alerts.json")):
        heading = alert["displayName"].removeprefix("${name}: ")
        anchor = re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        assert alert["documentation"]["content"].endswith(
            f" What to do: `shared/docs/how-to/operate/runbooks.md#{anchor}`."
        ), heading


def test_what_people_must_hear_of_has_an_alert() -> None:
    """Each event that is an error but a task's, whose run fails or goes on, and what the operators must see to."""
    alerts = read("monitoring", "alerts.json")
    for metric in ("failed_runs", "stuck_runs", "failed_files", "tick_milliseconds", "repairs", "lost_attempts"):
        assert f"/{metric}" in alerts, metric
    for metric in ("queue/task_attempt_delays", "queue/depth"):
        assert metric in alerts, metric


# --- Terraform's own form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_is_complete(module: Path) -> None:
    """Every variable has a type and a description, every output a description, and the provider has bounds."""
    variables = parsed(module / "variables.tf").get("variable", [])
    outputs = parsed(module / "outputs.tf").get("output", [])
    assert variables
    assert outputs
    for block in variables:
        for name, said in block.items():
            assert {"type", "description"} <= set(said), name
    for block in outputs:
        for name, said in block.items():
            assert {"value", "description"} <= set(said), name
    assert '"hashicorp/google"' in (module / "versions.tf").read_text("utf-8")


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_an_environment_pins_the_provider_and_keeps_its_state_elsewhere(name: str) -> None:
    """One version, and a bucket for the state that is told when Terraform begins."""
    folder = INFRA / "terraform" / "environments" / name
    assert 'version = "6.50.0"' in (folder / "versions.tf").read_text("utf-8")
    assert f'backend "gcs" {{\n    prefix = "brisa/{name}"' in (folder / "backend.tf").read_text("utf-8")
