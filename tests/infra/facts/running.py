"""What runs, and what calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.infra.commands import Command, DryRun
from tests.infra.facts.common import Fact, Values, each, facts, first, labels
from tests.infra.terraform import Plan


def queues_planned(plan: Plan) -> set[Fact]:
    return facts(
        (
            one["name"],
            one["location"],
            float(first(one, "rate_limits", "max_dispatches_per_second")),
            first(one, "rate_limits", "max_concurrent_dispatches"),
            first(one, "retry_config", "max_attempts"),
            first(one, "retry_config", "min_backoff"),
            first(one, "retry_config", "max_backoff"),
            first(one, "retry_config", "max_doublings"),
            float(first(one, "stackdriver_logging_config", "sampling_ratio")),
        )
        for one in each(plan, "google_cloud_tasks_queue")
    )


def queues_run(run: DryRun) -> set[Fact]:
    return facts(
        (
            one.words[3],
            one.flag("location"),
            float(one.flag("max-dispatches-per-second")),
            int(one.flag("max-concurrent-dispatches")),
            -1 if one.flag("max-attempts") == "unlimited" else int(one.flag("max-attempts")),
            one.flag("min-backoff"),
            one.flag("max-backoff"),
            int(one.flag("max-doublings")),
            float(one.flag("log-sampling-ratio")),
        )
        for one in run.all("tasks queues create")
    )


def images_planned(plan: Plan) -> set[Fact]:
    def policy(one: Values) -> dict[str, Any]:
        return {
            "name": one["id"],
            "action": one["action"],
            "keep": first(one, "most_recent_versions", "keep_count"),
            "older": first(one, "condition", "older_than"),
        }

    return facts(
        (
            one["repository_id"],
            one["location"],
            one["format"],
            one["kms_key_name"] or "",
            one["labels"],
            [policy(each) for each in one["cleanup_policies"]],
        )
        for one in each(plan, "google_artifact_registry_repository")
    )


def images_run(run: DryRun) -> set[Fact]:
    (cleanup,) = run.all("artifacts repositories set-cleanup-policies")
    policies = [
        {
            "name": one["name"],
            "action": one["action"]["type"].upper(),
            "keep": one.get("mostRecentVersions", {}).get("keepCount"),
            "older": one.get("condition", {}).get("olderThan"),
        }
        for one in cleanup.file("policy")
    ]
    return facts(
        (
            one.words[3],
            one.flag("location"),
            one.flag("repository-format").upper(),
            one.flag("kms-key"),
            labels(one.flag("labels")),
            policies,
        )
        for one in run.all("artifacts repositories create")
    )


INGRESS = {"all": "ALLOW_ALL", "internal-only": "ALLOW_INTERNAL_ONLY", "internal-and-gclb": "ALLOW_INTERNAL_AND_GCLB"}
LEARNED = ("BRISA_AUDIENCE", "BRISA_IAP_AUDIENCE")
"""What a plan can't know of the events function and of the api: addresses that Google gives."""


def functions_planned(plan: Plan) -> set[Fact]:
    rows = []
    for one in each(plan, "google_cloudfunctions2_function"):
        build, service = first(one, "build_config"), first(one, "service_config")
        rows.append(
            (
                one["name"],
                one["location"],
                build["runtime"],
                build["entry_point"],
                build["docker_repository"],
                service["available_cpu"],
                service["available_memory"],
                service["timeout_seconds"],
                service["max_instance_request_concurrency"],
                service["min_instance_count"],
                service["max_instance_count"],
                service["service_account_email"],
                service["ingress_settings"],
                service["vpc_connector"] or "",
                one["kms_key_name"] or "",
                one["labels"],
                {
                    each["key"]: f"{each['secret']}:{each['version']}"
                    for each in service["secret_environment_variables"]
                },
                _known(service["environment_variables"]),
            )
        )
    return facts(rows)


def functions_run(run: DryRun) -> set[Fact]:
    return facts(
        (
            one.words[2],
            one.flag("region"),
            one.flag("runtime"),
            one.flag("entry-point"),
            one.flag("docker-repository"),
            one.flag("cpu"),
            one.flag("memory"),
            int(one.flag("timeout").rstrip("s")),
            int(one.flag("concurrency")),
            int(one.flag("min-instances")),
            int(one.flag("max-instances")),
            one.flag("service-account"),
            INGRESS[one.flag("ingress-settings")],
            one.flag("vpc-connector"),
            one.flag("kms-key"),
            labels(one.flag("update-labels")),
            labels(one.flag("set-secrets")),
            _known(one.file("env-vars-file")),
        )
        for one in run.all("functions deploy")
    )


def jobs_planned(plan: Plan) -> set[Fact]:
    rows = []
    for one in each(plan, "google_cloud_run_v2_job"):
        task = first(one, "template", "template")
        container = first(task, "containers")
        told = {each["name"]: each["value"] for each in container["env"] if not each["value_source"]}
        secrets = {
            each["name"]: first(each, "value_source", "secret_key_ref")
            for each in container["env"]
            if each["value_source"]
        }
        rows.append(
            (
                one["name"],
                one["location"],
                first(one, "template")["task_count"],
                task["max_retries"],
                task["timeout"],
                task["service_account"],
                task["encryption_key"] or "",
                " ".join(container["command"]),
                ",".join(container["args"]),
                first(container, "resources", "limits", "cpu"),
                first(container, "resources", "limits", "memory"),
                first(task, "vpc_access", "connector") or "",
                (first(task, "vpc_access", "egress") or "").lower().replace("_", "-"),
                one["labels"],
                {name: f"{secret['secret']}:{secret['version']}" for name, secret in secrets.items()},
                _known(told),
            )
        )
    return facts(rows)


def jobs_run(run: DryRun) -> set[Fact]:
    return facts(
        (
            one.words[3],
            one.flag("region"),
            int(one.flag("tasks")),
            int(one.flag("max-retries")),
            one.flag("task-timeout"),
            one.flag("service-account"),
            one.flag("key"),
            one.flag("command"),
            one.flag("args"),
            one.flag("cpu"),
            one.flag("memory"),
            one.flag("vpc-connector"),
            one.flag("vpc-egress"),
            labels(one.flag("labels")),
            labels(one.flag("set-secrets")),
            _known(one.file("env-vars-file")),
        )
        for one in run.all("run jobs create")
    )


def _known(environment: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {name: value for name, value in environment.items() if name not in LEARNED}
    return {**told, "BRISA_POLICY": json.loads(told["BRISA_POLICY"])} if "BRISA_POLICY" in told else told


def tick_planned(plan: Plan) -> set[Fact]:
    return facts(
        (
            one["name"],
            one["region"],
            one["schedule"],
            one["time_zone"],
            one["attempt_deadline"],
            one["description"],
            first(one, "retry_config", "retry_count"),
            first(one, "http_target", "uri"),
            first(one, "http_target", "http_method"),
            first(one, "http_target", "oidc_token", "service_account_email"),
            first(one, "http_target", "oidc_token", "audience"),
        )
        for one in each(plan, "google_cloud_scheduler_job")
    )


def tick_run(run: DryRun) -> set[Fact]:
    return facts(
        (
            one.words[4],
            one.flag("location"),
            one.flag("schedule"),
            one.flag("time-zone"),
            one.flag("attempt-deadline"),
            one.flag("description"),
            int(one.flag("max-retry-attempts")),
            one.flag("uri"),
            one.flag("http-method"),
            one.flag("oidc-service-account-email"),
            one.flag("oidc-token-audience"),
        )
        for one in run.all("scheduler jobs create http")
    )


def triggers_planned(plan: Plan) -> set[Fact]:
    return facts(
        (
            one["name"],
            one["location"],
            one["service_account"],
            {each["attribute"]: each["value"] for each in one["matching_criteria"]},
            first(one, "destination", "cloud_run_service"),
            one["labels"],
        )
        for one in each(plan, "google_eventarc_trigger")
    )


def triggers_run(run: DryRun) -> set[Fact]:
    def destination(one: Command) -> dict[str, str]:
        return {name: one.flag(f"destination-run-{name}") for name in ("service", "region", "path")}

    return facts(
        (
            one.words[3],
            one.flag("location"),
            one.flag("service-account"),
            dict(text.split("=", 1) for text in one.flags["event-filters"]),
            destination(one),
            labels(one.flag("labels")),
        )
        for one in run.all("eventarc triggers create")
    )
