"""Mapped tasks: as many instances as their inputs have items, each of which the rules see as a task."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.engine import attempt_key
from brisa.model.codec import decode, dumps, encode
from brisa.model.events import Clear, Enqueue, Mark, Start
from brisa.model.run import AttemptKey, Outcome, Run, TaskKey
from brisa.model.spec import DagSpec, GroupSpec
from brisa.model.states import Decides, OutcomeKind, RunState, TaskState
from tests.support.builders import FAILED, SKIPPED, SUCCESS, Player, dag, start, task


def items(length: int) -> Outcome:
    """A task returns so many items."""
    return Outcome(kind=OutcomeKind.SUCCESS, length=length)


def plays(player: Player, outcomes: dict[str, Outcome] | None = None) -> Player:
    """End whatever waits, with what is said of its name, else well; instances return one thing each."""
    outcomes = outcomes or {}
    for _ in range(10_000):
        waiting = [name for name, instance in player.run.tasks.items() if instance.state.waiting]
        if not waiting:
            return player
        name = waiting[0]
        usual = items(1) if TaskKey.of(name).map_index >= 0 else SUCCESS
        player.give(player.finished(name, outcomes.get(name, usual)))
    raise AssertionError("still waiting")


def states(player: Player) -> dict[str, str]:
    """Name → state, of everything that something has happened to."""
    return {name: instance.state.value for name, instance in player.run.tasks.items()}


def over(producer: str = "list", rule: str = "all_success") -> DagSpec:
    """A task that returns a list, one that is mapped over it, and one below."""
    return dag(task(producer, feeds_map=True), task("each", producer, mapped={"x": producer}, rule=rule),
               task("join", "each"))  # fmt: skip


def test_a_mapped_task_has_as_many_instances_as_there_are_items() -> None:
    """Each has its message; what is below waits for all of them."""
    player = start(over())
    player.finish("list", outcome=items(3))
    assert [command.message.attempt.name for command in player.commands[-3:]] == ["each[0]", "each[1]", "each[2]"]  # type: ignore[union-attr]
    assert player.task("each").state is TaskState.SCHEDULED
    assert player.task("each").length == 3
    player.finish("each[1]", "each[0]")
    assert player.task("join").state is TaskState.NONE
    player.finish("each[2]")
    player.finish("join")
    assert player.run.state is RunState.SUCCESS


def test_a_literal_list_needs_nobody() -> None:
    """As many as the file says, as soon as the task may run."""
    player = start(dag(task("each", mapped={"x": 2, "y": 3})))
    assert sum(instance.state is TaskState.QUEUED for instance in player.run.tasks.values()) == 6


@pytest.mark.parametrize(
    ("expressions", "lengths", "count"),
    [
        ({"x": "a"}, {"a": 4}, 4),
        ({"x": "a", "y": "b"}, {"a": 4, "b": 2}, 8),
        ({"x": "a", "y": 3}, {"a": 4}, 12),
        ({"*": "a"}, {"a": 5}, 5),
        ({"x": ["zip", "a", "b"]}, {"a": 4, "b": 2}, 2),
        ({"x": ["zip_longest", "a", "b", 3]}, {"a": 4, "b": 2}, 4),
        ({"x": ["concat", "a", ["zip", "b", 9]]}, {"a": 4, "b": 2}, 6),
        ({"x": "a"}, {"a": 0}, 0),
        ({"x": "a", "y": "b"}, {"a": 0, "b": 2}, 0),
    ],
)
def test_how_many_instances(expressions: dict[str, object], lengths: dict[str, int], count: int) -> None:
    """The product of the inputs; zip takes the fewest or the most, concat the sum; none at all skips the task."""
    producers = [task(name, feeds_map=True) for name in lengths]
    spec = dag(*producers, task("each", *lengths, mapped=expressions))
    player = start(spec)
    for name, length in lengths.items():
        player.finish(name, outcome=items(length))
    assert sum(TaskKey.of(name).task_id == "each" and "[" in name for name in player.run.tasks) == count
    if not count:
        assert player.task("each").state is TaskState.SKIPPED
        assert player.run.state is RunState.SUCCESS


@pytest.mark.parametrize(
    ("outcome", "rule", "ends"),
    [
        (FAILED, "all_success", ("upstream_failed", "upstream_failed")),
        (SKIPPED, "all_success", ("skipped", "skipped")),
        (FAILED, "all_done", ("upstream_failed", "upstream_failed")),
        (SKIPPED, "none_failed", ("skipped", "skipped")),
    ],
)
def test_without_its_input_it_is_never_expanded(outcome: Outcome, rule: str, ends: tuple[str, str]) -> None:
    """It keeps one entry, without an index, as in Airflow; its own rule does not help."""
    player = plays(start(over(rule=rule)), {"list": outcome})
    assert (player.states()["each"], player.states()["join"]) == ends
    assert not any("[" in name for name in player.run.tasks)


@pytest.mark.parametrize(
    ("rule", "outcomes", "end"),
    [
        ("all_success", {}, "success"),
        ("all_success", {"each[1]": FAILED}, "upstream_failed"),
        ("all_success", {"each[1]": SKIPPED}, "skipped"),
        ("one_success", {"each[0]": FAILED, "each[1]": FAILED}, "success"),
        ("one_failed", {"each[2]": FAILED}, "success"),
        ("all_failed", {"each[0]": FAILED, "each[1]": FAILED, "each[2]": FAILED}, "success"),
        ("all_done", {"each[0]": FAILED, "each[1]": SKIPPED}, "success"),
        ("none_failed", {"each[1]": SKIPPED}, "success"),
        ("none_skipped", {"each[1]": SKIPPED}, "skipped"),
    ],
)
def test_a_rule_counts_every_instance(rule: str, outcomes: dict[str, Outcome], end: str) -> None:
    """To the task below, three instances are three tasks above."""
    spec = dag(
        task("list", feeds_map=True), task("each", "list", mapped={"x": "list"}), task("join", "each", rule=rule)
    )
    player = plays(start(spec), {"list": items(3), **outcomes})
    assert player.states()["join"] == end


def test_an_instance_is_retried_alone() -> None:
    """It has tries of its own."""
    spec = dag(task("each", mapped={"x": 2}, retries=1, retry_delay=5.0))
    player = start(spec)
    player.finish("each[1]", outcome=FAILED)
    assert player.task("each[1]").state is TaskState.UP_FOR_RETRY
    player.finish("each[0]", "each[1]")
    assert player.run.state is RunState.SUCCESS
    assert (player.task("each[0]").try_number, player.task("each[1]").try_number) == (1, 2)


def test_a_mapped_task_over_a_mapped_task() -> None:
    """As many as the first one's instances that returned something."""
    spec = dag(
        task("list", feeds_map=True),
        task("each", "list", mapped={"x": "list"}, feeds_map=True),
        task("again", "each", mapped={"x": "each"}),
    )
    player = plays(start(spec), {"list": items(4), "each[2]": items(0)})
    assert player.task("again").length == 3
    assert player.run.state is RunState.SUCCESS


def group_spec(**more: object) -> DagSpec:
    """A mapped group of three tasks, two of them in a row, between a list and a join."""
    members = {"map_group": "g"}
    return dag(
        task("list", feeds_map=True),
        task("g.a", "list", **members),
        task("g.b", "g.a", **members, **more),  # type: ignore[arg-type]
        task("g.c", "g.b", **members),
        task("join", "g.c", rule="all_done"),
        groups=(GroupSpec(group_id="g", mapped={"x": "list"}),),
    )


def test_tasks_of_a_mapped_group_depend_index_by_index() -> None:
    """One that fails stops its own row alone; the join sees the last of every row."""
    player = start(group_spec())
    player.finish("list", outcome=items(3))
    player.finish("g.a[0]")
    assert player.task("g.b[0]").state is TaskState.QUEUED
    assert player.task("g.b[1]").state is TaskState.NONE
    plays(player, {"g.b[1]": FAILED})
    assert {name: state for name, state in states(player).items() if name.startswith("g.c[")} == {
        "g.c[0]": "success",
        "g.c[1]": "upstream_failed",
        "g.c[2]": "success",
    }
    assert player.states()["join"] == "success"


@pytest.mark.parametrize("last", [SUCCESS, FAILED])
def test_a_task_inside_a_group_waits_for_all_that_the_group_is_expanded_over(last: Outcome) -> None:
    """One input has failed; the group's tasks are decided once the other input is over, and not before."""
    spec = dag(
        task("left", feeds_map=True),
        task("right", feeds_map=True),
        task("g.a", "left", "right", map_group="g"),
        task("g.b", "g.a", map_group="g", rule="all_done"),
        groups=(GroupSpec(group_id="g", mapped={"x": "left", "y": "right"}),),
    )
    player = start(spec)
    player.finish("left", outcome=FAILED)
    assert (player.task("g.a").state, player.task("g.b").state) == (TaskState.NONE, TaskState.NONE)
    player.finish("right", outcome=last)
    assert {player.task("g.a").state, player.task("g.b").state} == {TaskState.UPSTREAM_FAILED}
    assert player.run.state is RunState.FAILED


@pytest.mark.parametrize("order", [("list", "pick"), ("pick", "list")])
def test_a_branch_above_a_mapped_always_task_decides_whenever_it_ends(order: tuple[str, str]) -> None:
    """The task waits for its input, and so it waits for the branch as well, whichever comes first."""
    spec = dag(
        task("list", feeds_map=True),
        task("pick", decides=Decides.BRANCH),
        task("each", "list", "pick", mapped={"x": "list"}, rule="always"),
    )
    player = start(spec)
    outcomes = {"list": items(2), "pick": Outcome(kind=OutcomeKind.SUCCESS, follow=())}
    for name in order:
        player.finish(name, outcome=outcomes[name])
    assert states(player) == {"list": "success", "pick": "success", "each": "skipped"}


@pytest.mark.parametrize("order", [("list", "pick"), ("pick", "list")])
def test_a_branch_above_an_always_task_of_a_mapped_group_decides_whenever_it_ends(order: tuple[str, str]) -> None:
    """Another task of the group may have it expanded before the branch has ended."""
    spec = dag(
        task("list", feeds_map=True),
        task("pick", decides=Decides.BRANCH),
        task("g.a", "list", map_group="g"),
        task("g.b", "list", "pick", map_group="g", rule="always"),
        groups=(GroupSpec(group_id="g", mapped={"x": "list"}),),
    )
    player = start(spec)
    outcomes = {"list": items(2), "pick": Outcome(kind=OutcomeKind.SUCCESS, follow=())}
    for name in order:
        player.finish(name, outcome=outcomes[name])
    ended = {name: state for name, state in states(player).items() if name.startswith("g.b") and state != "scheduled"}
    assert set(ended) in ({"g.b"}, {"g.b[0]", "g.b[1]"})
    assert set(ended.values()) == {"skipped"}


def test_a_group_that_is_expanded_over_fewer_items_loses_the_last_rows() -> None:
    """One of its tasks alone was cleared, with the list: as in Airflow, the others' instances without an item go."""
    player = plays(start(group_spec()), {"list": items(3), "g.b[2]": FAILED})
    assert player.run.state is RunState.SUCCESS
    player.give(Clear(task_ids=("list", "g.a")))
    plays(player, {"list": items(2)})
    found = states(player)
    assert {name for name, state in found.items() if state == "removed"} == {"g.b[2]", "g.c[2]"}
    assert player.run.state is RunState.SUCCESS


def test_a_branch_in_a_mapped_group_skips_its_own_row() -> None:
    """It follows, or not, the instance of its own index."""
    player = start(group_spec(decides=Decides.BRANCH))
    away = Outcome(kind=OutcomeKind.SUCCESS, follow=())
    stay = Outcome(kind=OutcomeKind.SUCCESS, follow=("g.c",))
    plays(player, {"list": items(2), "g.b[0]": away, "g.b[1]": stay})
    assert (states(player)["g.c[0]"], states(player)["g.c[1]"]) == ("skipped", "success")


def deciders(decides: Decides) -> DagSpec:
    """A mapped branch or short circuit above a task, two mapped tasks and a task below one of them."""
    return dag(
        task("list", feeds_map=True),
        task("decide", mapped={"x": 2}, decides=decides),
        task("plain", "decide"),
        task("many", "decide", mapped={"x": 3}),
        task("later", "decide", "list", mapped={"x": "list"}),
        task("below", "many", mapped={"x": 2}, rule="none_failed"),
    )


@pytest.mark.parametrize(
    ("decides", "away"),
    [
        (Decides.BRANCH, Outcome(kind=OutcomeKind.SUCCESS, follow=())),
        (Decides.BRANCH, Outcome(kind=OutcomeKind.SUCCESS, follow=("plain",))),
        (Decides.CIRCUIT, Outcome(kind=OutcomeKind.SUCCESS, circuit="direct")),
        (Decides.CIRCUIT, Outcome(kind=OutcomeKind.SUCCESS, circuit="all")),
    ],
)
def test_an_instance_of_a_mapped_branch_skips_its_own_map_index(decides: Decides, away: Outcome) -> None:
    """It skips, right below it, the instances that have its map index, whenever they come to be, and nothing else."""
    player = plays(start(deciders(decides)), {"list": items(2), "decide[1]": away})
    skipped = [name for name, state in states(player).items() if state == "skipped"]
    assert skipped == ["many[1]", "later[1]"]
    assert player.run.state is RunState.SUCCESS


def test_a_cleared_instance_stays_skipped_by_its_branch() -> None:
    """What decided so has not changed its mind."""
    player = plays(start(deciders(Decides.CIRCUIT)), {"decide[1]": Outcome(kind=OutcomeKind.SUCCESS, circuit="all")})
    player.give(Clear(task_ids=("many[1]", "many[2]")))
    assert (player.task("many[1]").state, player.task("many[2]").state) == (TaskState.SKIPPED, TaskState.QUEUED)


def test_a_branch_above_skips_a_mapped_task_whole() -> None:
    """It is not expanded, or, if it is followed, all of it runs."""
    spec = dag(task("choose", decides=Decides.BRANCH), task("yes", "choose", mapped={"x": 2}),
               task("no", "choose", mapped={"x": 2}))  # fmt: skip
    player = plays(start(spec), {"choose": Outcome(kind=OutcomeKind.SUCCESS, follow=("yes",))})
    assert states(player) == {
        "choose": "success", "yes": "scheduled", "yes[0]": "success", "yes[1]": "success", "no": "skipped",
    }  # fmt: skip


def test_an_empty_group_is_skipped_whole() -> None:
    """Without items none of its tasks runs, and the run ends."""
    player = plays(start(group_spec()), {"list": items(0)})
    assert {name: state for name, state in states(player).items() if name.startswith("g.")} == {
        "g.a": "skipped", "g.b": "skipped", "g.c": "skipped",
    }  # fmt: skip
    assert player.run.state is RunState.SUCCESS


@pytest.mark.parametrize("order", list(permutations(("list", "other", "late"))))
def test_a_failure_above_a_task_of_an_empty_group_counts_whenever_it_comes(order: tuple[str, ...]) -> None:
    """The group is looked at once `late` has ended; its task below the failure is upstream_failed, before or after."""
    spec = dag(task("list", feeds_map=True), task("other"), task("late"),
               task("g.a", "list", "late", group_id="g", map_group="g"),
               task("g.b", "g.a", "other", group_id="g", map_group="g", rule="none_failed"),
               groups=(GroupSpec(group_id="g", mapped={"x": "list"}),))  # fmt: skip
    player = start(spec)
    for name in order:
        player.finish(name, outcome={"list": items(0), "other": FAILED, "late": SUCCESS}[name])
    assert (player.task("g.a").state.value, player.task("g.b").state.value) == ("skipped", "upstream_failed")


def test_a_part_of_a_group_that_is_cleared_may_come_to_have_more_instances() -> None:
    """Those that have none above them run all the same."""
    player = plays(start(group_spec()), {"list": items(1)})
    player.give(Clear(task_ids=("list", "g.b")))
    plays(player, {"list": items(2)})
    assert player.task("g.b[1]").state is TaskState.SUCCESS
    assert player.run.state is RunState.SUCCESS


def test_a_cleared_mapped_task_may_be_expanded_differently() -> None:
    """Cleared with its producer it takes the new number of items; late news of old instances changes nothing."""
    player = plays(start(over()), {"list": items(3)})
    old = attempt_key(player.run, "each[0]", player.task("each[0]"))
    player.give(Clear(task_ids=("list", "each", "join")))
    plays(player, {"list": items(1)})
    assert player.run.state is RunState.SUCCESS
    assert {name for name in player.run.tasks if name.startswith("each[")} == {"each[0]"}
    assert player.key("each[0]").generation > old.generation


def test_one_instance_is_cleared_or_marked() -> None:
    """The others stay, and what is below waits for it again; an attempt's key never comes twice."""
    player = plays(start(over()), {"list": items(2), "each[1]": FAILED})
    assert player.run.state.value == "failed"
    player.give(Clear(task_ids=("each[1]", "join")))
    assert player.task("each[0]").state is TaskState.SUCCESS
    seen = {player.key("each[1]")}
    plays(player)
    assert player.run.state is RunState.SUCCESS
    player.give(Clear(task_ids=("each",)))
    assert player.key("each[1]") not in seen
    player.give(Mark(task_ids=("each",), state=TaskState.SUCCESS))
    plays(player)
    assert player.run.state is RunState.SUCCESS


def test_what_comes_for_an_instance_that_there_is_not_changes_nothing() -> None:
    """An index beyond the end, and the task itself once it is expanded."""
    player = start(over())
    player.finish("list", outcome=items(2))
    before = player.run
    for index in (-1, 2, 7):
        key = AttemptKey("d", before.run_id, "each", index, 0, 1, 0)
        player.give(player.finished("each[0]").__class__(attempt=key, outcome=SUCCESS, started_at=0.0, ended_at=0.0))
    assert player.run is before


def test_a_run_with_instances_survives_its_text() -> None:
    """What is stored is what was there, number of items included."""
    player = start(over())
    player.finish("list", outcome=items(5))
    assert decode(Run, encode(player.run)) == player.run
    assert '"each":"c' in dumps(encode(player.run))


def test_a_thousand_instances() -> None:
    """The run ends when the last of them has, in whatever order they end."""
    player = start(replace(over(), max_active_tasks=0))
    player.finish("list", outcome=items(1000))
    for index in reversed(range(1000)):
        player.finish(f"each[{index}]")
    player.finish("join")
    assert player.run.state is RunState.SUCCESS
    assert len(player.run.tasks) == 1003


def test_start_again_changes_nothing() -> None:
    """A run that has begun is not begun twice, mapped or not."""
    player = start(over())
    before = player.run
    player.give(Start())
    assert player.run is before


RULES = [
    "all_success",
    "all_done",
    "none_failed",
    "one_success",
    "one_failed",
    "none_failed_min_one_success",
    "none_skipped",
]


@st.composite
def mapped_dags(draw: st.DrawFn) -> tuple[DagSpec, dict[str, list[Outcome]]]:
    """A list, a task over it, one over that, a group and a branch over the list, a join; and how all attempts end."""
    rule = st.sampled_from(RULES)
    group = {"map_group": "g"}
    spec = dag(
        task("list", feeds_map=True),
        task("each", "list", mapped={"x": "list"}, feeds_map=True, retries=draw(st.integers(0, 1))),
        task("again", "each", mapped={"x": ["concat", "each", "list"]}, rule=draw(rule)),
        task("g.a", "list", **group),
        task("g.b", "g.a", rule=draw(rule), **group),
        task("pick", "each", mapped={"x": "list"}, rule=draw(rule), decides=Decides.BRANCH),
        task("left", "pick", mapped={"x": 2}, rule=draw(rule)),
        task("right", "pick", rule=draw(rule)),
        task("join", "again", "g.b", "left", "right", rule=draw(rule)),
        groups=(GroupSpec(group_id="g", mapped={"x": ["zip_longest", "list", 2]}),),
    )
    end = st.sampled_from([items(1), items(1), items(1), items(0), FAILED, SKIPPED])
    fates = {name: draw(st.lists(end, min_size=2, max_size=2)) for name in _names(4)}
    follow = st.sampled_from([Outcome(kind=OutcomeKind.SUCCESS, follow=to) for to in ((), ("left",), ("right",))])
    fates |= {name: draw(st.lists(follow, min_size=2, max_size=2)) for name in fates if name.startswith("pick[")}
    fates["list"] = [draw(st.sampled_from([items(0), items(1), items(3), FAILED, SKIPPED]))] * 2
    return spec, fates


def _names(most: int) -> list[str]:
    tasks = ("each", "again", "g.a", "g.b", "pick", "left")
    return ["join", "right", *tasks, *(f"{name}[{index}]" for name in tasks for index in range(2 * most))]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(fated=mapped_dags(), seeds=st.lists(st.integers(), min_size=3, max_size=3, unique=True))
def test_the_order_of_deliveries_does_not_matter(
    fated: tuple[DagSpec, dict[str, list[Outcome]]], seeds: list[int]
) -> None:
    """Instances end in any order, in any batches, some things are told twice: the same states, tries and messages."""
    spec, fates = fated

    def played(order: Random) -> tuple[object, ...]:
        player = start(spec)
        told = []
        while waiting := sorted(name for name, one in player.run.tasks.items() if one.state.waiting):
            some = order.sample(waiting, order.randint(1, len(waiting)))
            batch = [player.finished(name, fates[name][player.task(name).try_number - 1]) for name in some]
            told += batch
            batch += order.choices(told, k=order.randint(0, 2))
            order.shuffle(batch)
            player.give(*batch)
        tasks = {
            name: (one.state, one.try_number, one.generation, one.length) for name, one in player.run.tasks.items()
        }
        return (
            tasks,
            player.run.state,
            sorted(str(command) for command in player.commands if isinstance(command, Enqueue)),
        )

    first, *others = [played(Random(seed)) for seed in seeds]
    for other in others:
        assert other == first
    assert first[1] in (RunState.SUCCESS, RunState.FAILED), "every run ends"
