"""Files of Variables and Connections, as ``airflow variables`` and ``airflow connections`` import and export them:
JSON, YAML, or lines of ``NAME=value``, told apart by the ends of their names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from brisa.errors import BrisaError


class Format(StrEnum):
    """How a file is written."""

    JSON = "json"
    YAML = "yaml"
    ENV = "env"


class SettingFileError(BrisaError):
    """A file can't be read as what it should be; names it, and the line where that is known. Quotes no value."""


class ExistingError(BrisaError):
    """Some of what is to be imported is there already."""


class Existing(StrEnum):
    """What becomes of what is there already, with Airflow's words."""

    OVERWRITE = "overwrite"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import sets, and what it leaves as it was because it is there already."""

    names: Sequence[str]
    skipped: Sequence[str]


def chosen(names: Sequence[str], exists: Callable[[str], bool], existing: Existing, *, kind: str) -> Imported:
    """What of ``names`` is to be set. Raises :class:`ExistingError`."""
    if existing is Existing.OVERWRITE:
        return Imported(names, ())
    there = [name for name in names if exists(name)]
    if there and existing is Existing.FAIL:
        listed = ", ".join(repr(name) for name in there[:10]) + (f" and {len(there) - 10} more" * (len(there) > 10))
        raise ExistingError(f"there are already {kind}s {listed}; nothing was imported")
    return Imported([name for name in names if name not in there], there)


def format_of(name: str) -> Format:
    """The format of a file of that name; :class:`SettingFileError`."""
    end = name.rpartition(".")[2].lower()
    try:
        return Format.YAML if end == "yml" else Format(end)
    except ValueError:
        raise SettingFileError(f"{name} ends in none of .json, .yaml, .yml and .env: which format is it?") from None


def read(text: str, form: Format, name: str) -> Mapping[str, Any]:
    """What a file says: name → value. ``name`` is the file's, for errors. Raises :class:`SettingFileError`."""
    if form is Format.ENV:
        return _lines(text, name)
    found = _json(text, name) if form is Format.JSON else _yaml(text, name)
    if not isinstance(found, dict):
        raise SettingFileError(f"{name} is no object: it should have a value for each name")
    strange = next((key for key in found if not isinstance(key, str)), None)
    if strange is not None:
        raise SettingFileError(f"{name}: the name {strange!r} is no text; put it in quotes")
    return found


def written(values: Mapping[str, Any], form: Format) -> str:
    """``values`` as a file that :func:`read` understands; sorted by name."""
    match form:
        case Format.JSON:
            return json.dumps(values, indent=4, sort_keys=True, ensure_ascii=False) + "\n"
        case Format.YAML:
            import yaml

            return yaml.safe_dump(dict(values), allow_unicode=True)
        case Format.ENV:
            return "".join(f"{name}={_line(name, values[name])}\n" for name in sorted(values))


def _json(text: str, name: str) -> Any:
    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
        if twice:
            raise SettingFileError(f"{name} has {twice[0]!r} more than once")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise SettingFileError(f"{name}:{error.lineno}: this is not JSON: {error.msg}") from None
    except RecursionError:
        raise SettingFileError(f"{name} is nested too deeply") from None


def _yaml(text: str, name: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f":{mark.line + 1}"
        raise SettingFileError(f"{name}{where}: this is not YAML: {getattr(error, 'problem', None) or ''}") from None
    except RecursionError:
        raise SettingFileError(f"{name} is nested too deeply") from None


def _lines(text: str, name: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            raise SettingFileError(f"{name}:{number}: a line reads NAME=value")
        if key.strip() in found:
            raise SettingFileError(f"{name}:{number}: {key.strip()!r} is there more than once")
        found[key.strip()] = value
    return found


def _line(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if "=" in name or len(f"{name}={text}".splitlines()) > 1:
        raise SettingFileError(f"{name!r:.80} can't be written as a line NAME=value; choose JSON or YAML")
    return text
