"""A run's parameters: a DAG's params with what the run was given put over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.errors import BrisaError


class ParamValidationError(BrisaError, ValueError):
    """A run can't be made with these parameters; names each one that is at fault."""


def resolve_params(params: Mapping[str, Any], conf: Mapping[str, Any] | None) -> dict[str, Any]:
    """Name → value for a run.

    ``params`` are a :class:`~brisa.model.spec.DagSpec`'s: name → ``{"value": default, "schema": {…}, "description":
    text}``, without ``value`` where there is no default. ``conf`` is what the run was triggered with; as in Airflow,
    its other keys become parameters too. Raises :class:`ParamValidationError` when one has no value, or one that breaks
    its schema.
    """
    given = dict(conf or {})
    missing = [name for name, param in params.items() if name not in given and "value" not in param]
    if missing:
        names = ", ".join(repr(name) for name in missing)
        raise ParamValidationError(
            f"param{'s' * (len(missing) > 1)} {names} {'have' if len(missing) > 1 else 'has'} no default, "
            "so a run must be given a value (in its conf)"
        )
    defaults = {name: param.get("value") for name, param in params.items()}
    resolved = {**defaults, **given}
    broken = [text for name, param in params.items() if (text := _broken(name, resolved[name], param.get("schema")))]
    if broken:
        raise ParamValidationError("; ".join(broken))
    return resolved


def _broken(name: str, value: Any, schema: Mapping[str, Any] | None) -> str:
    """What is wrong with a param's value; "" if nothing is. As Airflow checks it: JSON Schema, with its formats."""
    if not schema:
        return ""
    from jsonschema import FormatChecker, SchemaError, ValidationError, validate

    try:
        validate(value, schema, format_checker=FormatChecker())
    except ValidationError as error:
        place = "".join(f"[{part!r}]" for part in error.absolute_path)
        return f"param {name!r}: {f'at {place}: ' if place else ''}{error.message}"
    except SchemaError as error:
        return f"param {name!r} has no valid JSON schema: {error.message}"
    return ""
