"""Record what the runs before decide: about a task that depends on the past, and about pausing their DAG.

    python record/past.py OUT.json

Past runs are put into the database as they are said to have ended; then the scheduler's own decision about the run
after them is asked for. Days are days of January 2024.
"""

from datetime import UTC, datetime
from itertools import count

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs

NUMBERS = count()


def day(number):
    return datetime(2024, 1, number, tzinfo=UTC)


def put(dag, kind, logical, after, states, run_state):
    """A run of these states: task id → state; ``None`` for a task that it does not have."""
    when = day(logical)
    dag_run, session = af.make_run(dag, kind, when, (when, when), day(after))
    for ti in dag_run.get_task_instances(session=session):
        state = states.get(ti.task_id)
        if state is None:
            session.delete(ti)
        else:
            ti.state = state if state != "none" else None
    dag_run.state = run_state
    session.commit()
    return dag_run, session


def paused():
    """(name, limit, runs: [kind, day of the logical date, day from which it may run, state]); the last fails now."""
    failed, good = "failed", "success"
    first, second, third = (["scheduled", number, number + 1] for number in (1, 2, 3))
    yield "as many as the limit", 2, [[*first, failed], [*second, failed]]
    yield "one of one", 1, [[*first, failed]]
    yield "fewer than the limit", 3, [[*first, failed], [*second, failed]]
    yield "no limit", 0, [[*first, failed], [*second, failed]]
    yield "a success between", 2, [[*first, failed], [*second, good], [*third, failed]]
    yield "manual runs count", 2, [["manual", 1, 1, failed], [*second, failed]]
    yield "a manual run is good", 2, [[*first, failed], ["manual", 2, 2, good], [*third, failed]]
    yield "all are manual", 2, [["manual", 1, 1, failed], ["manual", 2, 2, failed]]
    yield "backfills count", 2, [[*third, failed], ["backfill", 1, 2, failed]]
    yield "a later one runs", 2, [[*first, failed], [*third, "running"], [*second, failed]]
    yield "a later one is good", 2, [[*first, failed], [*third, good], [*second, failed]]
    yield "the later ones failed", 2, [[*second, failed], [*third, failed], [*first, failed]]
    yield "a good run of a later date that began before", 1, [["manual", 9, 2, good], [*third, failed]]


def record_paused(name, limit, runs):
    dag_id = f"paused_{next(NUMBERS)}"
    with af.DAG(
        dag_id, schedule="@daily", start_date=day(1), catchup=True, max_consecutive_failed_dag_runs=limit
    ) as dag:
        af.EmptyOperator(task_id="t")
    for kind, logical, after, state in runs[:-1]:
        put(dag, kind, logical, after, {"t": state}, state)
    kind, logical, after, state = runs[-1]
    dag_run, session = put(dag, kind, logical, after, {"t": state}, "running")
    from airflow.models.dag import DagModel

    session.get(DagModel, dag_id).is_paused = False
    session.commit()
    with af.quiet():
        dag_run.update_state(session=session)
    session.commit()
    session.expire_all()
    return session.get(DagModel, dag_id).is_paused


def firsts():
    """(name, ignore_first_depends_on_past, catchup, states of the task in the runs before; null: it was not there)"""
    for ignore in (True, False):
        for catchup in (True, False):
            for before in ([], [None], [None, None], ["success", None], ["failed"], ["success"], [None, "success"]):
                told = ", ".join(str(state) for state in before) or "no run"
                yield f"{told}; ignore={ignore}; catchup={catchup}", ignore, catchup, before


def record_first(name, ignore, catchup, before):
    with af.DAG(f"first_{next(NUMBERS)}", schedule="@daily", start_date=day(1), catchup=catchup) as dag:
        af.EmptyOperator(task_id="other")
        af.PythonOperator(task_id="t", python_callable=print, depends_on_past=True, ignore_first_depends_on_past=ignore)
    for number, state in enumerate(before, 1):
        put(dag, "scheduled", number, number + 1, {"t": state, "other": "success"}, "success")
    number = len(before) + 1
    dag_run, session = put(dag, "scheduled", number, number + 1, {"t": "none", "other": "none"}, "running")
    with af.quiet():
        return "t" in af.decide(dag_run, session)


def skips():
    for waits in (True, False):
        for before in ("failed", "success", "running"):
            yield f"{before}; waits={waits}", waits, before


def record_skip(name, waits, before):
    with af.DAG(f"skip_{next(NUMBERS)}", schedule="@daily", start_date=day(1), catchup=True) as dag:
        above = af.PythonOperator(task_id="above", python_callable=print)
        above >> af.PythonOperator(
            task_id="t", python_callable=print, depends_on_past=True, wait_for_past_depends_before_skipping=waits
        )
    put(dag, "scheduled", 1, 2, {"t": before, "above": "success"}, "running")
    dag_run, session = put(dag, "scheduled", 2, 3, {"t": "none", "above": "skipped"}, "running")
    with af.quiet():
        af.decide(dag_run, session)
    (ti,) = (ti for ti in dag_run.get_task_instances(session=session) if ti.task_id == "t")
    return str(getattr(ti.state, "value", ti.state) or "none")


def main():
    pausing = [
        {"name": name, "limit": limit, "runs": runs, "paused": record_paused(name, limit, runs)}
        for name, limit, runs in paused()
    ]
    beginning = [
        {"name": name, "ignore_first": ignore, "catchup": catchup, "before": before}
        | {"begins": record_first(name, ignore, catchup, before)}
        for name, ignore, catchup, before in firsts()
    ]
    skipping = [
        {"name": name, "waits": waits, "before": before, "state": record_skip(name, waits, before)}
        for name, waits, before in skips()
    ]
    head = af.header("the scheduler's decision about a run after others, which were put into the database")
    af.write(head, pausing=pausing, beginning=beginning, skipping=skipping)


main()
