"""What people may see of how brisa is set, by Airflow's sections and names where it has the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from brisa._version import __version__
from brisa.bootstrap.settings import CloudSettings, SettingsError
from brisa.runtime.supervisor import LOAD_LIMIT

Settings = Mapping[str, Mapping[str, str]]
"""Section → name → value."""
HIDDEN: Final = "< hidden >"
"""In the place of a secret, as in Airflow."""
_SECRET: Final = frozenset({"smtp_password"})
_READ: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "core": {
        "test_connection": ("BRISA_TEST_CONNECTION", "disabled"),
        "max_map_length": ("BRISA_MAX_MAP_LENGTH", "4096"),
        "dagbag_import_timeout": ("BRISA_IMPORT_LIMIT", f"{LOAD_LIMIT:g}"),
    },
    "smtp": {
        "smtp_host": ("BRISA_SMTP_HOST", ""),
        "smtp_port": ("BRISA_SMTP_PORT", ""),
        "smtp_user": ("BRISA_SMTP_USER", ""),
        "smtp_password": ("BRISA_SMTP_PASSWORD", ""),
        "smtp_starttls": ("BRISA_SMTP_STARTTLS", "true"),
        "smtp_ssl": ("BRISA_SMTP_SSL", "false"),
        "smtp_mail_from": ("BRISA_SMTP_MAIL_FROM", ""),
        "smtp_timeout": ("BRISA_SMTP_TIMEOUT", "30"),
    },
    "triggerer": {"slice": ("BRISA_TRIGGER_SLICE", "5")},
}
"""Section → name → the environment variable, and what counts where that is not set."""


def shown_settings(own: Settings, environment: Mapping[str, str] = os.environ) -> Settings:
    """All that are no secrets; :data:`HIDDEN` for those that are, and are set. ``own`` is what this process was told in
    other ways."""
    told: list[Settings] = [
        {
            section: {
                name: _shown(name, environment.get(variable) or otherwise)
                for name, (variable, otherwise) in options.items()
            }
            for section, options in _READ.items()
        },
        {
            "api": {"maximum_page_limit": "100", "fallback_page_limit": "50", "expose_config": "non-sensitive-only"},
            "core": {"default_timezone": "utc", "load_examples": "False"},
            "brisa": {"version": __version__},
        },
        _deployed(environment),
        own,
    ]
    sections = sorted({name for settings in told for name in settings})
    return {
        section: {name: value for settings in told for name, value in settings.get(section, {}).items()}
        for section in sections
    }


def _shown(name: str, value: str) -> str:
    return HIDDEN if value and name in _SECRET else value


def _deployed(environment: Mapping[str, str]) -> Settings:
    """What a deployment on Google Cloud says; nothing where this is none."""
    try:
        cloud = CloudSettings.read(environment)
    except SettingsError:
        return {}
    return {
        "core": {"dags_folder": cloud.dags, "dags_are_paused_at_creation": str(not cloud.unpaused)},
        "brisa": {
            "mode": "google_cloud",
            "project": cloud.project,
            "database": cloud.database,
            "bucket": cloud.bucket,
            "queue": cloud.queue,
            "planner_queue": cloud.planner_queue,
            "worker_url": cloud.worker_url,
            "planner_url": cloud.planner_url,
            "service_account": cloud.service_account,
            "event_buckets": ", ".join(sorted(cloud.event_buckets)),
            "keep_days": f"{cloud.keep_days:g}",
            "lease": f"{cloud.lease:g}",
        },
    }
