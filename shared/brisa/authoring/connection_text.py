"""The two ways to write a Connection down, a URI and a JSON object, with Airflow's meaning.

The rules are those of Airflow's page "Managing Connections" (URI and JSON formats), and where that is silent, what
``Connection(uri=…)``, ``from_json``, ``get_uri`` and ``as_json`` of Airflow 2.11.2 were seen to answer. Two differ on
purpose: an underscore in a URI's scheme is read as what it means, where Airflow reads nonsense; and a text that is no
URI at all is an error.

No message quotes what was read, for it has the password.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from brisa.authoring.exceptions import AirflowException

FIELDS: Final = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
"""What a Connection consists of, beside its id. All are text or ``None``, but ``port``, which is a whole number."""
_EXTRA: Final = "__extra__"
"""The query parameter that holds an ``extra`` which plain parameters can't say: nested, or no JSON."""
_SHAPE: Final = "conn-type://login:password@host:port/schema?name=value, with every part percent-encoded"


def read_connection_text(text: str) -> dict[str, Any]:
    """The fields that a URI or a JSON object says; the ones that it does not say are ``None``, a URI's schema is ''."""
    text = text.strip()
    return from_json(text) if text.startswith("{") else from_uri(text)


def from_uri(uri: str) -> dict[str, Any]:
    """The fields of a URI; ``type://protocol://host`` is a host with the protocol that it is to be reached by."""
    scheme, slashes, rest = uri.partition("//")
    if not slashes or (scheme and not scheme.endswith(":")):
        raise AirflowException(f"this is not a connection's URI, which reads {_SHAPE}")
    protocol = re.match(r"[A-Za-z][\w+.-]*://", rest)
    behind = rest[protocol.end() :] if protocol else rest
    if "://" in re.split("[?#]", behind)[0]:
        raise AirflowException(f"Invalid connection string: it has '://' too often; a connection's URI reads {_SHAPE}")
    try:
        parts = urlsplit(f"//{behind}")
        port = parts.port
    except ValueError:
        raise AirflowException(
            "the connection's URI has a host in wrong brackets, or a port that is not a number up to 65535. A "
            "password with one of / : @ ? # in it must be percent-encoded"
        ) from None
    return {
        "conn_type": normal_type(scheme.removesuffix(":").lower()),
        "description": None,
        "host": (protocol[0] if protocol else "") + _host(parts),
        "login": unquote(parts.username) if parts.username is not None else None,
        "password": unquote(parts.password) if parts.password else None,
        "schema": unquote(parts.path[1:]),
        "port": port,
        "extra": _extra_of(parts.query),
    }


def _host(parts: SplitResult) -> str:
    """The host: in small letters, unless it is a path, as SQLite's."""
    host = unquote(parts.hostname or "")
    return unquote(parts.netloc.rpartition("@")[2].partition(":")[0]) if "/" in host else host


def _extra_of(query: str) -> str | None:
    found = dict(parse_qsl(query, keep_blank_values=True))
    return found[_EXTRA] if _EXTRA in found else json.dumps(found) if found else None


def from_json(text: str) -> dict[str, Any]:
    """The fields of a JSON object; ``extra`` may be an object or a text, ``port`` a number or a text."""
    try:
        found = json.loads(text)
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise AirflowException(f"the connection is not JSON{where}") from None
    if not isinstance(found, dict):
        raise AirflowException(f"the connection's JSON is not an object with keys such as {', '.join(FIELDS)}")
    found.pop("conn_id", None)
    unknown = sorted(set(found) - {*FIELDS, "uri"})
    if unknown:
        raise AirflowException(f"a connection's JSON has no {unknown[0]!r}; it has {', '.join(FIELDS)}, or uri")
    uri = found.pop("uri", None)
    if uri:
        if any(found.values()):
            raise AirflowException("a connection's JSON has either uri or the other keys")
        return from_uri(uri)
    fields = dict.fromkeys(FIELDS) | found
    fields["conn_type"] = normal_type(fields["conn_type"]) if fields["conn_type"] else fields["conn_type"]
    fields["port"] = _port(fields["port"])
    fields["extra"] = extra_text(fields["extra"])
    return fields


def _port(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise AirflowException("Expected integer value for `port` of the connection") from None


def normal_type(conn_type: str) -> str:
    """A type as Connections have it: with underscores, and ``postgres`` for ``postgresql``."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def extra_text(extra: Any) -> str | None:
    """``extra`` as text: JSON, unless it is text already."""
    return extra if extra is None or isinstance(extra, str) else json.dumps(extra)


def to_uri(fields: Mapping[str, Any]) -> str:
    """The URI that says ``fields`` (the description excepted); whoever prints it prints the password."""
    conn_type, host, port = fields.get("conn_type"), fields.get("host") or "", fields.get("port")
    protocol, mark, name = host.rpartition("://")
    login, password = fields.get("login"), fields.get("password")
    who = _quoted(login) + (f":{_quoted(password)}" if password else "")
    at = "@" if who or (port and not name) else ""
    place = _quoted(name) + (f":{port}" if port else "")
    schema = f"/{_quoted(fields['schema'])}" if fields.get("schema") else ""
    scheme = f"{conn_type.lower().replace('_', '-')}:" if conn_type else ""
    return f"{scheme}//{protocol}{mark}{who}{at}{place}{schema}{_query(fields.get('extra'), schema)}"


def _query(extra: str | None, schema: str) -> str:
    if not extra:
        return ""
    return ("?" if schema else "/?") + (_plain_query(extra) or urlencode({_EXTRA: extra}))


def _plain_query(extra: str) -> str:
    """``extra`` as plain parameters; empty if they would not say the same."""
    try:
        found = json.loads(extra)
    except ValueError:
        return ""
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        return ""
    query = urlencode(found)
    return query if dict(parse_qsl(query, keep_blank_values=True)) == found else ""


def _quoted(text: str | None) -> str:
    return quote(text or "", safe="")
