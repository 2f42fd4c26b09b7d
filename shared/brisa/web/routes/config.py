"""What brisa is set to, where that is no secret."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, HTTPException, Response
from fastapi.responses import PlainTextResponse

from brisa.bootstrap.shown import Settings, shown_settings
from brisa.model.access import Permission
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.config import Config, ConfigOption, ConfigSection

router = routes("Config")
_READ = needs(Permission.READ_CONFIG)
Accept = Annotated[str, Header()]
_KINDS = {"application/json": False, "application/*": False, "*/*": False, "text/plain": True, "text/*": True}


@router.get("/config", dependencies=[_READ], responses=problems(404, 406), response_model=Config)
def get_config(backend: Uses, section: str | None = None, accept: Accept = "*/*") -> Config | Response:
    """All settings, or those of one section: as JSON, or as the text of a configuration file."""
    as_text = _as_text(accept)
    settings = shown_settings(backend.settings)
    if section is not None and section not in settings:
        raise HTTPException(404, f"Section {section} not found.")
    return _told({name: settings[name] for name in settings if section in (None, name)}, as_text)


@router.get(
    "/config/section/{section}/option/{option}",
    dependencies=[_READ],
    responses=problems(404, 406),
    response_model=Config,
)
def get_config_value(section: str, option: str, backend: Uses, accept: Accept = "*/*") -> Config | Response:
    """One setting."""
    as_text = _as_text(accept)
    value = shown_settings(backend.settings).get(section, {}).get(option)
    if value is None:
        raise HTTPException(404, f"Option [{section}/{option}] not found.")
    return _told({section: {option: value}}, as_text)


def _as_text(accept: str) -> bool:
    """Whether text is wanted, rather than JSON; 406 for anything else."""
    for kind in accept.split(","):
        plain = kind.partition(";")[0].strip().lower()
        if plain in _KINDS:
            return _KINDS[plain]
    raise HTTPException(406, "Only application/json or text/plain is supported")


def _told(settings: Settings, as_text: bool) -> Config | Response:
    if as_text:
        sections = [
            "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in options.items()), ""])
            for name, options in settings.items()
        ]
        return PlainTextResponse("\n".join(sections))
    return Config(
        sections=[
            ConfigSection(name=name, options=[ConfigOption(key=key, value=value) for key, value in options.items()])
            for name, options in settings.items()
        ]
    )
