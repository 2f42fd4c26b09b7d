"""Terraform takes the modules and environments, refuses what it should, and plans what the script does, too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra import facts
from tests.infra.commands import NUMBER, PROJECT, DryRun, dry_run
from tests.infra.heavy import heavy
from tests.infra.terraform import ROOT, SOURCE, VERSION, Plan, Workspace, require

pytestmark = pytest.mark.slow
POLICY = ROOT / "tests" / "infra" / "policy.json"
KEY = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/key"
CONNECTOR = f"projects/{PROJECT}/locations/europe-west1/connectors/private"
PROD: dict[str, Any] = {
    "project_id": PROJECT,
    "api_invokers": ["user:ana@example.com", "group:data@example.com"],
    "policy": json.loads(POLICY.read_text("utf-8")),
    "worker_roles": ["roles/bigquery.jobUser", "roles/bigquery.dataEditor"],
    "event_buckets": [{"name": "landing", "location": "EU"}],
    "secret_environment": {"BRISA_SMTP_PASSWORD": {"secret": "smtp", "functions": ["worker", "planner"]}},
    "console": {"domain": "brisa.example.com", "people": ["group:data@example.com"]},
    "kms_key": KEY,
    "vpc_connector": CONNECTOR,
    "alert_emails": ["ops@example.com"],
    "budget": {"billing_account": "012345-6789AB-CDEF01", "amount": 100},
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy that Terraform can work in."""
    require()
    return Workspace.make(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="module")
def dev(workspace: Workspace) -> Plan:
    """The smallest deployment."""
    return workspace.plan(workspace.terraform / "environments" / "dev", {"project_id": PROJECT})


@pytest.fixture(scope="module")
def prod(workspace: Workspace) -> Plan:
    """Everything that there is."""
    return workspace.plan(workspace.terraform / "environments" / "prod", PROD)


@pytest.fixture(scope="module")
def dev_script() -> DryRun:
    """The same with gcloud."""
    return dry_run(
        f"--project-number={NUMBER}",
        "--label=environment=dev",
        "--unprotected",
        "--backup-days=0",
        "--keep-days=14",
        "--unpaused",
        "--size=worker=1,1Gi,1800,1,0,10",
        "--worker-role=roles/bigquery.jobUser",
    )


@pytest.fixture(scope="module")
def prod_script() -> DryRun:
    """The same with gcloud."""
    return dry_run(
        f"--project-number={NUMBER}",
        "--label=environment=prod",
        "--point-in-time-recovery",
        "--backup-days=30",
        "--api-invoker=user:ana@example.com",
        "--api-invoker=group:data@example.com",
        f"--policy={POLICY}",
        "--worker-role=roles/bigquery.jobUser",
        "--worker-role=roles/bigquery.dataEditor",
        "--event-bucket=landing:EU",
        "--secret=BRISA_SMTP_PASSWORD=smtp:worker+planner",
        "--console=brisa.example.com",
        "--console-person=group:data@example.com",
        f"--kms-key={KEY}",
        f"--vpc-connector={CONNECTOR}",
        "--alert-email=ops@example.com",
        "--budget=012345-6789AB-CDEF01:100",
    )


# --- parity -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", facts.BOTH)
def test_the_smallest_deployment_is_the_same_with_both(dev: Plan, dev_script: DryRun, entity: str) -> None:
    """Each fact that Terraform plans is one of the script's, and the other way round."""
    planned, run = facts.BOTH[entity]
    assert planned(dev) == run(dev_script)


@pytest.mark.parametrize("entity", facts.BOTH)
def test_everything_is_the_same_with_both(prod: Plan, prod_script: DryRun, entity: str) -> None:
    """With each option that there is; nothing is empty then."""
    planned, run = facts.BOTH[entity]
    found = planned(prod)
    assert found
    assert found == run(prod_script)


COMPARED_OTHERWISE = {
    "google_storage_bucket_object": "the script copies the same zip to the same place",
}


def test_no_kind_of_resource_is_left_out_of_the_comparison(prod: Plan) -> None:
    """A kind that a module begins to use has to be compared, too."""
    source = "\n".join(file.read_text("utf-8") for file in Path(facts.__file__).parent.glob("*.py"))
    shortened = {f"google_compute_{kind}" for kind in ("url_map", "target_https_proxy", "global_address")}
    compared = set(re.findall(r'"(google_\w+)"', source)) | shortened | set(COMPARED_OTHERWISE)
    assert prod.kinds() - compared == set()


def test_the_first_source_goes_to_the_same_place(dev: Plan, dev_script: DryRun) -> None:
    """A zip per function."""
    planned = {f"gs://{one['bucket']}/{one['name']}" for one in dev.all("google_storage_bucket_object").values()}
    assert planned == {command.words[3] for command in dev_script.all("storage cp")}
    assert planned == {command.flag("source") for command in dev_script.all("functions deploy")}


# --- what must hold -----------------------------------------------------------------------------------------------


def test_terraform_reads_every_file(workspace: Workspace) -> None:
    """Each is written as `terraform fmt` writes it, and both environments are valid."""
    assert not workspace.good(workspace.terraform, "fmt", "-check", "-recursive", "-diff")
    for name in ("dev", "prod"):
        place = workspace.terraform / "environments" / name
        workspace.good(place, "init", "-input=false")
        assert "The configuration is valid" in workspace.good(place, "validate")


def test_what_holds_data_is_protected(prod: Plan, dev: Plan) -> None:
    """In prod; dev can be thrown away."""
    for plan, protected in ((prod, True), (dev, False)):
        (database,) = plan.all("google_firestore_database").values()
        assert (database["delete_protection_state"] == "DELETE_PROTECTION_ENABLED") is protected
        assert (database["deletion_policy"] == "ABANDON") is protected
        assert {bucket["force_destroy"] for bucket in plan.all("google_storage_bucket").values()} == {not protected}
    assert all(secret["deletion_protection"] for secret in prod.all("google_secret_manager_secret").values())


def test_nobody_has_a_basic_role_and_nothing_is_open(prod: Plan) -> None:
    """Neither everybody nor an owner, editor or viewer of the whole project is anywhere in the plan."""
    for what, role, member, _ in facts.rights.roles_planned(prod):
        assert role not in ("roles/owner", "roles/editor", "roles/viewer"), what
        assert member not in ("allUsers", "allAuthenticatedUsers"), what
    assert {one["public_access_prevention"] for one in prod.all("google_storage_bucket").values()} == {"enforced"}


def test_each_function_has_an_account_of_its_own(prod: Plan) -> None:
    """And no other function may do what only one needs: read secrets, run queries."""
    accounts = [
        one["service_config"][0]["service_account_email"]
        for one in prod.all("google_cloudfunctions2_function").values()
    ]
    assert len(set(accounts)) == 4
    by_account: dict[str, set[str]] = {}
    for _, role, member, _ in facts.rights.roles_planned(prod):
        by_account.setdefault(member.partition(":brisa-")[2].partition("@")[0], set()).add(role.rpartition("/")[2])
    assert by_account["planner"] == {
        "datastore.user",
        "iam.serviceAccountUser",
        "storage.objectUser",
        "cloudtasks.enqueuer",
        "secretmanager.secretAccessor",
        "run.invoker",
    } - {"run.invoker"}
    assert by_account["events"] == {
        "datastore.user",
        "iam.serviceAccountUser",
        "storage.objectViewer",
        "cloudtasks.enqueuer",
    }
    assert by_account["tasks"] == by_account["scheduler"] == {"run.invoker"}
    assert by_account["eventarc"] == {"run.invoker", "eventarc.eventReceiver"}


def test_events_are_for_either_address(dev: Plan) -> None:
    """The audience of the events function is learned from Google; all others are known before."""
    for address, one in dev.all("google_cloudfunctions2_function").items():
        assert ("BRISA_AUDIENCE" in one["service_config"][0]["environment_variables"]) is ("events" not in address)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"project_id": "X"}, "project_id has 6 to 30"),
    ({"region": "europe"}, "region is one of Google Cloud's regions"),
    ({"api_invokers": ["allUsers"]}, "api_invokers must not have allUsers"),
    ({"worker_roles": ["roles/editor"]}, "worker_roles must not have a basic role"),
    ({"policy": {"owner": []}}, "policy has the roles admin, op, user and viewer"),
    ({"alert_emails": ["ops"]}, "emails are addresses like"),
    ({"budget": {"billing_account": "1", "amount": 5}}, "billing_account is like"),
]


@pytest.mark.parametrize(
    ("change", "error"), WRONG, ids=lambda value: next(iter(value)) if isinstance(value, dict) else ""
)
def test_a_wrong_variable_is_refused(workspace: Workspace, change: dict[str, Any], error: str) -> None:
    """With a sentence that says what it has to be."""
    place = workspace.terraform / "environments" / "dev"
    workspace.good(place, "init", "-input=false")
    (place / "wrong.tfvars.json").write_text(json.dumps({"project_id": PROJECT, **change}), "utf-8")
    done = workspace.run(place, "plan", "-input=false", "-var-file=wrong.tfvars.json")
    assert done.returncode == 1
    assert error in " ".join(done.stderr.replace("│", " ").split())


def test_the_stand_in_knows_names_and_values(workspace: Workspace, tmp_path: Path) -> None:
    """A name that the provider has not, or a value that it does not take, is an error: so plans say something."""
    for text, error in (('colour = "red"', "Unsupported argument"), ('type = "FLYING"', "must be one of")):
        given = f'name = "d"\n  location_id = "eur3"\n  {text}'
        (tmp_path / "main.tf").write_text(f'resource "google_firestore_database" "d" {{\n  {given}\n}}\n', "utf-8")
        workspace.good(tmp_path, "init", "-input=false")
        done = workspace.run(tmp_path, "validate")
        assert done.returncode == 1
        assert error in done.stderr


# --- the README ---------------------------------------------------------------------------------------------------


def examples() -> list[tuple[str, str]]:
    """Title → each of the README's examples in Terraform's language."""
    page = (SOURCE / "README.md").read_text("utf-8")
    return re.findall(r"^#+ ([^\n]+)\n(?:(?!^#).)*?^```hcl\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@heavy
@pytest.mark.parametrize(("title", "code"), examples(), ids=[title for title, _ in examples()])
def test_an_example_of_the_readme_can_be_planned(workspace: Workspace, title: str, code: str) -> None:
    """As it stands, in a folder beside the environments."""
    place = workspace.terraform / "environments" / re.sub(r"\W+", "-", title.lower())
    place.mkdir()
    (place / "main.tf").write_text(code, "utf-8")
    plan = workspace.plan(place)
    assert len(plan.all("google_cloudfunctions2_function")) == 4
    assert f'version = "{VERSION}"' in code or "hashicorp/google" not in code
