"""Every SQL statement.

A table holds each record as JSON (``doc``), its revision (``rev``), its key, and what queries need. ``next_check_at``
and ``next_run_at`` are NULL unless the run is running, the DAG active and not paused: the partial indexes on them hold
just what the planner must look at, so that looking costs nothing while there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

APPLICATION_ID = 0x62727361
"""``brsa``: marks the file as brisa's."""

_FIRST = """
CREATE TABLE runs (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, state TEXT NOT NULL, run_after REAL NOT NULL,
    logical_us INTEGER, next_check_at REAL, rev INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id));
CREATE INDEX runs_latest ON runs (dag_id, run_after DESC, run_id);
CREATE INDEX runs_due ON runs (next_check_at, dag_id, run_id) WHERE next_check_at IS NOT NULL;
CREATE INDEX runs_open ON runs (dag_id, run_id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_success ON runs (dag_id, logical_us DESC, run_id) WHERE state = 'success';

CREATE TABLE attempts (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    generation INTEGER NOT NULL, try_number INTEGER NOT NULL, seq INTEGER NOT NULL,
    rev INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, generation, try_number, seq));

CREATE TABLE dags (dag_id TEXT PRIMARY KEY NOT NULL, due_at REAL, rev INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX dags_due ON dags (due_at, dag_id) WHERE due_at IS NOT NULL;

CREATE TABLE versions (
    dag_id TEXT NOT NULL, version TEXT NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (dag_id, version));

CREATE TABLE import_failures (file TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL);

CREATE TABLE variables (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);

CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, due REAL NOT NULL, owner TEXT, done_at REAL,
    doc TEXT NOT NULL);
CREATE INDEX messages_waiting ON messages (due, seq) WHERE owner IS NULL AND done_at IS NULL;
CREATE INDEX messages_taken ON messages (owner) WHERE owner IS NOT NULL;
CREATE INDEX messages_done ON messages (done_at) WHERE done_at IS NOT NULL;
"""

_SECOND = """
ALTER TABLE attempts ADD COLUMN reported_at REAL;
CREATE INDEX attempts_reported ON attempts (dag_id, run_id, reported_at) WHERE reported_at IS NOT NULL;

CREATE TABLE waits (
    bucket TEXT NOT NULL, name TEXT NOT NULL, prefix INTEGER NOT NULL, dag_id TEXT NOT NULL, run_id TEXT NOT NULL,
    task_id TEXT NOT NULL, map_index INTEGER NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (bucket, name, prefix, dag_id, run_id, task_id, map_index));

CREATE TABLE pools (name TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL);
"""

_LINKS = """
ALTER TABLE runs ADD COLUMN linked_us INTEGER;
CREATE INDEX runs_linked ON runs (dag_id, linked_us DESC, run_id) WHERE linked_us IS NOT NULL;
"""
_BACKFILLS = """
CREATE TABLE backfills (
    backfill_id INTEGER PRIMARY KEY NOT NULL, dag_id TEXT NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX backfills_of_dag ON backfills (dag_id, backfill_id DESC);
CREATE INDEX runs_dated ON runs (dag_id, logical_us, run_id) WHERE logical_us IS NOT NULL;
CREATE INDEX waits_of_run ON waits (dag_id, run_id);
"""
_ASSETS = """
CREATE TABLE assets (
    uri TEXT NOT NULL, alias INTEGER NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (uri, alias));

CREATE TABLE asset_events (
    event_id TEXT PRIMARY KEY NOT NULL, uri TEXT NOT NULL, timestamp REAL NOT NULL, aliases TEXT,
    rev INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX asset_events_latest ON asset_events (timestamp, event_id);
CREATE INDEX asset_events_of_asset ON asset_events (uri, timestamp, event_id);
CREATE INDEX asset_events_aliased ON asset_events (timestamp, event_id) WHERE aliases IS NOT NULL;
"""

_USERS = """
CREATE TABLE users (username TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL);

CREATE TABLE audit_entries (
    entry_id INTEGER PRIMARY KEY NOT NULL, dag_id TEXT, rev INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX audit_entries_of_dag ON audit_entries (dag_id, entry_id) WHERE dag_id IS NOT NULL;
"""

_RUN_SEARCH = """
ALTER TABLE runs ADD COLUMN run_type TEXT;
ALTER TABLE runs ADD COLUMN version TEXT;
ALTER TABLE runs ADD COLUMN queued_at REAL;
ALTER TABLE runs ADD COLUMN started_at REAL;
ALTER TABLE runs ADD COLUMN ended_at REAL;
ALTER TABLE runs ADD COLUMN triggering_user TEXT;
ALTER TABLE runs ADD COLUMN partition_key TEXT;
ALTER TABLE runs ADD COLUMN partition_us INTEGER;
UPDATE runs SET
    run_type = COALESCE(json_extract(doc, '$.run_type'), 'manual'), version = json_extract(doc, '$.version'),
    queued_at = COALESCE(json_extract(doc, '$.queued_at'), 0.0), started_at = json_extract(doc, '$.started_at'),
    ended_at = json_extract(doc, '$.ended_at'), triggering_user = '', partition_key = '';
CREATE INDEX runs_searched ON runs (
    run_after, dag_id, run_id, state, run_type, logical_us, version, queued_at, started_at, ended_at, triggering_user,
    partition_key, partition_us);
CREATE INDEX runs_counted ON runs (dag_id, state);
CREATE INDEX runs_in_state ON runs (state, run_after, dag_id, run_id, started_at, ended_at);

ALTER TABLE versions ADD COLUMN created_at REAL;
UPDATE versions SET created_at = COALESCE(json_extract(doc, '$.created_at'), 0.0);
CREATE INDEX versions_made ON versions (dag_id, created_at, version);
"""

_DESCRIPTIONS = """
ALTER TABLE variables ADD COLUMN description TEXT;
"""

LAYOUTS = (_FIRST, _SECOND, _LINKS, _BACKFILLS, _ASSETS, _USERS, _RUN_SEARCH, _DESCRIPTIONS)
"""What turns each layout of the file into the next one, an empty file into the first. Only ever added to: files that
an earlier brisa has made are brought up from where they are."""

SCHEMA_VERSION = len(LAYOUTS)


@dataclass(frozen=True)
class Table:
    """One record's table and its statements, whose values come in the order key, columns, rev, doc."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()
    insert: str = field(init=False)
    """Adds nothing where the key is taken."""
    put: str = field(init=False)
    update: str = field(init=False)
    """Takes the values of columns, rev and doc, then those of the key, then the revision that must be there."""
    delete: str = field(init=False)
    delete_as_read: str = field(init=False)
    """Takes the key, then the revision that must be there."""
    select: str = field(init=False)
    """``doc, rev`` of one key."""

    def __post_init__(self) -> None:
        # Names come from this module alone; every value is bound.
        values = (*self.columns, "rev", "doc")
        everything = (*self.key, *values)
        found = " AND ".join(f"{name} = ?" for name in self.key)
        insert = (
            f"INSERT INTO {self.name} ({', '.join(everything)}) VALUES ({', '.join('?' * len(everything))}) "  # noqa: S608
            f"ON CONFLICT ({', '.join(self.key)}) DO "
        )
        statements = {
            "insert": f"{insert} NOTHING",
            "put": f"{insert} UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in values)}",
            "update": f"UPDATE {self.name} SET {', '.join(f'{name} = ?' for name in values)} WHERE {found} AND rev = ?",  # noqa: S608
            "delete": f"DELETE FROM {self.name} WHERE {found}",  # noqa: S608
            "delete_as_read": f"DELETE FROM {self.name} WHERE {found} AND rev = ?",  # noqa: S608
            "select": f"SELECT doc, rev FROM {self.name} WHERE {found}",  # noqa: S608
        }
        for name, statement in statements.items():
            object.__setattr__(self, name, statement)


RUNS = Table(
    "runs",
    ("dag_id", "run_id"),
    (
        "state",
        "run_after",
        "logical_us",
        "next_check_at",
        "linked_us",
        "run_type",
        "version",
        "queued_at",
        "started_at",
        "ended_at",
        "triggering_user",
        "partition_key",
        "partition_us",
    ),
)
ATTEMPTS = Table(
    "attempts", ("dag_id", "run_id", "task_id", "map_index", "generation", "try_number", "seq"), ("reported_at",)
)
DAGS = Table("dags", ("dag_id",), ("due_at",))
VERSIONS = Table("versions", ("dag_id", "version"), ("created_at",))
IMPORT_FAILURES = Table("import_failures", ("file",))
WAITS = Table("waits", ("bucket", "name", "prefix", "dag_id", "run_id", "task_id", "map_index"))
POOLS = Table("pools", ("name",))
BACKFILLS = Table("backfills", ("backfill_id",), ("dag_id",))
ASSETS = Table("assets", ("uri", "alias"))
ASSET_EVENTS = Table("asset_events", ("event_id",), ("uri", "timestamp", "aliases"))
USERS = Table("users", ("username",))
AUDIT_ENTRIES = Table("audit_entries", ("entry_id",), ("dag_id",))

DAG_REVISIONS = "SELECT json_group_array(json_array(dag_id, rev)) FROM dags"
"""One row, not one for each DAG: at every row sqlite3 gives up the interpreter's lock, and waits for it again."""
DAG_REVISIONS_OF = (
    "SELECT json_group_array(json_array(dag_id, rev)) FROM dags WHERE dag_id IN (SELECT value FROM json_each(?))"
)
COUNT_RUNS = "SELECT dag_id, state, COUNT(*) FROM runs GROUP BY dag_id, state"
COUNT_RUNS_OF = (
    "SELECT dag_id, state, COUNT(*) FROM runs WHERE dag_id IN (SELECT value FROM json_each(?)) GROUP BY dag_id, state"
)
VERSION_IDS = (
    "SELECT dag_id, version, created_at FROM versions WHERE dag_id IN (SELECT value FROM json_each(?)) "
    "ORDER BY dag_id, created_at, version"
)
DUE_DAGS = "SELECT doc, rev FROM dags WHERE due_at <= ? ORDER BY due_at, dag_id LIMIT ?"
RUNS_OF_DAG = "SELECT doc, rev FROM runs WHERE dag_id = ? ORDER BY run_after DESC, run_id LIMIT ?"
DATED_RUNS = (
    "SELECT doc, rev FROM runs WHERE dag_id = ? AND logical_us <= ? AND (logical_us, run_id) > (?, ?) "
    "ORDER BY logical_us, run_id LIMIT ?"
)
DUE_RUNS = "SELECT doc, rev FROM runs WHERE next_check_at <= ? ORDER BY next_check_at, dag_id, run_id LIMIT ?"
OPEN_RUNS = (
    "SELECT doc, rev FROM runs INDEXED BY runs_open WHERE state IN ('queued', 'running') ORDER BY dag_id, run_id"
)
PREVIOUS_SUCCESS = (
    "SELECT doc, rev FROM runs WHERE dag_id = ? AND state = 'success' AND logical_us < ? "
    "ORDER BY logical_us DESC, run_id LIMIT 1"
)
LINKED_RUNS = "SELECT doc, rev FROM runs WHERE dag_id = ? AND linked_us < ? ORDER BY linked_us DESC, run_id LIMIT ?"
ATTEMPTS_OF_RUN = (
    "SELECT doc, rev FROM attempts WHERE dag_id = ? AND run_id = ? "
    "ORDER BY task_id, map_index, generation, try_number, seq LIMIT ?"
)
ATTEMPTS_OF_TASK = (
    "SELECT doc, rev FROM attempts WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? "
    "ORDER BY generation, try_number, seq"
)
REPORTED = (
    "SELECT doc, rev FROM attempts WHERE dag_id = ? AND run_id = ? AND reported_at IS NOT NULL "
    "ORDER BY reported_at, task_id, map_index, generation, try_number, seq LIMIT ?"
)
WAITS_PERHAPS_MET = (
    "SELECT doc, rev FROM waits WHERE bucket = ? AND (prefix = 1 OR name = ?) "
    "ORDER BY name, prefix, dag_id, run_id, task_id, map_index"
)
WAITS_OF_RUN = "SELECT doc, rev FROM waits WHERE dag_id = ? AND run_id = ? LIMIT ?"
VERSIONS_OF_DAG = "SELECT doc, rev FROM versions WHERE dag_id = ? LIMIT ?"
ALL_BACKFILLS = "SELECT doc, rev FROM backfills ORDER BY backfill_id DESC LIMIT ?"
BACKFILLS_OF_DAG = "SELECT doc, rev FROM backfills WHERE dag_id = ? ORDER BY backfill_id DESC LIMIT ?"
ALL_POOLS = "SELECT doc, rev FROM pools ORDER BY name"
ALL_ASSETS = "SELECT doc, rev FROM assets ORDER BY uri, alias"
_HAPPENED = "FROM asset_events WHERE timestamp BETWEEN ? AND ? {which}"
_WHICH = {
    "any": "",
    "asset": "AND uri = ?",
    # An alias is rare: the index has just the events that were told through one.
    "alias": "AND aliases IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(aliases) WHERE value = ?)",
}
_ORDERS = {True: "timestamp, event_id", False: "timestamp DESC, event_id DESC"}
EVENTS_OF = {
    (kind, ascending): f"SELECT doc, rev {_HAPPENED.format(which=which)} ORDER BY {order} LIMIT ? OFFSET ?"
    for kind, which in _WHICH.items()
    for ascending, order in _ORDERS.items()
}
"""By what is asked for (``any``, ``asset`` or ``alias``), and whether the first come first."""
COUNT_EVENTS = {kind: f"SELECT COUNT(*) {_HAPPENED.format(which=which)}" for kind, which in _WHICH.items()}
"""By what is asked for."""
ALL_USERS = "SELECT doc, rev FROM users ORDER BY username"
_AUDITED = "FROM audit_entries WHERE entry_id BETWEEN ? AND ? {of}"
_OF_DAG = {False: "", True: "AND dag_id = ?"}
COUNT_AUDIT_ENTRIES = {of_dag: f"SELECT COUNT(*) {_AUDITED.format(of=of)}" for of_dag, of in _OF_DAG.items()}
"""By whether those about one DAG are asked for."""
AUDIT_ENTRIES_OF = {
    (of_dag, ascending): f"SELECT doc, rev {_AUDITED.format(of=of)} ORDER BY entry_id {order} LIMIT ? OFFSET ?"
    for of_dag, of in _OF_DAG.items()
    for ascending, order in ((True, "ASC"), (False, "DESC"))
}
"""By that, and by whether the first come first."""
ALL_IMPORT_FAILURES = "SELECT doc, rev FROM import_failures ORDER BY file"
NEXT_DUE = (
    "SELECT MIN(moment) FROM ("
    "SELECT MIN(next_check_at) AS moment FROM runs WHERE next_check_at IS NOT NULL UNION ALL "
    "SELECT MIN(due_at) FROM dags WHERE due_at IS NOT NULL)"
)

VARIABLE = "SELECT value FROM variables WHERE key = ?"
_VARIABLES = "SELECT key, value, description FROM variables WHERE {} ORDER BY key"
VARIABLES = _VARIABLES.format("key < '@' OR key >= 'A'")
"""All but those whose key begins with ``@``: brisa's own."""
VARIABLES_FROM = _VARIABLES.format("key BETWEEN ? AND ?")
DESCRIBE_VARIABLE = "UPDATE variables SET description = ? WHERE key = ?"
SET_VARIABLE = "INSERT INTO variables (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
DELETE_VARIABLE = "DELETE FROM variables WHERE key = ?"

ENQUEUE = "INSERT INTO messages (name, due, doc) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"
TAKE = (
    "UPDATE messages SET owner = ? WHERE seq IN ("
    "SELECT seq FROM messages WHERE owner IS NULL AND done_at IS NULL AND due <= ? ORDER BY due, seq LIMIT ?) "
    "RETURNING due, seq, doc"
)
DONE = "UPDATE messages SET done_at = ?, owner = NULL, doc = '' WHERE name = ? AND done_at IS NULL"
FORGET = "DELETE FROM messages WHERE done_at <= ?"
GIVE_BACK = "UPDATE messages SET owner = NULL WHERE name = ? AND owner IS NOT NULL"
RELEASE_ALL = "UPDATE messages SET owner = NULL WHERE owner IS NOT NULL"
RELEASE = "UPDATE messages SET owner = NULL WHERE owner = ?"
NEXT_MESSAGE = "SELECT MIN(due) FROM messages WHERE owner IS NULL AND done_at IS NULL"
DEPTH = (
    "SELECT (SELECT COUNT(*) FROM messages WHERE owner IS NULL AND done_at IS NULL) + "
    "(SELECT COUNT(*) FROM messages WHERE owner IS NOT NULL)"
)
