"""``macros`` in templates: the standard library's usual tools, and Airflow's functions on dates as text."""

from __future__ import annotations

import datetime as _datetime
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pendulum

datetime = _datetime.datetime
timedelta = _datetime.timedelta

_MODULES = {"time": "time", "uuid": "uuid", "json": "json", "math": "math", "dateutil": "dateutil", "yaml": "yaml"}


def __getattr__(name: str) -> Any:
    """The modules that templates may use, imported when one does."""
    if name == "random":
        return importlib.import_module("random").random
    if name == "dateutil":
        importlib.import_module("dateutil.parser")
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    raise AttributeError(f"there is no macro {name!r}")


def ds_add(ds: str, days: int) -> str:
    """The date (``YYYY-MM-DD``) ``days`` after ``ds``; before, if negative."""
    if not days:
        return str(ds)
    moved = datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days=days)
    return moved.strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """``ds``, which is in ``input_format``, in ``output_format`` (both as ``strftime`` has them)."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: str | None = None) -> str:
    """``ds``, which is in ``input_format`` (as ``strftime`` has it), in Babel's ``output_format`` and a language.

    Needs the package ``babel``, which brisa does not install.
    """
    dates = importlib.import_module("babel.dates")
    moment = datetime.strptime(str(ds), input_format)
    return str(dates.format_datetime(moment, format=output_format, locale=locale or dates.LC_TIME or "en_US"))


def datetime_diff_for_humans(dt: _datetime.datetime, since: pendulum.DateTime | None = None) -> str:
    """How long ago ``dt`` is, or how far from ``since``: ``"1 day ago"``."""
    import pendulum

    return pendulum.instance(dt).diff_for_humans(since)
