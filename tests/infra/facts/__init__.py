"""What a deployment consists of, told in one way: by Terraform's plan, and by the script's dry run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.infra.commands import DryRun
from tests.infra.facts import kept, rights, running, telling
from tests.infra.facts.common import Fact
from tests.infra.terraform import Plan

BOTH: Mapping[str, tuple[Callable[[Plan], set[Fact]], Callable[[DryRun], set[Fact]]]] = {
    "services": (rights.services_planned, rights.services_run),
    "accounts": (rights.accounts_planned, rights.accounts_run),
    "roles": (rights.roles_planned, rights.roles_run),
    "custom roles": (rights.custom_roles_planned, rights.custom_roles_run),
    "buckets": (kept.buckets_planned, kept.buckets_run),
    "database": (kept.database_planned, kept.database_run),
    "secrets": (kept.secrets_planned, kept.secrets_run),
    "queues": (running.queues_planned, running.queues_run),
    "images": (running.images_planned, running.images_run),
    "functions": (running.functions_planned, running.functions_run),
    "jobs": (running.jobs_planned, running.jobs_run),
    "tick": (running.tick_planned, running.tick_run),
    "triggers": (running.triggers_planned, running.triggers_run),
    "metrics": (telling.metrics_planned, telling.metrics_run),
    "alerts": (telling.alerts_planned, telling.alerts_run),
    "dashboard, channels, budget": (telling.told_planned, telling.told_run),
    "console": (telling.console_planned, telling.console_run),
}
"""Entity → its facts by a plan, and by a dry run."""
