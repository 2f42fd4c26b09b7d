"""What tells people: metrics, alerts, the dashboard, the budget; and the console."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.commands import Command, DryRun
from tests.infra.facts.common import Fact, Values, each, facts, first, labels
from tests.infra.terraform import Plan


def metrics_planned(plan: Plan) -> set[Fact]:
    return facts(
        (
            one["name"],
            one["description"],
            one["filter"],
            one["value_extractor"] or "",
            one["label_extractors"] or {},
            [first(one, "metric_descriptor")[name] for name in ("metric_kind", "value_type", "unit")],
            [each["key"] for each in first(one, "metric_descriptor")["labels"]],
            list((first(one, "bucket_options", "exponential_buckets") or {}).values()),
        )
        for one in each(plan, "google_logging_metric")
    )


def metrics_run(run: DryRun) -> set[Fact]:
    def row(command: Command) -> Fact:
        one = command.file("config-from-file")
        buckets = one.get("bucketOptions", {}).get("exponentialBuckets", {})
        descriptor = one["metricDescriptor"]
        return (
            command.words[3],
            one["description"],
            one["filter"],
            one.get("valueExtractor", ""),
            one.get("labelExtractors", {}),
            [descriptor[name] for name in ("metricKind", "valueType", "unit")],
            [each["key"] for each in descriptor.get("labels", [])],
            [buckets[name] for name in ("growthFactor", "numFiniteBuckets", "scale") if buckets],
        )

    return facts(map(row, run.all("logging metrics create")))


def alerts_planned(plan: Plan) -> set[Fact]:
    def one_condition(one: Values) -> dict[str, Any]:
        kind = "condition_threshold" if one["condition_threshold"] else "condition_absent"
        found = first(one, kind)
        told = first(found, "aggregations")
        return {
            "name": one["display_name"],
            **{name: found.get(name) for name in ("filter", "comparison", "threshold_value", "duration")},
            **{
                name: told[name]
                for name in ("alignment_period", "per_series_aligner", "cross_series_reducer", "group_by_fields")
            },
        }

    return facts(
        (
            one["display_name"],
            one["severity"],
            one["combiner"],
            first(one, "documentation", "content"),
            one["user_labels"],
            [one_condition(each) for each in one["conditions"]],
        )
        for one in each(plan, "google_monitoring_alert_policy")
    )


def alerts_run(run: DryRun) -> set[Fact]:
    def one_condition(one: Values) -> dict[str, Any]:
        found = one.get("conditionThreshold") or one["conditionAbsent"]
        (told,) = found["aggregations"]
        return {
            "name": one["displayName"],
            "filter": found["filter"],
            "comparison": found.get("comparison"),
            "threshold_value": found.get("thresholdValue"),
            "duration": found["duration"],
            "alignment_period": told["alignmentPeriod"],
            "per_series_aligner": told["perSeriesAligner"],
            "cross_series_reducer": told.get("crossSeriesReducer"),
            "group_by_fields": told.get("groupByFields"),
        }

    found = [command.file("policy-from-file") for command in run.all("alpha monitoring policies create")]
    return facts(
        (
            one["displayName"],
            one["severity"],
            one["combiner"],
            one["documentation"]["content"],
            one["userLabels"],
            [one_condition(each) for each in one["conditions"]],
        )
        for one in found
    )


def told_planned(plan: Plan) -> set[Fact]:
    """The dashboard, whom alerts are sent to, and the budget."""
    rows: list[Fact] = [
        ("dashboard", json.loads(one["dashboard_json"])) for one in each(plan, "google_monitoring_dashboard")
    ]
    rows += [
        ("channel", one["display_name"], one["type"], one["labels"])
        for one in each(plan, "google_monitoring_notification_channel")
    ]
    for one in each(plan, "google_billing_budget"):
        amount = first(one, "amount", "specified_amount")
        rules = [f"{rule['threshold_percent']} {rule['spend_basis']}" for rule in one["threshold_rules"]]
        scope = first(one, "budget_filter")
        rows.append(
            (
                "budget",
                one["billing_account"],
                one["display_name"],
                f"{amount['units']}{amount['currency_code']}",
                scope["projects"],
                scope["calendar_period"],
                sorted(rules),
            )
        )
    return facts(rows)


def told_run(run: DryRun) -> set[Fact]:
    rows: list[Fact] = [("dashboard", one.file("config-from-file")) for one in run.all("monitoring dashboards create")]
    rows += [
        ("channel", one.flag("display-name"), one.flag("type"), labels(one.flag("channel-labels")))
        for one in run.all("beta monitoring channels create")
    ]
    for one in run.all("billing budgets create"):
        named = [labels(text) for text in one.flags["threshold-rule"]]
        rules = [f"{each['percent']} {each.get('basis', 'current-spend').upper().replace('-', '_')}" for each in named]
        rows.append(
            (
                "budget",
                one.flag("billing-account"),
                one.flag("display-name"),
                one.flag("budget-amount"),
                [one.flag("filter-projects")],
                one.flag("calendar-period").upper(),
                sorted(rules),
            )
        )
    return facts(rows)


def console_planned(plan: Plan) -> set[Fact]:
    rows: list[Fact] = [
        ("group", one["name"], one["region"], first(one, "cloud_run", "service"))
        for one in each(plan, "google_compute_region_network_endpoint_group")
    ]
    rows += [
        (
            "backend",
            one["name"],
            one["protocol"],
            one["load_balancing_scheme"],
            first(one, "iap", "enabled"),
            first(one, "log_config", "sample_rate"),
        )
        for one in each(plan, "google_compute_backend_service")
    ]
    rows += [
        ("certificate", one["name"], first(one, "managed", "domains"))
        for one in each(plan, "google_compute_managed_ssl_certificate")
    ]
    rows += [
        ("tls", one["name"], one["profile"], one["min_tls_version"]) for one in each(plan, "google_compute_ssl_policy")
    ]
    rows += [
        ("rule", one["name"], one["port_range"], one["load_balancing_scheme"])
        for one in each(plan, "google_compute_global_forwarding_rule")
    ]
    for kind in ("url_map", "target_https_proxy", "global_address"):
        rows += [(kind, one["name"]) for one in each(plan, f"google_compute_{kind}")]
    return facts(rows)


def console_run(run: DryRun) -> set[Fact]:
    rows: list[Fact] = [
        ("group", one.words[3], one.flag("region"), one.flag("cloud-run-service"))
        for one in run.all("compute network-endpoint-groups create")
    ]
    rows += [
        (
            "backend",
            one.words[3],
            one.flag("protocol"),
            one.flag("load-balancing-scheme"),
            one.flag("iap") == "enabled",
            int(one.flag("logging-sample-rate")),
        )
        for one in run.all("compute backend-services create")
    ]
    rows += [
        ("certificate", one.words[3], one.flag("domains").split(","))
        for one in run.all("compute ssl-certificates create")
    ]
    rows += [
        ("tls", one.words[3], one.flag("profile"), f"TLS_{one.flag('min-tls-version').replace('.', '_')}")
        for one in run.all("compute ssl-policies create")
    ]
    rows += [
        ("rule", one.words[3], one.flag("ports"), one.flag("load-balancing-scheme"))
        for one in run.all("compute forwarding-rules create")
    ]
    for group, kind in (
        ("url-maps", "url_map"),
        ("target-https-proxies", "target_https_proxy"),
        ("addresses", "global_address"),
    ):
        rows += [(kind, one.words[3]) for one in run.all(f"compute {group} create")]
    return facts(rows)
