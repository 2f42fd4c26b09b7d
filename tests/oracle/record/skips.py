"""Record how skips and failures pass through branches, task groups, mapped tasks and mapped task groups.

    python record/skips.py OUT.json

Each scenario is the body of a small DAG file; what stands before it is in the header. It is run with ``dag.test()``,
and how its tasks and the run end is written down: see branching.py about its rounds. ``nested`` has mapped groups
inside mapped groups, and for each instance which arguments it was given.
"""

# ruff: noqa: E501 - a case reads best as it would stand in a file

from textwrap import dedent

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs
from _sources import IMPORTS, identifier, load  # type: ignore[import-not-found]  # likewise

HELPERS = '''
from datetime import UTC, datetime


@task
def end(how=None):
    """Ends as it is told."""
    if how == "skip":
        raise AirflowSkipException("on purpose")
    if how == "fail":
        raise RuntimeError("on purpose")
    return how


@task
def give(value):
    return value


def ok(task_id, rule="all_success"):
    return EmptyOperator(task_id=task_id, trigger_rule=rule)


def one(task_id, how, rule="all_success"):
    return end.override(task_id=task_id, trigger_rule=rule)(how)


def each(task_id, over, rule="all_success"):
    return end.override(task_id=task_id, trigger_rule=rule).expand(how=over)


class Nothing(EmptyOperator):
    def __init__(self, *, over, **kwargs):
        super().__init__(**kwargs)
        self.over = over


def empties(task_id, over, rule="all_success"):
    return Nothing.partial(task_id=task_id, trigger_rule=rule).expand(over=over)


def branch(task_id, *chosen):
    return BranchPythonOperator(task_id=task_id, python_callable=lambda: list(chosen))


def gate(task_id, passes=False, ignore=True):
    return ShortCircuitOperator(
        task_id=task_id, python_callable=lambda: passes, ignore_downstream_trigger_rules=ignore
    )
'''
RULES = f"""
RULES = [
    "all_success", "all_failed", "all_done", {'"all_done_min_one_success", ' * af.V3}"one_failed", "one_success",
    "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "all_skipped",
]
"""
NESTED = """
SEEN = []


@task
def note(x=None, y=None, first=None, ti=None):
    SEEN.append([f"{ti.task_id}[{ti.map_index}]", first, x, y])
    return f"{ti.task_id}[{ti.map_index}]"
"""
ENDS = {
    "one_skips": ["ok", "skip"], "one_fails": ["ok", "fail"], "all_skip": ["skip", "skip"],
    "all_fail": ["fail", "fail"], "one_of_each": ["ok", "skip", "fail"],
}  # fmt: skip
JOINS = """

for rule in RULES:
    {above} >> ok(f"join_{{rule}}", rule) >> ok(f"last_{{rule}}")
"""


def scenarios():
    yield from groups()
    yield from mapped_tasks()
    yield from inputs()
    yield from below_deciders()
    yield from mapped_groups()
    yield from deciders_in_mapped_groups()
    yield from mapped_deciders()


def groups():
    yield (
        "group/not_chosen",
        """
        pick = branch("pick", "other")
        with TaskGroup("g") as g:
            ok("x") >> ok("y")
        pick >> [g, ok("other")]
    """
        + JOINS.format(above='[g, dag.get_task("other")]'),
    )
    yield (
        "group/branch_inside",
        """
        with TaskGroup("g") as g:
            branch("pick", "g.a") >> [ok("a"), ok("b")]
    """
        + JOINS.format(above="g"),
    )
    yield (
        "group/one_skips_inside",
        """
        with TaskGroup("g") as g:
            one("a", "skip") >> ok("a2")
            one("b", "ok")
    """
        + JOINS.format(above="g"),
    )
    for chosen in ("g", "g.x", "g.inner", "g.inner.u"):
        yield (
            f"group/into/{chosen}",
            f"""
            pick = branch("pick", {chosen!r})
            with TaskGroup("g") as g:
                x, y = ok("x"), ok("y")
                with TaskGroup("inner") as inner:
                    ok("u") >> ok("v", "none_failed")
                [x, y] >> ok("z", "none_failed_min_one_success")
            pick >> g
            pick >> inner
            g >> ok("last", "none_failed")
        """,
        )
    for chosen in ("out", "g.a", "h", "h.x"):
        yield (
            f"group/out_of/{chosen}",
            f"""
            with TaskGroup("g") as g:
                pick = branch("pick", {chosen!r})
                pick >> ok("a") >> ok("b", "none_failed")
            with TaskGroup("h") as h:
                ok("x") >> ok("y")
            pick >> [ok("out"), h]
            g >> ok("last", "all_done")
        """,
        )
    for ignore in (True, False):
        yield (
            f"group/short_circuit_inside/ignore={ignore}",
            f"""
            with TaskGroup("g") as g:
                gate("stop", ignore={ignore}) >> ok("a") >> [ok(f"b_{{rule}}", rule) for rule in RULES]
                ok("side")
            for rule in RULES:
                g >> ok(f"last_{{rule}}", rule)
        """,
        )
        yield (
            f"group/short_circuit_above/ignore={ignore}",
            f"""
            stop, side = gate("stop", ignore={ignore}), ok("side")
            for rule in RULES:
                with TaskGroup(f"g_{{rule}}") as g:
                    ok("a", rule) >> ok("b", rule)
                with TaskGroup(f"h_{{rule}}") as h:
                    ok("c", rule)
                stop >> g >> h
                side >> h
        """,
        )


def mapped_tasks():
    for name, ends in ENDS.items():
        yield f"mapped/{name}", f"m = each('m', {ends!r})" + JOINS.format(above="m")
    yield "mapped/nothing_to_do", "m = each('m', give([]))" + JOINS.format(above="m")
    yield "mapped/nothing_to_do_in_the_file", "m = each('m', [])" + JOINS.format(above="m")
    yield (
        "mapped/one_skips_and_another_succeeds",
        "m = [each('m', ['ok', 'skip']), ok('other')]" + JOINS.format(above="m"),
    )
    yield (
        "mapped/below_mapped",
        """
        m = each("m", ["ok", "skip"])
        for rule in RULES:
            m >> empties(f"n_{rule}", ["ok", "ok"], rule) >> ok(f"last_{rule}")
    """,
    )


def inputs():
    for how in ("skip", "fail"):
        yield (
            f"input/{how}",
            f"""
            items = one("list", {how!r})
            for rule in RULES:
                empties(f"m_{{rule}}", items, rule) >> ok(f"last_{{rule}}", "all_done")
        """,
        )
    for name in ("one_skips", "one_fails"):
        yield (
            f"input/mapped/{name}",
            f"""
            m = each("m", {ENDS[name]!r})
            for rule in RULES:
                empties(f"n_{{rule}}", m, rule) >> ok(f"last_{{rule}}", "none_failed")
        """,
        )


def below_deciders():
    for ignore in (True, False):
        yield (
            f"short_circuit_above_mapped/ignore={ignore}",
            f"""
            m, side = empties("m", ["ok", "ok"]), ok("side")
            gate("stop", ignore={ignore}) >> m
        """
            + JOINS.format(above="[m, side]"),
        )
        yield (
            f"short_circuit_above_input/ignore={ignore}",
            f"""
            items = give(["ok"])
            gate("stop", ignore={ignore}) >> items
            for rule in RULES:
                empties(f"m_{{rule}}", items, rule) >> ok(f"last_{{rule}}", rule)
        """,
        )
    for chosen in ("m", "other"):
        yield (
            f"branch_above_mapped/{chosen}",
            f"""
            below = [empties("m", ["ok", "ok"]), ok("other")]
            branch("pick", {chosen!r}) >> below
        """
            + JOINS.format(above="below"),
        )


GROUP = """
        @task_group
        def g(how):
            end.override(task_id="a")(how) >> [ok(f"b_{{rule}}", rule) for rule in RULES]
        group = g.expand(how={over})
        for rule in RULES:
            group >> ok(f"join_{{rule}}", rule)
            dag.get_task("g.a") >> ok(f"below_a_{{rule}}", rule)
            dag.get_task(f"g.b_{{rule}}") >> ok(f"below_b_{{rule}}", rule)
"""


def mapped_groups():
    for name, ends in ENDS.items():
        yield f"mapped_group/{name}", GROUP.format(over=ends)
    yield "mapped_group/nothing_to_do", GROUP.format(over="give([])")
    yield "mapped_group/nothing_to_do_in_the_file", GROUP.format(over="[]")
    yield "mapped_group/input_skipped", GROUP.format(over='one("list", "skip")')
    yield "mapped_group/input_failed", GROUP.format(over='one("list", "fail")')
    yield (
        "mapped_group/below_another",
        """
        @task_group
        def g(how):
            end.override(task_id="a")(how) >> ok("b")
        first = g.override(group_id="first").expand(how=["ok", "skip"])
        second = g.override(group_id="second").expand(how=["ok", "ok", "ok"])
        third = g.override(group_id="third").expand(how=["ok", "ok"])
        first >> second >> third
    """,
    )
    yield (
        "mapped_group/group_inside",
        """
        @task_group
        def g(how):
            with TaskGroup("inner") as inner:
                end.override(task_id="a")(how) >> ok("b", "none_skipped")
            inner >> ok("c", "all_done")
        g.expand(how=["ok", "skip", "fail"]) >> ok("last", "none_failed")
    """,
    )
    yield (
        "mapped_group/reduced_inside_and_outside",
        """
        @task_group
        def g(how):
            return give.override(task_id="b", trigger_rule="none_failed")(end.override(task_id="a")(how))
        give.override(task_id="all", trigger_rule="all_done")(g.expand(how=["ok", "skip", "fail"])) >> ok("last")
    """,
    )
    for chosen in ("g", "g.a", "other"):
        yield (
            f"mapped_group/branch_above/{chosen}",
            f"""
            @task_group
            def g(how):
                end.override(task_id="a")(how) >> ok("b")
            branch("pick", {chosen!r}) >> [g.expand(how=["ok", "ok"]), ok("other")] >> ok("join", "none_failed")
        """,
        )
    for ignore in (True, False):
        yield (
            f"mapped_group/short_circuit_above/ignore={ignore}",
            f"""
            @task_group
            def g(how):
                end.override(task_id="a")(how) >> [ok(f"b_{{rule}}", rule) for rule in RULES]
            group = g.expand(how=["ok", "ok"])
            gate("stop", ignore={ignore}) >> group >> [ok(f"last_{{rule}}", rule) for rule in RULES]
        """,
        )


def deciders_in_mapped_groups():
    yield (
        "branch_in_mapped_group",
        """
        @task_group
        def g(chosen):
            pick = BranchPythonOperator(task_id="pick", python_callable=lambda x: x, op_args=[chosen])
            below = [ok("a"), ok("b")]
            pick >> below
            for rule in RULES:
                below >> ok(f"c_{rule}", rule)
        g.expand(chosen=["g.a", "g.b", None])
        for rule in RULES:
            [dag.get_task("g.a"), dag.get_task("g.b")] >> ok(f"last_{rule}", rule)
    """,
    )
    yield (
        "branch_out_of_mapped_group",
        """
        outside = [ok(f"out_{rule}", rule) for rule in RULES]
        @task_group
        def g(chosen):
            pick = BranchPythonOperator(task_id="pick", python_callable=lambda x: x, op_args=[chosen])
            pick >> [ok("a"), *outside]
        g.expand(chosen=["g.a", "out_all_success"])
    """,
    )
    for ignore in (True, False):
        yield (
            f"short_circuit_in_mapped_group/ignore={ignore}",
            f"""
            @task_group
            def g(passes):
                stop = ShortCircuitOperator(
                    task_id="stop", python_callable=lambda x: x, op_args=[passes], ignore_downstream_trigger_rules={ignore}
                )
                stop >> ok("a") >> [ok(f"b_{{rule}}", rule) for rule in RULES]
            g.expand(passes=[True, False])
            dag.get_task("g.a") >> [ok(f"last_{{rule}}", rule) for rule in RULES]
        """,
        )


DECORATED = {
    True: 'pick = task.branch(task_id="pick")(lambda x: x).expand(x=["a", "b", "a"])',
    False: 'pick = BranchPythonOperator.partial(task_id="pick", python_callable=lambda x: x)'
    '.expand(op_args=[["a"], ["b"], ["a"]])',
}


def mapped_deciders():
    for decorated, pick in DECORATED.items():
        how = "decorated" if decorated else "operator"
        yield (
            f"mapped_branch/above_tasks/{how}",
            f"""
            {pick}
            pick >> [ok("a"), ok("b"), ok("c")] >> ok("last")
        """,
        )
        yield (
            f"mapped_branch/above_mapped/{how}",
            f"""
            {pick}
            pick >> [each("a", ["ok"] * 3), empties("b", ["ok"] * 5), empties("c", give(["ok"] * 2)), ok("d")]
            dag.get_task("b") >> empties("below", ["ok"] * 2, "none_failed")
        """,
        )
    yield (
        "mapped_branch/above_a_mapped_group",
        """
        @task_group
        def g(how):
            end.override(task_id="a")(how) >> ok("b")
        pick = BranchPythonOperator.partial(task_id="pick", python_callable=lambda x: x)
        pick = pick.expand(op_args=[["g.a"], ["other"], ["g"]])
        pick >> [g.expand(how=["ok"] * 4), empties("other", ["ok"] * 3)]
    """,
    )
    yield (
        "mapped_branch/one_fails",
        """
        pick = BranchPythonOperator.partial(task_id="pick", python_callable=lambda x: x)
        pick = pick.expand(op_args=[["a"], ["nowhere"], ["b"]])
        pick >> [empties("a", ["ok"] * 3, "all_done"), empties("b", ["ok"] * 3)]
    """,
    )
    for ignore in (True, False):
        yield (
            f"mapped_short_circuit/ignore={ignore}",
            f"""
            stop = ShortCircuitOperator.partial(
                task_id="stop", python_callable=lambda x: x, ignore_downstream_trigger_rules={ignore}
            ).expand(op_args=[[True], [False]])
            stop >> [ok("a"), empties("b", ["ok"] * 3)]
            dag.get_task("a") >> ok("a2")
            dag.get_task("b") >> empties("b2", ["ok"] * 3, "none_failed")
        """,
        )


def nested():
    yield (
        "two_by_two",
        """
        @task_group
        def inner(x, y):
            note.override(task_id="t")(x, y)
        @task_group
        def outer(x):
            inner.partial(x=x).expand(y=["p", "q"])
        outer.expand(x=[1, 2])
    """,
    )
    yield (
        "three_by_two_with_tasks_around",
        """
        @task_group
        def inner(first, x, y):
            note.override(task_id="t")(x, y, first)
        @task_group
        def outer(x):
            inner.partial(x=x, first=note.override(task_id="first")(x)).expand(y=["p", "q"])
        outer.expand(x=[1, 2, 3])
    """,
    )
    yield (
        "over_a_task_of_the_outer_group",
        """
        @task_group
        def inner(y):
            note.override(task_id="t")(y)
        @task_group
        def outer(x):
            inner.expand(y=give(x))
        outer.expand(x=[[1], [2, 3]])
    """,
    )
    yield (
        "over_an_argument_of_the_outer_group",
        """
        @task_group
        def inner(y):
            note.override(task_id="t")(y)
        @task_group
        def outer(x):
            inner.expand(y=x)
        outer.expand(x=[[1], [2, 3]])
    """,
    )
    yield (
        "task_expanded_in_a_mapped_group",
        """
        @task_group
        def outer(x):
            note.expand(y=[1, 2])
        outer.expand(x=[1, 2])
    """,
    )


def record(name, body):
    """How the scenario ends."""
    body = "\n".join(dedent(part).strip() for part in body.split("\n\n"))
    row = {"name": name, "source": body}
    try:
        dag, names = load(identifier(name), RULES + HELPERS + NESTED, body)
        run_state, states = af.run(dag)
    except Exception as error:  # noqa: BLE001 - whatever Airflow says is the record
        return row | {"error": f"{type(error).__name__}: {error}"}
    row |= {"run_state": run_state, "states": states}
    if names["SEEN"]:
        row["given"] = sorted(names["SEEN"], key=str)
    return row


def main():
    head = af.header("dag.test() of each scenario")
    head["put_before_each_source"] = IMPORTS + RULES + HELPERS
    head["put_before_each_nested_source"] = IMPORTS + RULES + HELPERS + NESTED
    af.write(
        head,
        scenarios=[record(name, body) for name, body in scenarios()],
        nested=[record(name, body) for name, body in nested()],
    )


main()
