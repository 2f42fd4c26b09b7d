"""In which module the routes of a path are, so that who asks for one thing need not load all: that takes seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_API = "/api/v2"
_RUN = f"{_API}/dags/[^/]+/dagRuns/[^/]+"
_TASK = f"{_RUN}/taskInstances/[^/]+"
_INDEX = "(/-?[0-9]+)?"
PLACES: Mapping[str, str] = {
    "asset_state_store": f"{_API}/assets/[^/]+/state-store.*",
    "assets": f"{_API}/assets(/[^/]+)*|{_API}/dags/[^/]+/assets.*",
    "backfills": f"{_API}/backfills.*",
    "changes": f"{_API}/changes",
    "config": f"{_API}/config.*",
    "connections": f"{_API}/connections.*",
    "cost": f"{_API}/cost",
    "dag_parsing": f"{_API}/parseDagFile/.*",
    "dag_run_changes": f"{_RUN}(/clear)?|{_API}/dags/[^/]+/(dagRuns|clearDagRuns|clearPartitions)",
    "dag_runs": f"{_RUN}(/[a-zA-Z]+)?|{_API}/dags/[^/]+/dagRuns",
    "dag_sources": f"{_API}/dagSources/.*",
    "dag_stats": f"{_API}/dagStats",
    "dag_versions": f"{_API}/dags/[^/]+/dagVersions.*",
    "dag_warnings": f"{_API}/dagWarnings",
    "dags": f"{_API}/dags(/[^/]+(/details|/favorite|/unfavorite)?)?|{_API}/dagTags",
    "event_logs": f"{_API}/eventLogs.*",
    "extra_links": f"{_TASK}/links",
    "human_input": f"{_RUN}/hitlDetails|{_TASK}{_INDEX}/hitlDetails.*",
    "import_errors": f"{_API}/importErrors.*",
    "jobs": f"{_API}/jobs",
    "login": f"{_API}/auth/.*",
    "metrics": "/metrics",
    "monitor": f"{_API}/monitor/health",
    "overview": f"{_RUN}/(grid|timeline)|{_API}/(recentRuns|dags/[^/]+/(structure|grid|calendar|nextRuns))",
    "plugins": f"{_API}/plugins.*",
    "pools": f"{_API}/pools.*",
    "providers": f"{_API}/providers",
    "run_tasks": f"{_RUN}/tasks",
    "task_instance_changes": (
        f"{_API}/dags/[^/]+/clearTaskInstances|{_RUN}/taskGroupInstances/.*|{_RUN}/taskInstances|"
        f"{_TASK}{_INDEX}(/dry_run)?"
    ),
    "task_instances": (
        f"{_RUN}/taskInstances|{_TASK}{_INDEX}(/dependencies|/tries(/[^/]+)?)?|{_TASK}/listMapped|{_RUN}/taskInstances/list"
    ),
    "task_logs": f"{_TASK}/(logs|externalLogUrl)/[^/]+",
    "task_state_store": f"{_TASK}/state-store.*",
    "tasks": f"{_API}/dags/[^/]+/tasks.*",
    "tokens": "/auth/(token|token/cli|login|logout|me|me/password)",
    "users": "/auth/fab/.*",
    "variables": f"{_API}/variables.*",
    "version": f"{_API}/version",
    "xcoms": f"{_TASK}/xcomEntries.*",
}
"""Module of :mod:`brisa.web.routes` → a regular expression of its paths, and perhaps some more."""


_CHANGES = "_changes"
"""So ends the name of a module that has nothing to GET."""


def modules_of(method: str, path: str) -> Sequence[str]:
    """The modules that may have a route for ``path``."""
    return [
        name
        for name, pattern in PLACES.items()
        if not (method == "GET" and name.endswith(_CHANGES)) and re.fullmatch(pattern, path)
    ]
