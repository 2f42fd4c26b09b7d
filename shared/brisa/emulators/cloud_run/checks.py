"""What the service accepts of ``jobs.run``; everything else is refused as it does.

References: ``projects.locations.jobs.run`` of the Cloud Run Admin API v2, https://cloud.google.com/run/quotas (of
variables), and "Set task timeout for jobs" (at most seven days).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from brisa.emulators.refused import Refused, invalid

JOB: Final = re.compile(r"projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/jobs/[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
MAX_VARIABLES, MAX_VALUE = 1000, 32 * 1024
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
_LONGEST = 7 * 86_400
_RESERVED = re.compile(r"CLOUD_RUN_(JOB|EXECUTION|TASK_INDEX|TASK_ATTEMPT|TASK_COUNT)|X_GOOGLE_.*")
_REQUEST = frozenset({"overrides", "etag", "validateOnly"})
_OVERRIDES = frozenset({"containerOverrides", "taskCount", "timeout"})
_CONTAINER = frozenset({"name", "args", "env", "clearArgs"})
_VARIABLE = frozenset({"name", "value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an execution is to differ in from its job."""

    variables: dict[str, str]
    args: tuple[str, ...] | None
    timeout: float | None
    """Seconds; ``None``: as the job says."""
    validate_only: bool


def asked(body: bytes) -> Asked:
    """What the body of a request asks for; :class:`~brisa.emulators.refused.Refused`."""
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    overrides = _fields(_fields(request, _REQUEST, "").get("overrides", {}), _OVERRIDES, "overrides")
    count = overrides.get("taskCount", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count != 1:
        # The service takes more; this emulator, like brisa, has executions of one task.
        raise invalid(f"overrides.taskCount: {count!r} is not 1")
    containers = overrides.get("containerOverrides", [])
    if not isinstance(containers, list) or len(containers) > 1:
        raise invalid("overrides.containerOverrides: the job has one container")
    container = _fields(containers[0] if containers else {}, _CONTAINER, "overrides.containerOverrides[0]")
    args = container.get("args")
    if args is not None and not (isinstance(args, list) and all(isinstance(one, str) for one in args)):
        raise invalid("overrides.containerOverrides[0].args: texts are expected")
    return Asked(
        variables=_variables(container.get("env", [])),
        args=() if container.get("clearArgs") else None if args is None else tuple(args),
        timeout=_timeout(overrides.get("timeout")),
        validate_only=request.get("validateOnly") is True,
    )


def not_found(job: str) -> Refused:
    """There is no such job, or execution."""
    return Refused("NOT_FOUND", f"Resource {job[:200]!r} was not found")


def _fields(value: Any, known: frozenset[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at {where!r}: an object is expected")
    for name in value:
        if name not in known:
            place = f" at {where!r}" if where else ""
            raise invalid(f"Invalid JSON payload received. Unknown name {name!r}{place}: Cannot find field.")
    return value


def _variables(env: Any) -> dict[str, str]:
    if not isinstance(env, list) or len(env) > MAX_VARIABLES:
        raise invalid(f"overrides.containerOverrides[0].env: up to {MAX_VARIABLES} variables are expected")
    found: dict[str, str] = {}
    for number, one in enumerate(env):
        where = f"overrides.containerOverrides[0].env[{number}]"
        variable = _fields(one, _VARIABLE, where)
        name, value = variable.get("name"), variable.get("value", "")
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:
            raise invalid(f"{where}.name: {name!r:.80} can't be a variable's")
        if _RESERVED.fullmatch(name):
            raise invalid(f"{where}.name: {name} is reserved")
        if not isinstance(value, str) or "\0" in value or len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE:
            raise invalid(f"{where}.value: a text of at most {MAX_VALUE} bytes is expected")
        found[name] = value
    return found


def _timeout(value: Any) -> float | None:
    if value is None:
        return None
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 0 < float(match[1]) <= _LONGEST:
        raise invalid(f"overrides.timeout: {value!r:.80} is no duration of up to {_LONGEST}s, like 3600s")
    return float(match[1])
