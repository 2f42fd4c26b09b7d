"""What the installed provider packages say of themselves: hooks of connections, kinds of ``@task``, SQL dialects.

Each package has an entry point of the group ``apache_airflow_provider``, a function that returns a dict. It is asked
while Airflow's names can be imported (:func:`brisa.compat.active`), and once for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

GROUP: Final = "apache_airflow_provider"


class DialectInfo(NamedTuple):
    """A dialect of SQL, by Airflow's names."""

    name: str
    dialect_class_name: str
    provider_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """One package."""

    package: str
    version: str
    data: Mapping[str, Any]


@cache
def providers() -> Mapping[str, ProviderInfo]:
    """Every installed package, by its name."""
    return {info.package: info for info in _read()}


def _read() -> Iterator[ProviderInfo]:
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        data = point.load()()
        version = point.dist.version if point.dist is not None else ""
        yield ProviderInfo(package=data["package-name"], version=version, data=data)


@cache
def hooks() -> Mapping[str, str]:
    """Type of connection → the path of its hook's class."""
    return {
        entry["connection-type"]: entry["hook-class-name"]
        for info in providers().values()
        for entry in info.data.get("connection-types", ())
    }


@cache
def task_decorators() -> Mapping[str, str]:
    """Kind of ``@task.…`` → the path of its decorator."""
    return {
        entry["name"]: entry["class-name"]
        for info in providers().values()
        for entry in info.data.get("task-decorators", ())
    }


@cache
def dialects() -> Mapping[str, DialectInfo]:
    """Every dialect of SQL, by its name."""
    return {
        entry["dialect-type"]: DialectInfo(entry["dialect-type"], entry["dialect-class-name"], info.package)
        for info in providers().values()
        for entry in info.data.get("dialects", ())
    }


class ProvidersManager:
    """Airflow's way to ask for it."""

    @property
    def providers(self) -> Mapping[str, ProviderInfo]:
        """As :func:`providers`."""
        return providers()

    @property
    def dialects(self) -> Mapping[str, DialectInfo]:
        """As :func:`dialects`."""
        return dialects()
