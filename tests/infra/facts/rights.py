"""Services, accounts, and who may do what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.infra.commands import DryRun
from tests.infra.facts.common import Fact, Values, condition, each, facts, first
from tests.infra.terraform import Plan


def services_planned(plan: Plan) -> set[Fact]:
    return facts((one["service"],) for one in each(plan, "google_project_service"))


def services_run(run: DryRun) -> set[Fact]:
    return facts((word,) for one in run.all("services enable") for word in one.words[2:])


def accounts_planned(plan: Plan) -> set[Fact]:
    return facts((one["account_id"], one["display_name"]) for one in each(plan, "google_service_account"))


def accounts_run(run: DryRun) -> set[Fact]:
    return facts((one.words[3], one.flag("display-name")) for one in run.all("iam service-accounts create"))


def roles_planned(plan: Plan) -> set[Fact]:
    """(what, role, member, condition) of every right that is given."""
    what: Mapping[str, Callable[[Values], str]] = {
        "google_project_iam_member": lambda one: f"project {one['project']}",
        "google_storage_bucket_iam_member": lambda one: f"bucket {one['bucket']}",
        "google_cloud_tasks_queue_iam_member": lambda one: f"queue {one['name']}",
        "google_artifact_registry_repository_iam_member": lambda one: f"repository {one['repository']}",
        "google_cloud_run_v2_service_iam_member": lambda one: f"service {one['name']}",
        "google_cloud_run_v2_job_iam_member": lambda one: f"job {one['name']}",
        "google_secret_manager_secret_iam_member": lambda one: f"secret {one['secret_id']}",
        "google_kms_crypto_key_iam_member": lambda one: f"key {one['crypto_key_id']}",
        "google_iap_web_backend_service_iam_member": lambda one: f"backend {one['web_backend_service']}",
    }
    given = [
        (name(one), one["role"], one["member"], first(one, "condition", "expression") or "")
        for kind, name in what.items()
        for one in each(plan, kind)
    ]
    # Terraform names an account by what it becomes, which a plan does not know: its address tells.
    for address, one in plan.all("google_service_account_iam_member").items():
        who = address.partition('["')[2].rstrip('"]')
        as_whom = "tasks" if "sends_as" in address else who
        email = f"brisa-{as_whom}@{plan.told['variables']['project_id']['value']}.iam.gserviceaccount.com"
        given.append((f"account {email}", one["role"], one["member"], ""))
    return facts(given)


def roles_run(run: DryRun) -> set[Fact]:
    groups = {
        "projects add-iam-policy-binding": ("project", 2),
        "iam service-accounts add-iam-policy-binding": ("account", 3),
        "storage buckets add-iam-policy-binding": ("bucket", 3),
        "tasks queues add-iam-policy-binding": ("queue", 3),
        "artifacts repositories add-iam-policy-binding": ("repository", 3),
        "run services add-iam-policy-binding": ("service", 3),
        "run jobs add-iam-policy-binding": ("job", 3),
        "secrets add-iam-policy-binding": ("secret", 2),
        "kms keys add-iam-policy-binding": ("key", 3),
    }
    given = [
        (
            f"{what} {one.words[at].removeprefix('gs://')}",
            one.flag("role"),
            one.flag("member"),
            condition(one.flag("condition")),
        )
        for group, (what, at) in groups.items()
        for one in run.all(group)
    ]
    people = run.all("iap web add-iam-policy-binding")
    return facts(
        [*given, *((f"backend {one.flag('service')}", one.flag("role"), one.flag("member"), "") for one in people)]
    )


def custom_roles_planned(plan: Plan) -> set[Fact]:
    return facts(
        (one["role_id"], one["title"], sorted(one["permissions"]))
        for one in each(plan, "google_project_iam_custom_role")
    )


def custom_roles_run(run: DryRun) -> set[Fact]:
    return facts(
        (one.words[3], one.flag("title"), sorted(one.flag("permissions").split(",")))
        for one in run.all("iam roles create")
    )
