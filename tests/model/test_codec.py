"""Records to JSON and back: everything survives, and what is no record is one clear error."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.errors import DecodeError
from brisa.model import asset, backfill, dag, pool, run, spec, wait, watch, work
from brisa.model.codec import decode, decode_work, dumps, encode, encode_work
from brisa.model.run import Attempt, AttemptKey, Message, Outcome, Run, RunKey, TaskInstance, XCom
from brisa.model.spec import DagSpec, GroupSpec, ScheduleSpec, TaskSpec
from brisa.model.states import AttemptState, Decides, OutcomeKind, RunState, RunType, TaskState, TriggerRule
from brisa.model.wait import WaitKey

RECORDS = sorted(
    {
        kind
        for module in (asset, backfill, dag, pool, run, spec, wait, watch, work)
        for kind in vars(module).values()
        if isinstance(kind, type) and is_dataclass(kind)
    },
    key=lambda kind: kind.__name__,
)
"""Every record that can be stored or sent: found, so that a new one can't be forgotten."""

# --- strategies: text as hostile as it comes, numbers of every size ---------------------------------------------------

TEXT = st.text() | st.sampled_from(
    ["", "/", "a/b", "\x00", "\x1f", '"', "\\", "None", "\u2028", "😀", "<script>", "'; --"]
)
IDS = st.from_regex(r"[\w.-]{1,20}", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(-1, 2**53)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-3))])
DATES = st.datetimes(timezones=ZONES)
JSON = st.recursive(
    st.none() | st.booleans() | COUNTS | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)

KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "int": COUNTS,
    "float": NUMBERS,
    "bool": st.booleans(),
    "object": JSON,
    "datetime": DATES,
    "JsonObject": OBJECTS,
    "bool | float": st.booleans() | NUMBERS,
    "TaskState": st.sampled_from(TaskState),
    "RunState": st.sampled_from(RunState),
    "RunType": st.sampled_from(RunType),
    "AttemptState": st.sampled_from(AttemptState),
    "OutcomeKind": st.sampled_from(OutcomeKind),
    "Decides": st.sampled_from(Decides),
    "Reprocess": st.sampled_from(backfill.Reprocess),
    "TriggerRule": st.sampled_from(TriggerRule),
    "ScheduleKind": st.sampled_from(spec.ScheduleKind),
    "DeadlineKind": st.sampled_from(spec.DeadlineKind),
    "AssetKey": st.builds(asset.AssetKey, TEXT, st.booleans()),
    "RunKey": st.builds(RunKey, TEXT, TEXT),
    "WaitKey": st.builds(WaitKey, TEXT, TEXT, st.booleans(), TEXT, TEXT, IDS, COUNTS),
    "AttemptKey": st.builds(AttemptKey, TEXT, TEXT, IDS, COUNTS, COUNTS, COUNTS, COUNTS),
}


def values(annotation: str) -> st.SearchStrategy[Any]:
    """Values for a field whose type is written so."""
    kinds = {kind.__name__: kind for kind in RECORDS}
    if annotation in KNOWN:
        return KNOWN[annotation]
    if annotation in kinds:
        return records(kinds[annotation])
    if annotation.endswith(" | None"):
        return st.none() | values(annotation.removesuffix(" | None"))
    if annotation.startswith("tuple["):
        return st.lists(values(annotation[6:-6]), max_size=3).map(tuple)
    if annotation.startswith("Mapping[str, "):
        return st.dictionaries(TEXT, values(annotation[13:-1]), max_size=3)
    raise AssertionError(f"this test does not know how to make a {annotation}")


@st.composite
def records(draw: st.DrawFn, kind: type) -> Any:
    """A record of ``kind`` with every field drawn, or left at its default."""
    made = {}
    for field in fields(kind):
        if field.init and (draw(st.booleans()) or not has_default(kind, field.name)):
            strategy = values(str(field.type))
            made[field.name] = draw(st.lists(IDS, max_size=3).map(tuple) if field.name == "skips" else strategy)
    return kind(**made)


KNOWN["AssetQueue"] = st.dictionaries(TEXT, records(asset.QueuedAsset), max_size=3)


def has_default(kind: type, name: str) -> bool:
    (field,) = (field for field in fields(kind) if field.name == name)
    return field.default is not MISSING or field.default_factory is not MISSING


def through_text(record: object) -> Any:
    return json.loads(dumps(encode(record)))


# --- round trips -----------------------------------------------------------------------------------------------------


def test_a_run_is_stored_small_and_read_back() -> None:
    """A run of one finished task is a few dozen bytes per task, and reads back as it was."""
    instance = TaskInstance(state=TaskState.SUCCESS, try_number=1, max_tries=1, started_at=1.5, ended_at=2.25)
    record = Run(dag_id="d", run_id="r", version="v", tasks={"t": instance})

    assert encode(record) == {"dag_id": "d", "run_id": "r", "version": "v", "tasks": {"t": "s/1/1/0/0/0/0//1.5/2.25"}}
    assert decode(Run, through_text(record)) == record


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_survives_the_trip_through_text(kind: type) -> None:
    """Any record, with any text in it, is the same record after JSON text and back."""

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(records(kind))
    def check(record: Any) -> None:
        assert decode(kind, through_text(record)) == record

    check()


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_unknown_fields_are_ignored(kind: type) -> None:
    """A newer brisa may have written more: what this one does not know, it does not mind."""
    if kind is TaskInstance:
        return

    @settings(max_examples=5, deadline=None, derandomize=True)
    @given(records(kind))
    def check(record: Any) -> None:
        assert decode(kind, {**through_text(record), "invented_later": {"deep": [1]}}) == record

    check()


def test_fields_at_their_default_are_not_stored() -> None:
    """What is as usual costs nothing."""
    assert encode(ScheduleSpec()) == {}
    assert encode(TaskSpec(task_id="t")) == {"task_id": "t"}


def test_all_task_states_have_a_code_of_their_own() -> None:
    """One character per state, none twice, and each leads back to its state."""
    codes = [state.code for state in TaskState]

    assert {len(code) for code in codes} == {1}
    assert [TaskState.from_code(code) for code in codes] == list(TaskState)
    assert len(set(codes)) == len(codes)


def test_a_changed_instance_is_not_stored_as_it_was() -> None:
    """The text that an instance remembers belongs to that very instance: a changed copy is written anew."""
    old = decode(TaskInstance, "q/1/1/0/0/0/0/60.0")

    assert encode(old) == "q/1/1/0/0/0/0/60.0"
    assert encode(replace(old, state=TaskState.RUNNING)) == "r/1/1/0/0/0/0/60.0"
    assert encode(replace(old, due_at=None)) == "q/1/1/0/0/0/0"


def test_keys_are_lists_and_come_back_as_keys() -> None:
    """A message's ids travel as a list."""
    message = Message(attempt=AttemptKey("d", "r", "t", -1, 2, 3, 4), send=1, not_before=5.0)

    assert encode(message) == {"attempt": ["d", "r", "t", -1, 2, 3, 4], "send": 1, "not_before": 5.0}
    assert decode(Message, through_text(message)) == message


def test_text_that_is_no_utf_8_is_still_storable() -> None:
    """Half a character, as a broken log line has it, is written so that every store can take it."""
    record = Outcome(kind=OutcomeKind.FAILED, error="half \ud83d a character")
    text = dumps(encode(record))

    assert text.encode()
    assert decode(Outcome, json.loads(text)) == record


# --- what is no record -----------------------------------------------------------------------------------------------

KEY = ["d", "r", "t", -1, 0, 1, 0]
NOT: list[tuple[type, object]] = [
    *((kind, junk) for kind in RECORDS for junk in (None, 5, True, [], [1], "", "junk")),
    (Run, {}),
    (Run, {"dag_id": "d", "run_id": "r"}),
    (Run, {"dag_id": 5, "run_id": "r", "version": "v"}),
    (Run, {"dag_id": "d", "run_id": ["r"], "version": "v"}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "state": "asleep"}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "state": ["running"]}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "tasks": [["t", "s"]]}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "conf": [["a", 1]]}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "logical_date": "yesterday"}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "logical_date": 1704067200}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "run_after": "soon"}),
    (Run, {"dag_id": "d", "run_id": "r", "version": "v", "run_after": True}),
    (Message, {}),
    (Message, {"attempt": "drt"}),
    (Message, {"attempt": []}),
    (Message, {"attempt": KEY[:3]}),
    (Message, {"attempt": [*KEY, 0]}),
    (Message, {"attempt": ["d", "r", "t", "-1", 0, 1, 0]}),
    (Message, {"attempt": ["d", "r", {}, -1, 0, 1, 0]}),
    (Message, {"attempt": {"dag_id": "d"}}),
    (Message, {"attempt": KEY, "send": 1.5}),
    (Outcome, {"kind": "great"}),
    (Outcome, {"kind": "success", "follow": "abc"}),
    (Outcome, {"kind": "success", "follow": [1]}),
    (Outcome, {"kind": "success", "retryable": "no"}),
    (Attempt, {"key": KEY, "xcoms": {"k": 5}}),
    (DagSpec, {"dag_id": "d", "tasks": {"t": {}}}),
    (DagSpec, {"dag_id": "d", "tasks": ["t"]}),
    (DagSpec, {"dag_id": "d", "tasks": [{"task_id": "t", "trigger_rule": "sometimes"}]}),
    *(
        (TaskInstance, text)
        for text in ("s", "z/1/1/0/0/0/0", "s/one/1/0/0/0/0", "s/1/1/0/0/0/0/soon", "s/1/1/0/0/0/0/////a/b", "//////")
    ),
]


@pytest.mark.parametrize(("kind", "data"), NOT, ids=lambda value: getattr(value, "__name__", repr(value)[:60]))
def test_what_is_no_record_is_a_decode_error(kind: type, data: object) -> None:
    """Anything else than the record's own shape is a DecodeError that names the record."""
    with pytest.raises(DecodeError, match=f"not a {kind.__name__}: "):
        decode(kind, data)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_any_json_is_a_record_or_a_decode_error(kind: type) -> None:
    """Whatever JSON somebody sends, no other error comes out."""
    names = [field.name for field in fields(kind)]

    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(JSON | st.dictionaries(st.sampled_from(names), JSON))
    def check(data: object) -> None:
        try:
            record: object = decode(kind, data)
        except DecodeError:
            return
        assert isinstance(record, kind)

    check()


def test_every_record_is_tried() -> None:
    """The records that these tests go over are those that are stored or sent."""
    assert {Attempt, DagSpec, GroupSpec, Message, Outcome, Run, ScheduleSpec, TaskInstance, TaskSpec, XCom} <= set(
        RECORDS
    )
    assert RunKey("d", "r") == decode(RunKey, ["d", "r"])


@given(st.one_of(records(Message), records(work.Fold), records(work.Chore)))
def test_work_comes_back_as_what_it_was(sent: work.Work) -> None:
    """A queue's body tells a message, a fold and a chore apart."""
    assert decode_work(json.loads(dumps(encode_work(sent)))) == sent


@pytest.mark.parametrize(
    "data", [None, [], "fold", {"kind": "other"}, {"kind": 1}, {"kind": "fold"}, {"kind": "chore", "runs": [1]}]
)
def test_what_is_no_work_is_refused(data: object) -> None:
    """A kind that is not known, or one without its parts."""
    with pytest.raises(DecodeError):
        decode_work(data)
