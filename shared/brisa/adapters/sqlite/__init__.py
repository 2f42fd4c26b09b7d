"""The state store and the local queue in one SQLite file."""

from brisa.adapters.sqlite.database import Database
from brisa.adapters.sqlite.queue import SqliteQueue
from brisa.adapters.sqlite.secrets import SqliteSecrets
from brisa.adapters.sqlite.store import SqliteStore

__all__ = ["Database", "SqliteQueue", "SqliteSecrets", "SqliteStore"]
