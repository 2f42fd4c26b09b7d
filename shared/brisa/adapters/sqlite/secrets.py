"""Secrets in a SQLite file of their own, encrypted with a key that is in another file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from brisa.adapters.local.private import keep_private, place
from brisa.adapters.secretmanager.payload import decode, encode
from brisa.adapters.sqlite.failures import translate
from brisa.errors import StorageError

if TYPE_CHECKING:  # cryptography takes a command's time: only who reads or writes a secret pays
    from cryptography.fernet import Fernet

_OWNER = 0x62725365
"""Tells this file from the state database, and from strangers."""
_LAYOUT = 1
_BUSY_SECONDS = 10.0


class SqliteSecrets:
    """A :class:`~brisa.ports.secrets.Secrets` in ``file``, encrypted with ``key_file`` (Fernet: AES-128-CBC and HMAC).

    Both are made when they are first needed, for their owner's eyes only. The key is made once and never overwritten;
    whichever of several processes makes it first, all use that one. Names are readable in the file, texts are not, and
    what is overwritten or deleted leaves no bytes in it. Safe between threads and processes: nothing is kept open.

    A key that is missing, damaged, or not that of the secrets which are there is a
    :class:`~brisa.errors.StorageError`, and changes nothing.
    """

    def __init__(self, file: Path, key_file: Path) -> None:
        """Looks at neither file yet."""
        self._file = Path(file).absolute()
        self._key_file = Path(key_file).absolute()
        # Threads queue up here: SQLite would have them poll.
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """The secret's current text, or ``None`` if there is none."""
        with self._open() as connection:
            row = connection.execute("SELECT token FROM secret WHERE name = ?", (_bytes(name),)).fetchone()
        if row is None:
            return None
        data = _decrypted(self._key(), row[0])
        if data is None:
            raise self._misfit(f"secret {name[:200]!r}")
        return decode(name, data)

    def put(self, name: str, value: str) -> None:
        """Set it; its bytes take the place of the old ones."""
        data = encode(name, value)
        with self._writing() as connection:
            tokens = [token for (token,) in connection.execute("SELECT token FROM secret")]
            key = self._key(make=not tokens)
            # One that opens shows that this is the key: a damaged one must not keep the others from being changed.
            if tokens and all(_decrypted(key, token) is None for token in tokens):
                raise self._misfit("any secret")
            row = (_bytes(name), key.encrypt(data))
            connection.execute("INSERT OR REPLACE INTO secret (name, token) VALUES (?, ?)", row)

    def delete(self, name: str) -> None:
        """Remove it, if it is there; needs no key."""
        with self._writing() as connection:
            connection.execute("DELETE FROM secret WHERE name = ?", (_bytes(name),))

    def names(self) -> Sequence[str]:
        """The names of all secrets, sorted; needs no key."""
        with self._open() as connection:
            rows = connection.execute("SELECT name FROM secret").fetchall()
        return sorted(name.decode("utf-8", "surrogatepass") for (name,) in rows)

    # --- the file

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection to the file, which is made if it isn't there."""
        with _told(self._file):
            if not self._file.exists():
                place(self._file, b"")  # SQLite itself would make it readable for all
            keep_private(self._file)
        uri = f"file:{quote(str(self._file))}?mode=rw"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
                # What is freed is overwritten. A write-ahead log would keep it all the same: there is none.
                connection.execute("PRAGMA secure_delete = ON")
                self._make(connection)
                yield connection
        except sqlite3.Error as error:
            raise translate(error, self._file) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The same in a transaction; where the block raises, the connection is closed without a commit."""
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _make(self, connection: sqlite3.Connection) -> None:
        """Fill a new file; :class:`~brisa.errors.StorageError` for one that isn't ours."""
        if self._is_made(connection):
            return
        connection.execute("BEGIN IMMEDIATE")
        if not self._is_made(connection):  # another process may have been faster
            connection.execute("CREATE TABLE secret (name BLOB PRIMARY KEY, token BLOB NOT NULL) WITHOUT ROWID")
            connection.execute(f"PRAGMA application_id = {_OWNER}")
            connection.execute(f"PRAGMA user_version = {_LAYOUT}")
        connection.execute("COMMIT")

    def _is_made(self, connection: sqlite3.Connection) -> bool:
        # One statement sees one moment: another process may be filling the file.
        sql = "SELECT a.application_id, v.user_version, (SELECT COUNT(*) FROM sqlite_master)"
        sql += " FROM pragma_application_id a, pragma_user_version v"
        owner, layout, tables = connection.execute(sql).fetchone()
        if tables and owner != _OWNER:
            raise StorageError(
                f"{self._file} is a SQLite database, but not that of brisa's secrets; it was left as it is: "
                "choose another file"
            )
        if layout > _LAYOUT:
            raise StorageError(
                f"the secrets in {self._file} were written by a newer brisa (layout {layout}, this one knows "
                f"{_LAYOUT}); they were left as they are: install that brisa, or choose another file"
            )
        return bool(tables)

    # --- the key

    def _key(self, *, make: bool = False) -> Fernet:
        """The key; made, if ``make`` and there is none."""
        from cryptography.fernet import Fernet

        with _told(self._key_file):
            if make and not self._key_file.exists():
                # Whole, and on the disk, before any secret needs it; if another process was faster, its key stays.
                place(self._key_file, Fernet.generate_key())
            try:
                text = self._key_file.read_bytes()
            except FileNotFoundError as error:
                raise StorageError(
                    f"the key file {self._key_file} is missing, and what is encrypted with it can't be read. "
                    f"{self._advice}"
                ) from error
            keep_private(self._key_file)
        try:
            return Fernet(text)
        except ValueError as error:
            raise StorageError(f"the key file {self._key_file} is damaged: it holds no key. {self._advice}") from error

    def _misfit(self, what: str) -> StorageError:
        return StorageError(
            f"the key in {self._key_file} does not open {what} in {self._file}: either it is another key, or the "
            f"secrets are damaged. {self._advice}"
        )

    @property
    def _advice(self) -> str:
        return (
            f"Nothing was changed: put {self._key_file} and {self._file} back as they were together, from a backup; "
            "or, if there is none, move both away and set all secrets anew"
        )


def _bytes(name: str) -> bytes:
    """SQLite's texts can't hold all that Python's can."""
    return name.encode("utf-8", "surrogatepass")


def _decrypted(key: Fernet, token: bytes) -> bytes | None:
    from cryptography.fernet import InvalidToken

    try:
        return key.decrypt(token)
    except InvalidToken:
        return None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what can't be used, and what to do about it."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"{path} can't be used for secrets: {reason}; check its folder, its rights and its disk"
        ) from error
