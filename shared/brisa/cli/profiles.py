"""Profiles: the brisas elsewhere that a person works with, in a file of theirs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brisa.errors import BrisaError

_KINDS: Mapping[str, type] = {"url": str, "token": str, "google": bool, "audience": str}


class ProfileError(BrisaError):
    """The file of profiles, or one of them, won't do; says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Where a brisa is, and how to show who asks."""

    url: str
    token: str = ""
    """Sent as it is."""
    google: bool = False
    """Whether an identity token of Google's is asked for, with the application default credentials."""
    audience: str = ""
    """Of that token; empty: the address."""


def profiles_file() -> Path:
    """Where profiles are: ``brisa/profiles.toml`` in ``$XDG_CONFIG_HOME``, or in ``~/.config``."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "brisa" / "profiles.toml"


def read_profile(name: str) -> Profile:
    """The profile of that name; :class:`ProfileError`."""
    import tomllib

    file = profiles_file()
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            found = tomllib.load(opened)
    except FileNotFoundError:
        raise ProfileError(f"there is no profile {name!r}: {file} is not there") from None
    except OSError as error:
        raise ProfileError(f"{file} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{file} is not TOML: {error}") from error
    if mode & 0o077:
        raise ProfileError(f"{file} may hold tokens, and others can read it: `chmod 600 {file}`")
    if name not in found:
        from brisa.cli.words import nearest

        raise ProfileError(f"there is no profile {name!r} in {file}{nearest(name, found)}")
    return _profile(found[name], f"{file}: profile {name!r}")


def _profile(fields: Any, place: str) -> Profile:
    if not isinstance(fields, dict):
        raise ProfileError(f"{place} is no table with a url")
    for name, value in fields.items():
        if name not in _KINDS:
            raise ProfileError(f"{place} has {name!r}: only {', '.join(_KINDS)} have a meaning")
        if not isinstance(value, _KINDS[name]):
            raise ProfileError(f"{place}: {name} must be {'true or false' if _KINDS[name] is bool else 'a text'}")
    if not fields.get("url"):
        raise ProfileError(f"{place} has no url")
    if fields.get("google") and fields.get("token"):
        raise ProfileError(f"{place} has a token and google = true: which of the two?")
    return Profile(**fields)
