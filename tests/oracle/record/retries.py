"""Record the wait before a retry, from ``TaskInstance.next_retry_datetime()``.

    python record/retries.py OUT.json

``rows``: every input of one answer, and the wait in seconds. ``spread``: smallest and largest
wait over 200 task ids with the same settings, which shows the bounds of the jitter.
``first_try``: the try_number that a task's first attempt and its on_retry_callback really see.
"""

from datetime import UTC, datetime, timedelta

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs

LOGICAL = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
DELAYS = [0, 1, 30, 300]
TRIES = [1, 2, 3, 4, 5, 6, 7, 8]
LIMITS = [None, 10, 600, 86400 * 2]
BACKOFFS = [1.0, 1.5, 2.0, 3.0, 0.5] if af.V3 else []
Setting = tuple[float, float, int | None]  # retry_delay, backoff, max_retry_delay; times in seconds
SETTINGS: list[Setting] = [(d, b, m) for d in DELAYS for b in (False, True) for m in LIMITS]
SETTINGS += [(d, b, m) for d in (1, 30) for b in BACKOFFS for m in (None, 600)]
SPREAD: list[Setting] = [(d, True, None) for d in (0.5, 1, 30)]


def sec(value):
    return None if value is None else timedelta(seconds=value)


def name(delay, backoff, limit):
    return f"d{delay}_b{backoff}_m{limit}"


def add(task_id, delay, backoff, limit):
    af.EmptyOperator(
        task_id=task_id,
        retries=9,
        retry_delay=sec(delay),
        retry_exponential_backoff=backoff,
        max_retry_delay=sec(limit),
    )


def stored_run():
    with af.DAG("retry_oracle", schedule=None, start_date=LOGICAL) as dag:
        for setting in SETTINGS:
            add(name(*setting), *setting)
        for k, setting in enumerate(SPREAD):
            for i in range(200):
                add(f"s{k}_{i}", *setting)
    with af.quiet():
        return af.make_run(dag, when=LOGICAL)


def waiter(run, session):
    """A function of (task id, number of the try that failed) that asks Airflow for the wait in seconds."""
    tis = {ti.task_id: ti for ti in run.get_task_instances(session=session)}

    def wait(task_id, number):
        ti = tis[task_id]
        ti.task = run.dag.get_task(task_id)
        ti.try_number, ti.end_date = number, END
        with session.no_autoflush:
            return (ti.next_retry_datetime() - END).total_seconds()

    return wait


def single(wait):
    for setting in SETTINGS:
        delay, backoff, limit = setting
        numbers = TRIES if backoff else [1, 2, 8]
        if name(*setting) == "d300_bTrue_mNone":
            numbers = [*TRIES, 9, 10, 12, 64, 2000]
        for number in numbers:
            row = {
                "retry_delay": delay, "exponential": backoff, "max_retry_delay": limit,
                "task_id": name(*setting), "try_number": number,
            }  # fmt: skip
            try:
                row["delay"] = wait(name(*setting), number)
            except OverflowError as error:
                row["error"] = f"OverflowError: {error}"
            yield row


def spread(wait):
    for k, (delay, _, _) in enumerate(SPREAD):
        for number in TRIES:
            waits = [wait(f"s{k}_{i}", number) for i in range(200)]
            yield {
                "tasks": 200, "retry_delay": delay, "exponential": True, "try_number": number,
                "least": min(waits), "most": max(waits),
            }  # fmt: skip


def main():
    run, session = stored_run()
    wait = waiter(run, session)
    rows, wide = list(single(wait)), list(spread(wait))
    session.rollback()
    session.close()
    head = af.header("TaskInstance.next_retry_datetime() on stored task instances; all times in seconds")
    head["inputs"] = {"dag_id": "retry_oracle", "logical_date": str(LOGICAL), "end_date": str(END)}
    head["rule"] = RULE
    af.write(head, rows=rows, spread=wide, first_try=[first_try()])


RULE = [
    "off: the wait is retry_delay whatever the try; max_retry_delay is not looked at (30 s stays 30 s, limit 10 s)",
    "on: b = max(1, ceil(d * m**(n-1))), n = the try that has just failed (1 for the first), m = 2",
    "on: the wait is a whole number of seconds in [b, 2b-1]",
    "so d = 1 s waits exactly 1 s after try 1, 2 or 3 s after try 2, 4 to 7 s after try 3; d = 0 always waits 1 s",
    "jitter: b + (sha1 of 'dag_id#task_id#logical_date#n' read as a number) mod b, the same in every process",
    "there the logical date is as Python prints it: 2024-01-01 00:00:00+00:00",
    "then cut to 24 h, also when max_retry_delay is unset or longer, then to max_retry_delay",
    "3.x also takes a number as the backoff: it is m, and may be below 1; True is 2.0; 1.0 and False are off",
]


def first_try():
    seen = []

    def work(**context):
        seen.append(["attempt", context["ti"].try_number])
        raise RuntimeError("on purpose")

    def retrying(context):
        seen.append(["on_retry_callback", context["ti"].try_number])

    def failing(context):
        seen.append(["on_failure_callback", context["ti"].try_number])

    with af.DAG("first_try", schedule=None, start_date=LOGICAL) as dag:
        af.PythonOperator(
            task_id="t", python_callable=work, retries=2, retry_delay=timedelta(0),
            on_retry_callback=retrying, on_failure_callback=failing,
        )  # fmt: skip
    state, _ = af.run(dag)
    return {"seen": seen, "retries": 2, "run_state": state}


main()
