"""``executor`` and ``executor_config``: where a task runs, and what it needs there.

brisa's executors are ``worker`` and ``cloud_run_job``. Airflow's own, and those of providers, are class names, or names
that end with ``Executor``; they, and what is configured for them, are accepted and have no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from brisa.authoring.names import did_you_mean
from brisa.errors import AuthoringError, Location
from brisa.model.jobs import quantity
from brisa.model.json import JsonObject
from brisa.model.spec import JOB, WORKER

_KNOWN: Final = (WORKER, JOB)
_KEYS: Final = ("job", "cpu", "memory")


def check_executor(executor: str | None, config: object, location: Location) -> None:
    """Refuse an executor that nobody has, and a configuration of brisa's that can't be understood."""
    if executor and executor not in _KNOWN and not _is_airflows(executor):
        near = did_you_mean(executor, _KNOWN)
        raise AuthoringError(f"executor={executor!r} is unknown{near or '.'} There are: {', '.join(_KNOWN)}", location)
    job_needs(executor, config, location)


def chosen(executor: str | None, config: object) -> str:
    """The executor that a task asks for: to need something of a job is to ask for one; empty if it says nothing."""
    return executor if executor in _KNOWN else JOB if job_needs(executor, config, Location()) else ""


def job_needs(executor: str | None, config: object, location: Location) -> JsonObject:
    """What a task needs of its job, as :attr:`brisa.model.spec.TaskSpec.job`."""
    if not isinstance(config, Mapping) or (executor and executor != JOB):
        return {}
    unknown = [key for key in config if key not in _KEYS]
    if unknown and executor == JOB:
        near = did_you_mean(str(unknown[0]), _KEYS)
        raise AuthoringError(f"executor_config has no {unknown[0]!r}{near or '.'} It has: {', '.join(_KEYS)}", location)
    if unknown:
        return {}  # another executor's, which has such keys
    needs: dict[str, Any] = {}
    if "job" in config:
        if not isinstance(config["job"], str) or not config["job"]:
            raise AuthoringError(f"executor_config: job must be a job's name, not {config['job']!r:.80}", location)
        needs["job"] = config["job"]
    try:
        needs |= {name: quantity(config[name]) for name in ("cpu", "memory") if name in config}
    except ValueError as error:
        raise AuthoringError(f"executor_config: {error}", location) from None
    return needs


def _is_airflows(executor: str) -> bool:
    return "." in executor or ":" in executor or executor.endswith("Executor")
