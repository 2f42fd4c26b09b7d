"""Checks of what DAGs and operators are given: each returns the value as it is kept, or says what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from brisa.authoring.dialect import current_dialect
from brisa.authoring.names import did_you_mean
from brisa.authoring.registry import notice
from brisa.errors import AuthoringError, Location
from brisa.model.states import TriggerRule

WEIGHT_RULES = ("downstream", "upstream", "absolute")
LONGEST_TAG = 100


def as_list(value: Any) -> list[Any]:
    """``None`` as no items, one value as one item, a list as it is."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def of_type(name: str, value: object, kind: type, location: Location) -> None:
    """Refuse what is neither ``None`` nor a ``kind``."""
    if value is not None and not isinstance(value, kind):
        raise AuthoringError(f"{name} must be a {kind.__name__}, not {type(value).__name__} ({value!r:.80})", location)


def mapping(name: str, value: Any, location: Location) -> dict[str, Any]:
    """A copy of a dict, empty for ``None``."""
    if value is not None and not isinstance(value, Mapping):
        raise AuthoringError(f"{name} must be a dict, not {type(value).__name__} ({value!r:.80})", location)
    return dict(value.items()) if value else {}


def one_of(name: str, value: str, legal: Sequence[str], location: Location) -> str:
    """One of a few words."""
    if value not in legal:
        raise AuthoringError(f"{name}={value!r} is not one of {', '.join(legal)}", location)
    return value


def whole(name: str, value: Any, location: Location, least: int | None = None) -> int:
    """A whole number, perhaps given as text."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise AuthoringError(
            f"{name} must be a whole number, not {type(value).__name__} ({value!r:.80})", location
        ) from None
    if least is not None and number < least:
        raise AuthoringError(f"{name} must be at least {least}, not {number}", location)
    return number


def callbacks(name: str, value: Any, location: Location) -> list[Any]:
    """A function, or several. Airflow loads a DAG whose callback can't be called; so does brisa, and says so."""
    found = as_list(value)
    for callback in found:
        if not callable(callback):
            notice(f"{location}: {name} is left out: {callback!r:.80} is not a function")
    return [callback for callback in found if callable(callback)]


def tag_list(tags: Iterable[str] | None, location: Location) -> list[str]:
    """Texts of at most 100 characters, each once, in the order given."""
    found = [tags] if isinstance(tags, str) else list(dict.fromkeys(tags or ()))
    for tag in found:
        of_type("a tag", tag, str, location)
        if len(tag) > LONGEST_TAG:
            raise AuthoringError(f"tag {tag[:30]!r}… is longer than {LONGEST_TAG} characters", location)
    return found


def trigger_rule(value: Any, location: Location) -> TriggerRule:
    """A trigger rule by any of its names, old ones included."""
    try:
        return TriggerRule(value)
    except ValueError:
        rules = [rule.value for rule in TriggerRule]
        near = did_you_mean(str(value).lower(), rules)
        raise AuthoringError(
            f"{value!r} is not a trigger rule{near or '.'} There are: {', '.join(rules)}", location
        ) from None


def weight_rule(value: Any, location: Location) -> str:
    """One of the three rules; anything else is accepted without effect, but for an unknown word in dialect 2, which
    Airflow 2 refuses."""
    text = getattr(value, "value", value)
    if text in WEIGHT_RULES or (isinstance(text, str) and current_dialect.get() == 2):
        return one_of("weight_rule", str(text), WEIGHT_RULES, location)
    notice(f"{location}: weight_rule={value!r:.80} has no effect; priorities are summed downstream")
    return "downstream"
