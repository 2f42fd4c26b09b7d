"""What a newer brisa has written in a format of its own is refused in one sentence, and left as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from brisa.adapters.cloudtasks import decode_work
from brisa.adapters.firestore import documents
from brisa.adapters.memory import FakeClock
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore
from brisa.errors import DecodeError, NewerFormatError
from brisa.handlers.refusals import refusal
from brisa.handlers.worker import WORKER
from brisa.model import codec, formats
from brisa.model.asset import AssetKey
from brisa.model.formats import check_format, stamped
from brisa.model.run import AttemptKey, RunKey
from tests.handlers.deployment import Deployment, answered, request
from tests.support.program import Home
from tests.upgrade import editions
from tests.upgrade.editions import KINDS, LATEST

NEWER = formats.READ + 1
MID = RunKey("busy", "mid")
SAYS = (
    rf"has format {NEWER}, and this brisa reads formats up to {formats.READ}: a newer one has written it\. "
    r"It was left as it is\. Install that brisa, or a later one"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A home's database that a newer brisa has worked on."""
    path = editions.restored(LATEST, tmp_path / "brisa.db")
    with closing(Database(path)) as database, database.write() as connection:
        for table in (*KINDS, "messages"):
            connection.execute(f"UPDATE {table} SET doc = json_set(doc, '$.format', {NEWER}) WHERE json_valid(doc)")
    return path


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """It, opened by this brisa."""
    with closing(Database(path)) as database:
        yield database


VERBS: dict[str, Callable[[SqliteStore], Any]] = {
    "runs": lambda store: store.run(MID),
    "attempts": lambda store: store.attempt(AttemptKey(*MID, "claimed")),
    "dags": lambda store: store.dag("busy"),
    "versions": lambda store: store.version("busy", "v1"),
    "import_failures": lambda store: store.import_failures(),
    "waits": lambda store: store.waits("landing", "in/a.csv"),
    "pools": lambda store: store.pool("db"),
    "backfills": lambda store: store.backfills(limit=9),
    "assets": lambda store: store.asset(AssetKey("x")),
    "asset_events": lambda store: store.asset_events(limit=9),
    "users": lambda store: store.user("ana"),
    "audit_entries": lambda store: store.audit_entries(limit=9),
}


@pytest.mark.parametrize("table", KINDS)
def test_no_record_of_a_newer_format_is_read(database: Database, table: str) -> None:
    """Whichever kind it is; and nothing changes."""
    before = editions.dumped(database)
    with pytest.raises(NewerFormatError, match=SAYS):
        VERBS[table](SqliteStore(database))
    assert editions.dumped(database) == before


def test_a_message_of_a_newer_format_stays_in_the_queue(database: Database) -> None:
    """It is not taken, so whoever reads it may."""
    queue = SqliteQueue(database, FakeClock())
    before = editions.dumped(database)
    with pytest.raises(NewerFormatError, match=f"this message {SAYS}"):
        queue.take(2e9, limit=100, owner="me")
    assert editions.dumped(database) == before


@pytest.mark.parametrize("collection", [*KINDS, documents.VARIABLES])
def test_no_document_of_a_newer_format_is_read(collection: str) -> None:
    """Firestore's, Variables among them."""
    stored = editions.read(LATEST, "firestore.json")
    found = [fields for path, fields in stored.items() if path.split("/")[-2] == collection]
    assert found
    for fields in found:
        held = json.loads(fields["doc"])
        newer = {**fields, "doc": json.dumps(stamped(held if isinstance(held, dict) else {"of": held}, NEWER))}
        with pytest.raises(NewerFormatError, match=SAYS):
            if collection == documents.VARIABLES:
                documents.variable_from(newer)
            else:
                documents.from_fields(KINDS[collection], newer)


def test_a_function_leaves_a_message_of_a_newer_format_to_a_newer_one() -> None:
    """It answers 503, so that Cloud Tasks comes again, and does nothing."""
    deployment = Deployment()
    deployment.site.trigger()
    before = deployment.state()
    for body in editions.read(LATEST, "messages.json"):
        newer = json.dumps(stamped(json.loads(body), NEWER)).encode()
        response = deployment.call(WORKER, request(newer))
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert f"format {NEWER}" in answered(response)["detail"]
    assert deployment.state() == before


def test_a_function_leaves_a_run_of_a_newer_format_to_a_newer_one() -> None:
    """Also when it meets it half-way: an error of that kind is answered so, whoever raises it."""
    refused = refusal(NewerFormatError("x"), unknown=200)
    assert refused is not None
    assert (refused.status, refused.outcome) == (503, "newer format")


@pytest.mark.parametrize("odd", ["2", True, None, 0, -1, 1.5, [2]])
def test_a_format_that_is_no_number_is_no_newer_one(odd: object) -> None:
    """Nor is it read as if it were not there."""
    with pytest.raises(DecodeError, match="its format is no number") as caught:
        check_format("Run", {"format": odd})
    assert not isinstance(caught.value, NewerFormatError)
    with pytest.raises(DecodeError):
        decode_work(json.dumps({"attempt": ["d", "r", "t", -1, 0, 1, 0], "format": odd}).encode())


def test_a_record_says_its_format_unless_that_is_the_first() -> None:
    """So format 1 costs not a byte, and what has none is of format 1."""
    record = {"name": "db"}
    assert stamped(record, 1) == record
    assert stamped(record, 3) == {"format": 3, "name": "db"}
    check_format("Pool", stamped(record, formats.READ))
    bodies = editions.read(LATEST, "messages.json")
    assert all("format" not in codec.encode_work(decode_work(body.encode())) for body in bodies)


def test_the_command_line_says_which_format_a_home_has(path: Path, tmp_path: Path) -> None:
    """``db check`` and ``db migrate`` tell it; what a newer brisa has exported is not imported."""
    home = Home(path.parent)
    checked = home.call("db", "check")
    assert (checked.returncode, f"holds records of format {NEWER}" in checked.stderr) == (2, True)
    assert f"and format {NEWER}" in home.call("db", "migrate").stdout
    exported = tmp_path / "all.jsonl"
    assert home.call("db", "export", str(exported)).returncode == 0
    other = Home(tmp_path / "other")
    refused = other.call("db", "import", str(exported))
    assert (refused.returncode, f"this export has format {NEWER}" in refused.stderr) == (2, True)
    assert not (other.path / "brisa.db").exists()


def test_a_home_of_an_earlier_release_is_checked_and_moved(tmp_path: Path) -> None:
    """It is sound, and its export makes another home of the same records."""
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    first.path.mkdir()
    path = editions.restored(LATEST, first.path / "brisa.db")
    assert first.call("db", "check").stdout == f"{path} is sound\n"
    assert first.call("db", "export", str(tmp_path / "all.jsonl")).returncode == 0
    assert second.call("db", "import", str(tmp_path / "all.jsonl")).returncode == 0
    with closing(Database(path)) as before, closing(Database(second.path / "brisa.db")) as after:
        assert editions.records(after) == editions.records(before)
        assert editions.messages(after) == editions.messages(before)
