"""Record what a task does for each trigger rule and the final states of its upstream tasks.

    python record/trigger_rules.py OUT.json

Three looks at the same question:
- ``rows``: the upstream states are set by hand in the database and the scheduler's own decision is read.
- ``early``: the same with some upstream tasks not finished yet (``None``): does the task start, end, or wait?
- a real ``dag.test()`` in which the upstream tasks really end in those states; where it answers
  differently from ``rows`` the row says so in ``dag_test`` (it then decided on a part of the states).
"""

from datetime import UTC, datetime
from itertools import combinations_with_replacement as multisets

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs

RULES = [
    "all_success", "all_failed", "all_done", "all_done_min_one_success", "one_failed", "one_success",
    "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "all_skipped", "always",
]  # fmt: skip
START = datetime(2024, 1, 1, tzinfo=UTC)
FINAL = ["success", "failed", "skipped", "upstream_failed"]


def known(rule):
    try:
        with af.DAG("probe", start_date=None, schedule=None):
            af.EmptyOperator(task_id="t", trigger_rule=rule)
    except Exception:  # noqa: BLE001 - any refusal means that this Airflow does not know the rule
        return False
    return True


def final_sets():
    return [list(m) for n in (1, 2, 3) for m in multisets(FINAL, n)]


def early_sets():
    some = [list(m) for n in (0, 1, 2) for m in multisets(FINAL, n)]
    return [[*m, None] for m in some]


def by_decision(rules, sets):
    """One DAG: upstream tasks u_<state>_<k>, one join per (rule, states)."""
    cases = {f"j{i}": (rule, states) for i, (rule, states) in enumerate((r, s) for r in rules for s in sets)}
    with af.DAG("decision", schedule=None, start_date=START) as dag:
        ups = {
            (s, k): af.PythonOperator(task_id=f"u_{s}_{k}", python_callable=ok)
            for s in [*FINAL, None]
            for k in range(3)
        }
        for name, (rule, states) in cases.items():
            join = af.PythonOperator(task_id=name, trigger_rule=rule, python_callable=ok)
            [ups[s, k] for k, s in enumerate(states)] >> join
    run, session = af.make_run(dag)
    for ti in run.get_task_instances(session=session):
        if ti.task_id.startswith("u_"):
            state = ti.task_id.split("_", 1)[1].rsplit("_", 1)[0]
            ti.state = "running" if state == "None" else state
    session.commit()
    starts = af.decide(run, session)
    states = {ti.task_id: ti.state for ti in run.get_task_instances(session=session)}
    session.delete(run)
    session.commit()
    session.close()
    return [
        (rule, ups_, "runs" if name in starts else str(getattr(states[name], "value", states[name]) or "waits"))
        for name, (rule, ups_) in cases.items()
    ]


def ok():
    return None


def fail():
    raise RuntimeError("on purpose")


def skip():
    raise af.AirflowSkipException("on purpose")


def by_dag_test(rule, sets):
    """Really run upstream tasks to those states; every one of them ends in the second round."""
    with af.DAG(f"real_{rule}", schedule=None, start_date=START) as dag:
        good = af.PythonOperator(task_id="good", python_callable=ok)
        bad = af.PythonOperator(task_id="bad", python_callable=fail)
        ups = {}
        for k in range(3):
            for state, work, before in (
                ("success", ok, good),
                ("failed", fail, good),
                ("skipped", skip, good),
                ("upstream_failed", ok, bad),
            ):
                ups[state, k] = af.PythonOperator(task_id=f"u_{state}_{k}", python_callable=work)
                before >> ups[state, k]
        for i, states in enumerate(sets):
            [ups[s, k] for k, s in enumerate(states)] >> af.EmptyOperator(task_id=f"j{i}", trigger_rule=rule)
    _, states = af.run(dag)
    for state, k in ups:
        assert states[f"u_{state}_{k}"] == state, (state, k, states[f"u_{state}_{k}"])
    return [states[f"j{i}"] for i in range(len(sets))]


def main():
    rules = [r for r in RULES if known(r)]
    sets = final_sets()
    rows, early = [], []
    for rule, states, end in by_decision(rules, sets):
        rows.append({"rule": rule, "upstream": states, "state": "success" if end == "runs" else end})
    for rule, states, end in by_decision(rules, early_sets()):
        early.append({"rule": rule, "upstream": states, "decision": end})
    for rule in rules:
        mine = [r for r in rows if r["rule"] == rule]
        for row, real in zip(mine, by_dag_test(rule, sets), strict=True):
            if row["state"] != real:
                row["dag_test"] = real
    head = af.header("scheduler decision on hand-set upstream states, checked against dag.test()")
    head["rules_unknown_here"] = [r for r in RULES if r not in rules]
    af.write(head, rows=rows, early=early)


main()
