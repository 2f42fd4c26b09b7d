"""Bodies and answers about config."""

from __future__ import annotations

from brisa.web.schemas.base import Body


class Config(Body):
    """Airflow's Config."""

    sections: list[ConfigSection]


class ConfigOption(Body):
    """Airflow's ConfigOption."""

    key: str
    value: str | tuple[str, str]


class ConfigSection(Body):
    """Airflow's ConfigSection."""

    name: str
    options: list[ConfigOption]
