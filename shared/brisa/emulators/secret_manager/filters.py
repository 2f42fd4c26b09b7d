"""The filters of lists: terms joined with AND, each perhaps negated. Pure.

``labels.KEY=VALUE``, ``labels.KEY:*`` (is there), ``name:PART``, ``state:ENABLED``, ``state:(ENABLED OR DISABLED)``;
see https://cloud.google.com/secret-manager/docs/filtering. The service knows more; what is not known here is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from brisa.emulators.refused import Refused

Fields = Mapping[str, str]
Test = Callable[[Fields], bool]
_TERM = re.compile(r'(NOT )?\s*([a-z_]+(?:\.[a-z0-9_-]+)?)\s*([:=])\s*(?:\(([^()]+)\)|"?([A-Za-z0-9_*/.-]+)"?)')


def parsed(text: str) -> Test:
    """Whether a resource with these fields is in the list. A resource has no field that it says nothing of."""
    tests = [_term(term.strip()) for term in text.split(" AND ")] if text.strip() else []
    return lambda fields: all(test(fields) for test in tests)


def _term(text: str) -> Test:
    found = _TERM.fullmatch(text)
    if not found:
        raise Refused("UNIMPLEMENTED", f"this emulator does not understand the filter {text[:200]!r}")
    negated, field, operator, several, one = found.groups()
    values = [value.strip() for value in several.split(" OR ")] if several else [one]
    return lambda fields: any(_is(fields.get(field), operator, value) for value in values) != bool(negated)


def _is(actual: str | None, operator: str, value: str) -> bool:
    if actual is None:
        return False
    if operator == ":":
        return value == "*" or value.casefold() in actual.casefold()
    return actual == value
