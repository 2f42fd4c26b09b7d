"""The body of a request for a run: Airflow 3's TriggerDAGRunPostBody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from brisa.handlers.refusals import Refusal
from brisa.model.json import JsonObject

_KNOWN = {"dag_run_id", "logical_date", "data_interval_start", "data_interval_end", "conf", "note"}
_RUN_ID = re.compile(r"[A-Za-z0-9_.~:+-]{1,250}")
"""Airflow's setting ``allowed_run_id_pattern``, and the width of its column."""
_LARGEST_CONF = 128 * 1024
"""Bytes. It is in the run's document twice, the second time among the params, and Firestore's may have 1 MiB."""
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Further out, some zones and some schedules have no dates around the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A run that somebody wants; what is not given is brisa's to choose."""

    run_id: str = ""
    logical_date: datetime | None = None
    interval: tuple[datetime, datetime] | None = None
    conf: JsonObject


def read_wanted(body: Mapping[str, Any]) -> Wanted:
    """What ``body`` asks for; a :class:`~brisa.handlers.refusals.Refusal` with Airflow's status 422 if it can't be."""
    unknown = sorted(body.keys() - _KNOWN)
    if unknown:
        raise unfit(f"{unknown[0][:100]!r} is not known: a run is asked for with {', '.join(sorted(_KNOWN))}")
    start, end = read_moment(body, "data_interval_start"), read_moment(body, "data_interval_end")
    if (start is None) != (end is None):
        raise unfit("data_interval_start and data_interval_end come together, or not at all")
    if start and end and start > end:
        raise unfit("data_interval_start is later than data_interval_end")
    note = body.get("note")
    if note is not None and not isinstance(note, str):
        raise unfit("note is no text")
    return Wanted(
        run_id=_run_id(body.get("dag_run_id")),
        logical_date=read_moment(body, "logical_date"),
        interval=(start, end) if start and end else None,
        conf=read_conf(body.get("conf")),
    )


def _run_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _RUN_ID.fullmatch(value):
        raise unfit("dag_run_id is no text of 1 to 250 letters, digits and _ . ~ : + -")
    return value


def read_moment(body: Mapping[str, Any], name: str) -> datetime | None:
    """The moment of that name, in UTC; ``None`` if there is none."""
    value = body.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise unfit(f"{name} has no time zone")
        moment = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise unfit(f"{name} is no moment in ISO 8601") from None
    if not _FIRST <= moment <= _LAST:
        raise unfit(f"{name} is not between the years {_FIRST.year} and {_LAST.year}")
    return moment


def read_conf(value: object) -> JsonObject:
    """A run's configuration."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unfit("conf is no object")
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > _LARGEST_CONF:
        raise unfit(f"conf has {size} bytes, and at most {_LARGEST_CONF} go into a run")
    return value


def unfit(reason: str) -> Refusal:
    """A body that is not of the right shape."""
    return Refusal(422, "unfit", reason)
