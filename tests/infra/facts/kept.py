"""What holds data: buckets, the database, secrets."""

from __future__ import annotations

from typing import Any

from tests.infra.commands import DryRun
from tests.infra.facts.common import Fact, Values, each, facts, first, labels
from tests.infra.terraform import Plan


def buckets_planned(plan: Plan) -> set[Fact]:
    def rule(one: Values) -> dict[str, Any]:
        condition = {name: value for name, value in first(one, "condition").items() if value not in (None, [], "")}
        return {"action": first(one, "action", "type"), **condition}

    return facts(
        (
            one["name"],
            one["location"],
            one["storage_class"],
            one["uniform_bucket_level_access"],
            one["public_access_prevention"],
            first(one, "soft_delete_policy", "retention_duration_seconds"),
            first(one, "versioning", "enabled"),
            [rule(each) for each in one["lifecycle_rule"]],
            first(one, "encryption", "default_kms_key_name") or "",
            one["labels"],
        )
        for one in each(plan, "google_storage_bucket")
    )


def buckets_run(run: DryRun) -> set[Fact]:
    def rule(one: Values) -> dict[str, Any]:
        names = {
            "age": "age",
            "numNewerVersions": "num_newer_versions",
            "daysSinceNoncurrentTime": "days_since_noncurrent_time",
        }
        condition = {names[name]: value for name, value in one["condition"].items() if name in names}
        state = (
            {}
            if "isLive" not in one["condition"]
            else {"with_state": "LIVE" if one["condition"]["isLive"] else "ARCHIVED"}
        )
        return {"action": one["action"]["type"], **condition, **state}

    settings = {one.words[3]: one for one in run.all("storage buckets update")}
    return facts(
        (
            one.words[3].removeprefix("gs://"),
            one.flag("location"),
            one.flag("default-storage-class"),
            "uniform-bucket-level-access" in one.flags,
            "enforced" if "public-access-prevention" in one.flags else "inherited",
            int(one.flag("soft-delete-duration").rstrip("d")) * 86400,
            "versioning" in settings[one.words[3]].flags,
            [rule(each) for each in settings[one.words[3]].file("lifecycle-file")["rule"]],
            one.flag("default-encryption-key"),
            labels(settings[one.words[3]].flag("update-labels")),
        )
        for one in run.all("storage buckets create")
    )


def database_planned(plan: Plan) -> set[Fact]:
    rows: list[Fact] = [
        (
            one["name"],
            one["location_id"],
            one["type"],
            one["delete_protection_state"] == "DELETE_PROTECTION_ENABLED",
            one["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_ENABLED",
            first(one, "cmek_config", "kms_key_name") or "",
        )
        for one in each(plan, "google_firestore_database")
    ]
    for one in each(plan, "google_firestore_index"):
        columns = [f"{field['field_path']} {field['order'] or field['array_config']}" for field in one["fields"]]
        rows.append(("index", one["database"], one["collection"], one["query_scope"], columns))
    for one in each(plan, "google_firestore_field"):
        ways = sorted(each["order"] for each in first(one, "index_config")["indexes"])
        rows.append(("field", one["database"], one["collection"], one["field"], ways))
        if one["ttl_config"]:
            rows.append(("expires", one["database"], one["collection"], one["field"]))
    rows += [
        ("backup", one["database"], one["retention"], "daily") for one in each(plan, "google_firestore_backup_schedule")
    ]
    return facts(rows)


def database_run(run: DryRun) -> set[Fact]:
    rows: list[Fact] = [
        (
            one.flag("database"),
            one.flag("location"),
            one.flag("type").upper().replace("-", "_"),
            "delete-protection" in one.flags,
            "enable-pitr" in one.flags,
            one.flag("kms-key-name"),
        )
        for one in run.all("firestore databases create")
    ]
    for one in run.all("firestore indexes composite create"):
        named = [labels(text) for text in one.flags["field-config"]]
        columns = [f"{each['field-path']} {(each.get('order') or each['array-config']).upper()}" for each in named]
        rows.append(
            ("index", one.flag("database"), one.flag("collection-group"), one.flag("query-scope").upper(), columns)
        )
    for one in run.all("firestore indexes fields update"):
        ways = sorted(text.removeprefix("order=").upper() for text in one.flags.get("index", ()))
        assert bool(ways) != ("disable-indexes" in one.flags)
        rows.append(("field", one.flag("database"), one.flag("collection-group"), one.words[4], ways))
    expiring = run.all("firestore fields ttls update")
    rows += [("expires", one.flag("database"), one.flag("collection-group"), one.words[4]) for one in expiring]
    for one in run.all("firestore backups schedules create"):
        seconds = int(one.flag("retention").rstrip("d")) * 86400
        rows.append(("backup", one.flag("database"), f"{seconds}s", one.flag("recurrence")))
    return facts(rows)


def secrets_planned(plan: Plan) -> set[Fact]:
    key = ("replication", "auto", "customer_managed_encryption", "kms_key_name")
    return facts(
        (one["secret_id"], one["labels"], first(one, *key) or "") for one in each(plan, "google_secret_manager_secret")
    )


def secrets_run(run: DryRun) -> set[Fact]:
    return facts(
        (one.words[2], labels(one.flag("labels")), one.flag("kms-key-name")) for one in run.all("secrets create")
    )
