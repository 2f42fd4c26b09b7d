"""Connections, as people list and change them. They are kept as secrets, one each.

Those that environment variables define are not among them, as in Airflow: only tasks see them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from brisa.authoring.connection_text import FIELDS, read_connection_text
from brisa.authoring.connections import Connection
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.secrets import MASK, redacted, restored
from brisa.errors import BrisaError, DecodeError, NotFoundError
from brisa.ports.secrets import LARGEST_SECRET, Secrets
from brisa.services.answers import connection_secret
from brisa.services.setting_files import Existing, Imported, chosen

NAMED: Final = re.compile(r"[\w.-]{1,200}\Z")
"""An id, as in Airflow."""
DEFAULTS: Final = (
    Connection("fs_default", "fs", extra={"path": "/"}),
    Connection("google_cloud_default", "google_cloud_platform", schema="default"),
    Connection("http_default", "http", host="https://www.httpbin.org/"),
    Connection("sqlite_default", "sqlite", host="/tmp/sqlite_default.db"),  # noqa: S108  Airflow's
)
"""Those of Airflow's own that brisa's own hooks use, with Airflow's values."""


class UnfitConnectionError(BrisaError):
    """There can't be such a Connection. Quotes neither its password nor its extra."""


class Connections:
    """Those that are kept."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def ids(self) -> Sequence[str]:
        """The ids of all, sorted."""
        start = connection_secret("")
        return [name.removeprefix(start) for name in self._secrets.names() if name.startswith(start)]

    def all(self, ids: Iterable[str] | None = None) -> Sequence[Connection]:
        """All, or those of ``ids``, with their secrets, each read by itself. One whose text can't be understood has no
        type, and its description says why; one that is gone meanwhile is left out."""
        found = []
        for conn_id in self.ids() if ids is None else ids:
            try:
                found.append(self.get(conn_id))
            except DecodeError as error:
                found.append(Connection(conn_id, "", description=str(error)))
            except NotFoundError:
                continue
        return found

    def exists(self, conn_id: str) -> bool:
        """Whether there is one of that id."""
        return self._secrets.get(connection_secret(conn_id)) is not None

    def get(self, conn_id: str) -> Connection:
        """One, with its secrets. Raises :class:`NotFoundError`, and :class:`DecodeError` if its text says nothing."""
        text = self._secrets.get(connection_secret(conn_id))
        if text is None:
            raise NotFoundError(f"The Connection with connection_id: `{conn_id}` was not found")
        return _read(conn_id, text)

    def put(self, connection: Connection) -> None:
        """Keep it, in the place of the one with its id. Raises :class:`UnfitConnectionError`."""
        self._secrets.put(connection_secret(str(connection.conn_id)), _text(connection))

    def delete(self, conn_id: str) -> None:
        """Remove it; :class:`NotFoundError`."""
        if not self.exists(conn_id):
            raise NotFoundError(f"The Connection with connection_id: `{conn_id}` was not found")
        self._secrets.delete(connection_secret(conn_id))

    def put_defaults(self) -> None:
        """Keep :data:`DEFAULTS`; those whose ids are taken stay as they are."""
        taken = set(self.ids())
        for one in DEFAULTS:
            if one.conn_id not in taken:
                self.put(one)

    def exported(self, *, as_uris: bool = False) -> Mapping[str, Any]:
        """Id → fields for a file, or → URI. Whoever has the file has the secrets."""
        return {
            str(one.conn_id): one.get_uri() if as_uris else {name: getattr(one, name) for name in FIELDS}
            for one in self.all()
        }

    def imported(self, values: Mapping[str, Any], existing: Existing = Existing.SKIP) -> Imported:
        """Keep what a file says: id → a URI, or JSON text, or an object of the fields; or a list with one of these.

        Raises :class:`UnfitConnectionError`, which names the id, and
        :class:`~brisa.services.setting_files.ExistingError`; then none is kept.
        """
        texts = {conn_id: _text(_from_file(conn_id, value)) for conn_id, value in values.items()}
        plan = chosen(sorted(texts), set(self.ids()).__contains__, existing, kind="Connection")
        for conn_id in plan.names:
            self._secrets.put(connection_secret(conn_id), texts[conn_id])
        return plan


def shown(connection: Connection) -> Connection:
    """As people may see it: ``***`` for the password, and for what has a secret's name in ``extra``."""
    return Connection.of(
        connection.conn_id,
        {
            **{name: getattr(connection, name) for name in FIELDS},
            "password": MASK if connection.password else None,
            "extra": _shown_extra(connection.extra),
        },
    )


def kept(new: Connection, before: Connection) -> Connection:
    """``new``, where somebody has got ``before`` :func:`shown`, and sends it back changed: what is ``***`` stays."""
    fields = {name: getattr(new, name) for name in FIELDS}
    if new.password == MASK:
        fields["password"] = before.password
    if new.extra and before.extra:
        said = new.extra_dejson
        whole = restored(said, before.extra_dejson)
        fields["extra"] = new.extra if whole == said else json.dumps(whole)
    return Connection.of(new.conn_id, fields)


def _shown_extra(extra: str | None) -> str | None:
    if not extra:
        return extra
    try:
        said = json.loads(extra)
    except (ValueError, RecursionError):
        return MASK  # no JSON: nothing tells what of it is secret
    if not isinstance(said, dict | list):
        return MASK
    hidden = redacted(said)
    return extra if hidden == said else json.dumps(hidden)


def _text(connection: Connection) -> str:
    """The text that is kept; :class:`UnfitConnectionError`."""
    conn_id = connection.conn_id or ""
    if not NAMED.match(conn_id):
        raise UnfitConnectionError(
            f"{conn_id!r:.80} is no id for a connection: up to 200 letters, digits, and any of '_', '.' and '-'"
        )
    fields = {name: getattr(connection, name) for name in FIELDS}
    strange = _strange(fields)
    if strange:
        raise UnfitConnectionError(f"connection {conn_id!r}: {strange}")
    text = json.dumps({name: value for name, value in fields.items() if value is not None})
    if len(text) > LARGEST_SECRET:
        raise UnfitConnectionError(f"connection {conn_id!r} is too large: as JSON it may have {LARGEST_SECRET:,} bytes")
    return text


def _strange(fields: Mapping[str, Any]) -> str:
    """Which field is not what it must be, in words; empty if all are."""
    for name, value in fields.items():
        wanted, words = (int, "a whole number") if name == "port" else (str, "a text")
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            return f"its {name} must be {words}"
    return ""


def _read(conn_id: str, text: str) -> Connection:
    try:
        fields = read_connection_text(text)
    except (AirflowException, AttributeError, RecursionError) as error:
        why = str(error) if isinstance(error, AirflowException) else "its fields are of the wrong kinds"
        raise DecodeError(f"connection {conn_id!r} can't be read: {why}") from None
    strange = _strange(fields)
    if strange:
        raise DecodeError(f"connection {conn_id!r} can't be read: {strange}")
    return Connection.of(conn_id, fields)


def _from_file(conn_id: str, value: Any) -> Connection:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = json.dumps(dict(value))
    if not isinstance(value, str):
        raise UnfitConnectionError(f"connection {conn_id!r} is neither a URI nor an object of {', '.join(FIELDS)}")
    try:
        return _read(conn_id, value)
    except DecodeError as error:
        raise UnfitConnectionError(str(error)) from None
