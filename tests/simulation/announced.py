"""I13: what tasks say of assets becomes events, and each DAG that is scheduled on them consumes each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping

from brisa.engine import attempt_key
from brisa.engine.announcing import event_id
from brisa.engine.asset_queue import condition, is_met, keys_of
from brisa.model.asset import AssetKey
from brisa.model.run import Attempt, Run, task_names
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, OutcomeKind, TaskState
from tests.simulation.stores import Store


def misled(store: Store, specs: Mapping[str, DagSpec], touched: Container[str]) -> Iterator[str]:
    """What is wrong with asset events once nothing is to come. Of the DAGs ``touched`` runs were deleted, or all."""
    yield from _untold(store, touched)
    yield from _consumed_otherwise(store, {dag_id: spec for dag_id, spec in specs.items() if dag_id not in touched})
    for run in store.all_runs():
        if run.announcing:
            yield f"I1: nothing is to come, and {run.run_id} of {run.dag_id} has yet to tell of {run.announcing}"


def _untold(store: Store, touched: Container[str]) -> Iterator[str]:
    """Each success that counts has made its events; and there is none that no success has made."""
    made = {event.event_id for event in store.all_events() if event.source_dag_id not in touched}
    told: set[str] = set()
    runs = {run.key: run for run in store.all_runs() if run.dag_id not in touched}
    for attempt in (one for one in store.all_attempts() if one.key.dag_id not in touched):
        told |= _events_of(runs[attempt.key.run_key], attempt)
    if made - told:
        yield f"I13: nobody has told of {sorted(made - told)}"
    for run in runs.values():
        for name in task_names(run):
            instance = run.task(name)
            found = store.attempt(attempt_key(run, name, instance))
            if instance.state is TaskState.SUCCESS and found is not None and not _events_of(run, found.record) <= made:
                yield f"I13: {name} of {run.run_id} of {run.dag_id} has changed an asset, and there is no event"


def _events_of(run: Run, attempt: Attempt) -> set[str]:
    outcome = attempt.outcome
    over = attempt.state in (AttemptState.FINISHED, AttemptState.REPORTED)
    if outcome is None or outcome.kind is not OutcomeKind.SUCCESS or not over:
        return set()
    return {event_id(run, attempt.key, place, one.uri) for place, one in enumerate(outcome.assets)}


def _consumed_otherwise(store: Store, specs: Mapping[str, DagSpec]) -> Iterator[str]:
    for dag in (stored.record for stored in store.dags() if stored.record.dag_id in specs):
        spec = specs[dag.dag_id]
        wanted = Counter(event.event_id for event in store.all_events() if AssetKey(event.uri) in keys_of(spec))
        queued = Counter(one for asset in dag.asset_queue.values() for one in asset.events)
        runs = [run for run in store.all_runs() if run.dag_id == dag.dag_id]
        consumed = queued + Counter(one for run in runs for one in run.asset_events)
        if consumed != wanted:
            yield f"I13: {dag.dag_id} has too few, or too many, of its events: {dict(consumed)}, not {dict(wanted)}"
        if is_met(condition(spec), dag.asset_queue, {}) != (dag.assets_due_at is not None):
            yield f"I1: what has happened to assets is enough for {dag.dag_id}, or not, and it does not know"
