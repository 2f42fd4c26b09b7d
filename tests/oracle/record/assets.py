"""Which runs the scheduler makes for asset events, and of which events it tells them: python record/assets.py OUT.json.

An event is registered as a task's end does, then the scheduler's own step that makes runs is taken once. All runs are
ended before the next step, unless the scenario has a ``limit``: then they end at the step ``end``.
"""

import sys
import time
from datetime import UTC, datetime

import _airflow as af  # type: ignore[import-not-found]  # found beside the script that runs
from airflow import settings
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagModel, DagRun
from airflow.utils.sqlalchemy import prohibit_commit
from airflow.utils.state import DagRunState

if af.V3:
    from airflow.assets.manager import asset_manager
    from airflow.models.asset import AssetModel
    from airflow.sdk import Asset, AssetAlias
else:
    from airflow.datasets import Dataset as Asset
    from airflow.datasets import DatasetAlias as AssetAlias
    from airflow.datasets.manager import dataset_manager

START = datetime(2024, 1, 1, tzinfo=UTC)
URI = "s3://bucket/{}"
X, Y, W = ({"asset": URI.format(name)} for name in "xyw")
SCENARIOS = [
    ("one", X, "x x y x", None),
    ("all", {"all": [X, Y]}, "x x y y x", None),
    ("any", {"any": [X, Y]}, "x y", None),
    ("all of any", {"all": [X, {"any": [Y, W]}]}, "w x y x", None),
    ("any of all", {"any": [{"all": [X, Y]}, W]}, "x w y x", None),
    ("two at once", {"any": [X, Y]}, "xy", None),
    ("paused", X, "x pause x x unpause x", None),
    ("paused in the middle", {"all": [X, Y]}, "x pause y unpause x y", None),
    ("met, then paused", X, "x pause unpause x", None),
    ("full", X, "x x end x", 1),
    ("full, then two", {"any": [X, Y]}, "x x y end", 1),
    ("full and paused", X, "x x pause end unpause x", 1),
    ("alias", {"alias": "z"}, "x x@z x y@z", None),
    ("alias and asset", {"all": [{"alias": "z"}, Y]}, "x@z y x y", None),
    ("asset and its own alias", {"all": [X, {"alias": "z"}]}, "x x@z x", None),
]


def condition(told):
    """The expression that JSON tells."""
    if "asset" in told:
        return Asset(told["asset"])
    if "alias" in told:
        return AssetAlias(told["alias"])
    (word,) = told
    first, *others = map(condition, told[word])
    for other in others:
        first = first & other if word == "all" else first | other
    return first


def happen(names, alias, number):
    """Register events, as the end of one task does."""
    session = settings.Session()
    for name in names:
        told = {"session": session, "extra": {"n": number}}
        if alias:
            told["source_alias_names"] = [alias]
        if af.V3:
            asset = session.query(AssetModel).filter(AssetModel.uri == URI.format(name)).one()
            asset_manager.register_asset_change(asset=asset, **told)
        else:
            dataset_manager.register_dataset_change(dataset=Asset(URI.format(name)), **told)
    session.commit()
    session.close()
    time.sleep(0.02)


def look(runner):
    """Let the scheduler make the runs that it finds due."""
    session = settings.Session()
    with prohibit_commit(session) as guard:
        runner._create_dagruns_for_dags(guard, session)
    session.close()


def play(dag_id, told, steps, limit):
    """The events of each run: [number of the step at which it happened]."""
    with af.DAG("producer", schedule=None, start_date=START) as producer:
        af.EmptyOperator(task_id="t", outlets=[*(Asset(URI.format(name)) for name in "xyw"), AssetAlias("z")])
    with af.DAG(dag_id, schedule=condition(told), start_date=START, max_active_runs=limit or 16) as dag:
        af.EmptyOperator(task_id="t")
    af.store(producer)
    af.store(dag)
    runner = SchedulerJobRunner(Job())
    if not af.V3:
        from airflow.models.dagbag import DagBag

        runner.dagbag = DagBag(read_dags_from_db=True)
    pause(dag_id, False)
    for number, step in enumerate(steps.split()):
        if step in ("pause", "unpause"):
            pause(dag_id, step == "pause")
        elif step != "end":
            names, _, alias = step.partition("@")
            happen(names, alias, number)
        if not limit or step == "end":
            end(dag_id)
        look(runner)
    session = settings.Session()
    runs = session.query(DagRun).filter(DagRun.dag_id == dag_id).order_by(DagRun.id)
    consumed = "consumed_asset_events" if af.V3 else "consumed_dataset_events"
    found = [sorted(event.extra["n"] for event in getattr(run, consumed)) for run in runs]
    session.close()
    pause(dag_id, True)
    return found


def pause(dag_id, paused):
    """Pause or unpause a DAG."""
    session = settings.Session()
    session.get(DagModel, dag_id).is_paused = paused
    session.commit()
    session.close()


def end(dag_id):
    """All runs of a DAG have ended."""
    session = settings.Session()
    session.query(DagRun).filter(DagRun.dag_id == dag_id).update({"state": DagRunState.SUCCESS})
    session.commit()
    session.close()


def main():
    """Every scenario, with assets of its own."""
    global URI  # noqa: PLW0603  a scenario's assets are its own: Airflow 2 tells a DAG of events from before it was there
    rows = []
    for place, (name, told, steps, limit) in enumerate(SCENARIOS):
        if "alias" in str(told) and not af.V3:
            continue  # Airflow 2 resolves an alias when the file is parsed: another question
        URI = f"s3://bucket{place}/{{}}"
        with af.quiet():
            runs = play(f"dag{place}", renamed(told, place), steps, limit)
        rows.append({"name": name, "schedule": told, "steps": steps, "limit": limit, "runs": runs})
    af.write(af.header("the scheduler's own step that makes runs, after each event"), rows=rows)


def renamed(told, place):
    """The expression with the assets and the alias of one scenario."""
    if "asset" in told:
        return {"asset": told["asset"].replace("bucket", f"bucket{place}")}
    if "alias" in told:
        return told
    (word,) = told
    return {word: [renamed(one, place) for one in told[word]]}


if __name__ == "__main__":
    sys.exit(main())
