"""Record which callbacks of a task are called, in which order, with which try and state.

    python record/callbacks.py OUT.json

Each case is the body of a small DAG file, or of a task group in it; what stands before it is in the header. It is run
with ``dag.test()``. A line of ``seen`` is a callback's name (or ``work``, for the task itself), the task instance, its
try number, its state, and the class of the exception in the context.
"""

from textwrap import dedent

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs
from _sources import IMPORTS, identifier, load_together  # type: ignore[import-not-found]  # likewise

HELPERS = '''
from datetime import UTC, datetime, timedelta

SEEN = []


def note(name, context):
    ti = context["ti"]
    error = context.get("exception")
    SEEN.append([
        name,
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]",
        ti.try_number,
        str(getattr(ti.state, "value", ti.state)),
        None if error is None else type(error).__name__,
    ])


def tell(name):
    return lambda context: note(name, context)


def tell_and_raise(name, error):
    def callback(context):
        note(name, context)
        raise error

    return callback


def callbacks(make=tell):
    return {f"on_{end}_callback": make(end) for end in ("execute", "retry", "failure", "success", "skipped")}


def work(*ends):
    """A function that ends one way per try, the last way from then on."""

    def function(**context):
        note("work", context)
        end = ends[min(context["ti"].try_number, len(ends)) - 1]
        if isinstance(end, Exception):
            raise end
        return end

    return function


BAD, FAIL, SKIP = ValueError("bad"), AirflowFailException("on purpose"), AirflowSkipException("on purpose")


def t(*ends, **more):
    more = {"task_id": "t", "retry_delay": timedelta(0), **callbacks(), **more}
    return PythonOperator(python_callable=work(*ends), **more)


def sensor(*ends, **more):
    more = {"task_id": "t", "retry_delay": timedelta(0), "timeout": 0, "poke_interval": 0.01, **callbacks(), **more}
    return PythonSensor(python_callable=work(*ends), **more)
'''
EVERY = ("execute", "retry", "failure", "success", "skipped")
ENDS = {
    "succeeds": "True", "fails_then_succeeds": "BAD, True, retries=1", "fails_twice_then_succeeds":
    "BAD, BAD, True, retries=3", "fails_for_good": "BAD", "fails_for_good_with_retries": "BAD, retries=2",
    "fail_exception": "FAIL, retries=2", "fails_then_fail_exception": "BAD, FAIL, retries=2",
    "skip_exception": "SKIP, retries=2", "fails_then_skip_exception": "BAD, SKIP, retries=2",
}  # fmt: skip
SENSORS = {
    "is_met": "True", "times_out": "False", "times_out_with_retries": "False, retries=2",
    "times_out_soft_fail": "False, soft_fail=True, retries=2", "raises": "BAD, retries=1",
    "raises_soft_fail": "BAD, soft_fail=True, retries=1", "raises_then_is_met": "BAD, True, retries=1",
    "fail_exception_soft_fail": "FAIL, soft_fail=True, retries=1", "skip_exception": "SKIP, retries=1",
    "raises_silent_fail": "BAD, silent_fail=True, retries=1", "raises_never_fail": "BAD, never_fail=True, retries=1",
}  # fmt: skip


def cases():
    for name, ends in ENDS.items():
        yield name, f"t({ends})"
        yield f"lists/{name}", f"t({ends}, **callbacks(lambda end: [tell(f'{{end}} 1'), tell(f'{{end}} 2')]))"
        yield f"callbacks_raise/{name}", f"t({ends}, **callbacks(lambda end: tell_and_raise(end, KeyError(end))))"
    for name, ends in SENSORS.items():
        for mode in ("poke", "reschedule"):
            yield f"sensor/{mode}/{name}", f"sensor({ends}, mode={mode!r})"
    for end, ends in zip(EVERY, ("True", "BAD, retries=1", "BAD", "True", "SKIP"), strict=True):
        yield (
            f"the_first_of_a_list_raises/{end}",
            f"""
            t({ends}, on_{end}_callback=[tell_and_raise("{end} 1", KeyError()), tell("{end} 2")])
        """,
        )
        for error in ("FAIL", "SKIP"):
            yield (
                f"raises_a_signal/{end}/{error}",
                f"""
                t({ends}, on_{end}_callback=tell_and_raise("{end}", {error}))
            """,
            )
    yield "an_empty_list", "t(True, **callbacks(lambda end: []))"
    yield (
        "of_default_args",
        """
        with TaskGroup("g", default_args={"on_success_callback": tell("default")}):
            PythonOperator(task_id="t", python_callable=work(True))
            t(True, task_id="own")
    """,
    )
    yield (
        "skipped_by_a_branch",
        """
        a = t(True, task_id="a")
        pick = BranchPythonOperator(task_id="pick", python_callable=lambda: a.task_id, **callbacks())
        pick >> [a, t(True, task_id="b")]
    """,
    )
    yield (
        "skipped_by_a_short_circuit",
        """
        stop = ShortCircuitOperator(task_id="stop", python_callable=lambda: False, **callbacks())
        stop >> t(True) >> t(True, task_id="below")
    """,
    )
    yield (
        "skipped_or_failed_above",
        """
        t(SKIP, task_id="s") >> t(True, task_id="below_s")
        t(BAD, task_id="f") >> t(True, task_id="below_f")
    """,
    )
    yield (
        "mapped",
        """
        def work_of(end, **context):
            return work(*end)(**context)
        task.python(task_id="t", retries=1, retry_delay=timedelta(0), **callbacks())(work_of).expand(
            end=[[True], [BAD, True], [BAD], [SKIP]]
        )
    """,
    )
    yield (
        "a_template_fails",
        """
        BashOperator(task_id="t", bash_command="{{ nowhere }}", retries=1, retry_delay=timedelta(0), **callbacks())
    """,
    )
    yield "pre_execute_raises", "t(True, pre_execute=tell_and_raise('pre', BAD))"
    yield "pre_execute_skips", "t(True, pre_execute=tell_and_raise('pre', SKIP))"
    yield (
        "post_execute_raises",
        """
        def post(context, result):
            note("post", context)
            raise BAD
        t(True, post_execute=post)
    """,
    )


def main():
    bodies = {name: dedent(body).strip() for name, body in cases()}
    dag, names, errors = load_together("callbacks", HELPERS, bodies)
    _, states = af.run(dag)
    rows = []
    for name, body in bodies.items():
        own = f"{identifier(name)}."
        row = {"case": name, "source": body}
        if name in errors:
            row["error"] = errors[name]
        else:
            row["states"] = {task.removeprefix(own): state for task, state in states.items() if task.startswith(own)}
            # Instances of one task run in an order of their own.
            seen = sorted((line for line in names["SEEN"] if line[1].startswith(own)), key=lambda line: line[1])
            row["seen"] = [[what, task.removeprefix(own), *more] for what, task, *more in seen]
        rows.append(row)
    head = af.header("dag.test() of one DAG, in which each case is a task group")
    head["put_before_each_source"] = IMPORTS + HELPERS
    af.write(head, cases=rows)


main()
