"""What tasks say of assets that they change, and what they see of what was said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brisa.authoring.assets import Asset, AssetAlias
from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowSkipException
from brisa.errors import AuthoringError
from brisa.model.asset import AssetUpdate
from brisa.model.json import JsonValue
from brisa.model.states import OutcomeKind
from brisa.operators.python import PythonOperator
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import a_run, run_task

X, Y, Z = Asset("s3://b/x"), Asset(name="y", uri="s3://b/y"), AssetAlias("z")
START = datetime(2024, 1, 1, tzinfo=UTC)


def call(function, dialect=3, channel=None, run=None, **kwargs):
    """Run one PythonOperator."""
    with DAG("d", start_date=START, schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    dag.dialect = dialect
    return run_task(dag, channel=channel, run=run)[0]


def nothing():
    """Says nothing."""


def extras(outlet_events):
    """Gives an extra to each asset, an outlet or not."""
    for asset in (X, Y, Asset("other")):
        outlet_events[asset].extra = {"of": asset.uri}


def adds(outlet_events):
    """The same asset through two aliases, and again with another extra."""
    outlet_events[Z].add(X, extra={"n": 1})
    outlet_events[AssetAlias("w")].add(X, extra={"n": 1})
    outlet_events[Z].add(X, extra={"n": 2})
    outlet_events[Z].add(X, extra={"n": 1})
    outlet_events[AssetAlias("unknown")].add(Y)


@pytest.mark.parametrize(
    ("function", "outlets", "expected"),
    [
        (nothing, None, ()),
        (nothing, [X, X, "a file"], (AssetUpdate(uri="s3://b/x", name="s3://b/x"),)),
        (nothing, [Y, Z], (AssetUpdate(uri="s3://b/y", name="y"),)),
        (extras, [X], (AssetUpdate(uri="s3://b/x", name="s3://b/x", extra={"of": "s3://b/x"}),)),
        (
            adds,
            [Z, AssetAlias("w")],
            (
                AssetUpdate(uri="s3://b/x", name="s3://b/x", extra={"n": 1}, aliases=("w", "z")),
                AssetUpdate(uri="s3://b/x", name="s3://b/x", extra={"n": 2}, aliases=("z",)),
            ),
        ),
    ],
)
def test_what_a_success_tells(function, outlets, expected):
    """Each outlet once, with its extra; what was added to aliases, the same once; nothing of what is no outlet."""
    outcome = call(function, outlets=outlets)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert outcome.assets == expected


def test_assets_are_named_by_text_in_airflow_2():
    """An outlet's event by its uri, what is added to an alias by its uri."""

    def work(outlet_events):
        outlet_events["s3://b/x"].extra = {"n": 1}
        outlet_events["z"].add("s3://b/q")

    assert call(work, dialect=2, outlets=[X, Z]).assets == (
        AssetUpdate(uri="s3://b/x", name="s3://b/x", extra={"n": 1}),
        AssetUpdate(uri="s3://b/q", name="s3://b/q", aliases=("z",)),
    )


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"when": START}, "must be a dict of JSON, and 's3://b/x' has"),
        ({"x": float("nan")}, "must be a dict of JSON"),
        ("text", "must be a dict of JSON"),
        ({"x": "y" * 100_000}, "and 100,000 can be kept"),
    ],
)
def test_an_extra_that_cannot_be_kept_fails_the_task(extra, error):
    """With a message that says why."""

    def work(outlet_events):
        outlet_events[X].extra = extra

    outcome = call(work, outlets=[X])
    assert outcome.kind is OutcomeKind.FAILED
    assert error in outcome.error
    assert outcome.assets == ()


@pytest.mark.parametrize("added", [None, 5, "", "\ud800"])
def test_what_is_no_asset_cannot_be_added_to_an_alias(added):
    """The task fails, and says why."""

    def work(outlet_events):
        outlet_events[Z].add(added)

    outcome = call(work, outlets=[Z])
    assert outcome.kind is OutcomeKind.FAILED
    assert "must be an Asset, not" in outcome.error or "an Asset needs a name or a uri" in outcome.error


@pytest.mark.parametrize("made", [Asset, AssetAlias])
@pytest.mark.parametrize("name", ["", "  ", 5, "a\ud800"])
def test_what_cannot_name_an_asset_is_refused(made, name):
    """Where it is written: blank, no text, or no character that can be stored."""
    with pytest.raises(AuthoringError, match="needs a name"):
        made(name)


def test_an_asset_with_an_extra_that_is_no_json_is_refused():
    """Where it is written, not when the DAG is stored."""
    with pytest.raises(AuthoringError, match="the extra of an Asset must be JSON"):
        Asset("x", extra={"when": START})


def test_a_task_that_is_skipped_or_fails_tells_nothing():
    """Whatever it has said before."""

    def skips(outlet_events):
        outlet_events[X].extra = {"n": 1}
        raise AirflowSkipException

    assert call(skips, outlets=[X]).assets == ()
    assert call(lambda: 1 / 0, outlets=[X]).assets == ()


EVENT: dict[str, JsonValue] = {
    "uri": "s3://b/y", "name": "y", "timestamp": 1_700_000_000.5, "extra": {"n": 1}, "aliases": ["z"],
    "dag_id": "p", "run_id": "r", "task_id": "make", "map_index": 2, "logical_date": "2024-01-01T00:00:00+00:00",
    "data_interval_start": "2024-01-01T00:00:00+00:00", "data_interval_end": "2024-01-02T00:00:00+00:00",
}  # fmt: skip
OUTSIDE: dict[str, JsonValue] = {
    **EVENT, "dag_id": None, "run_id": None, "task_id": None, "map_index": -1, "aliases": [], "extra": {},
}  # fmt: skip


def test_a_run_is_told_of_the_events_that_it_was_made_for():
    """By asset, by alias, by name and uri; with their source, its dates and its XComs."""

    def work(triggering_asset_events):
        first, second = triggering_asset_events[Y]
        assert list(triggering_asset_events) == [Y, Z]
        assert triggering_asset_events[Z] == triggering_asset_events.for_asset_alias(name="z") == [first]
        assert triggering_asset_events.for_asset(name="y") == triggering_asset_events.for_asset(uri="s3://b/y")
        assert (first.extra, first.source_dag_id, first.source_run_id, first.source_task_id) == (
            {"n": 1}, "p", "r", "make",
        )  # fmt: skip
        assert (first.source_map_index, first.timestamp.isoformat()) == (2, "2023-11-14T22:13:20.500000+00:00")
        assert first.source_dag_run.data_interval_end.isoformat() == "2024-01-02T00:00:00+00:00"
        assert (first.asset, first.uri, first.source_aliases) == (Y, "s3://b/y", [Z])
        assert (second.source_dag_id, second.source_dag_run, second.source_task_instance) == (None, None, None)
        with pytest.raises(KeyError):
            triggering_asset_events[X]
        with pytest.raises(TypeError):
            triggering_asset_events["y"]
        return first.source_task_instance.xcom_pull()

    channel = MemoryChannel(asset_events=[EVENT, OUTSIDE])
    channel.give("make", "value", map_index=2)
    outcome = call(work, channel=channel, run=a_run(asset_events=("e", "f")))
    assert (outcome.kind, channel.values()) == (OutcomeKind.SUCCESS, {"return_value": "value"}), outcome.error


def test_in_airflow_2_they_are_found_by_uri():
    """And written so in templates."""
    text = "{{ (triggering_dataset_events.values() | first | first).source_dag_run.data_interval_start | ds }}"
    channel = MemoryChannel(asset_events=[EVENT, OUTSIDE])
    run = a_run(asset_events=("e", "f"))

    def work(text, triggering_dataset_events):
        return [text, {uri: len(events) for uri, events in triggering_dataset_events.items()}]

    call(work, dialect=2, channel=channel, run=run, op_kwargs={"text": text})
    assert channel.values() == {"return_value": ["2024-01-01", {"s3://b/y": 2}]}


@pytest.mark.parametrize("dialect", [2, 3])
def test_nobody_is_asked_for_a_run_that_no_asset_has_started(dialect):
    """Looking costs nothing then."""
    channel = MemoryChannel(asset_events=[EVENT])
    name = "triggering_dataset_events" if dialect == 2 else "triggering_asset_events"

    def work(**context):
        return len(context[name])

    call(work, dialect=dialect, channel=channel)
    assert channel.values() == {"return_value": 0}
    assert "triggering_asset_events" not in channel.asked


def test_inlets_show_their_events():
    """By asset, alias and place, the latest last; a part of them by moment and number; no other asset's."""
    asked = []

    class Listening(MemoryChannel):
        def ask(self, verb, /, **payload):
            if verb == "asset_events":
                asked.append(payload)
            return super().ask(verb, **payload)

    def work(inlet_events):
        events = inlet_events[Y]
        assert [event.extra for event in events] == [{"n": 1}, {}]
        assert (events[-1].source_dag_id, len(events[:1]), len(inlet_events[0])) == (None, 1, 2)
        assert len(inlet_events[Z].after("2024-01-01").before(START).ascending(False).limit(5)) == 2
        assert list(inlet_events) == [Y, Z]
        with pytest.raises(KeyError):
            inlet_events[X]

    outcome = call(work, channel=Listening(asset_events=[EVENT, OUTSIDE]), inlets=[Y, Z])
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    moment = START.timestamp()
    assert asked == [
        {"uri": "s3://b/y"},
        {"uri": "s3://b/y"},
        {"alias": "z", "after": moment, "before": moment, "ascending": False, "limit": 5},
    ]


def test_a_reference_is_the_asset_that_it_names():
    """As an inlet its events are found by the asset, and as an outlet the asset is told of."""

    def work(inlet_events):
        assert len(inlet_events[Y]) == 1

    reference = Asset.ref(uri="s3://b/y")
    outcome = call(work, channel=MemoryChannel(asset_events=[EVENT]), inlets=[reference], outlets=[reference])
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    assert [update.uri for update in outcome.assets] == ["s3://b/y"]
