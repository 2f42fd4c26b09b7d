"""From a DAG of user code to a :class:`~brisa.model.spec.DagSpec` of plain data."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from brisa.authoring.assets import AssetExpression
from brisa.authoring.dag import DAG
from brisa.authoring.executors import chosen, job_needs
from brisa.authoring.links import links_of
from brisa.authoring.mapped import MappedOperator
from brisa.authoring.operator import BaseOperator
from brisa.authoring.order import topological
from brisa.authoring.registry import notice
from brisa.authoring.slas import sla_specs
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.spec import LONGEST_AT_WORKER, WORKER, DagSpec, GroupSpec, TaskSpec
from brisa.model.states import TriggerRule

_DAG_CALLBACKS = ("on_success_callback", "on_failure_callback", "sla_miss_callback")
_TASK_CALLBACKS = (
    "on_execute_callback",
    "on_failure_callback",
    "on_success_callback",
    "on_retry_callback",
    "on_skipped_callback",
)
_LONGEST_DOC = 50_000
"""Characters of a task's documentation that are kept: a spec must fit into one document of the store."""


def to_spec(dag: DAG, file: str = "") -> DagSpec:
    """What ``dag`` says, as data; ``file`` is its file, relative to the bundle.

    Raises :class:`~brisa.errors.CycleError` naming the circle, and :class:`~brisa.errors.AuthoringError` for what only
    the whole DAG shows.
    """
    above = {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}
    order = topological(above, dag.locate)
    labels: dict[str, dict[str, str]] = {}
    for (upper, lower), text in dag.edge_labels.items():
        labels.setdefault(lower, {})[upper] = text
    _check_setups(dag)
    _check_mapping(dag)
    dates = _earliest(dag), _latest(dag)
    return DagSpec(
        dag_id=dag.dag_id,
        tasks=tuple(_task(dag.task_dict[task_id], above[task_id], labels.get(task_id), dates) for task_id in order),
        file=file,
        dialect=dag.dialect,
        schedule=dag.schedule_spec,
        start_date=dates[0],
        end_date=dates[1],
        catchup=dag.catchup,
        max_active_runs=dag.max_active_runs,
        max_consecutive_failed_dag_runs=dag.max_consecutive_failed_dag_runs,
        max_active_tasks=dag.max_active_tasks,
        dagrun_timeout=_seconds(dag.dagrun_timeout),
        description=dag.description or "",
        doc_md=dag.doc_md or "",
        tags=tuple(dag.tags),
        owners=tuple(sorted({task.owner for task in dag.tasks})),
        params=dag.params.to_spec(),
        is_paused_upon_creation=dag.is_paused_upon_creation,
        fail_fast=dag.fail_fast,
        groups=tuple(
            GroupSpec(
                group_id=group_id,
                parent=(group.parent_group.group_id if group.parent_group is not None else None) or "",
                tooltip=group.tooltip or "",
                mapped=group.expand_input.counts() if group.expand_input is not None else {},
            )
            for group_id, group in _groups(dag).items()
        ),
        deadlines=(*(alert.to_spec(dag.dag_id) for alert in dag.deadline or ()), *sla_specs(dag, order)),
        callbacks=tuple(name for name in _DAG_CALLBACKS if getattr(dag, name)),
        display=_dag_display(dag),
    )


def _task(
    task: BaseOperator,
    upstream: list[str],
    labels: dict[str, str] | None,
    dates: tuple[datetime | None, datetime | None],
) -> TaskSpec:
    """``dates`` are the DAG's start and end date."""
    group = task.task_group
    return TaskSpec(
        task_id=task.task_id,
        operator=task.operator_name,
        upstream=tuple(upstream),
        trigger_rule=task.trigger_rule,
        empty=task.is_empty and task.map_group is None and not task.feeds_map,
        decides=task.decides,
        retries=task.retries,
        retry_delay=task.retry_delay.total_seconds(),
        retry_exponential_backoff=bool(task.retry_exponential_backoff),
        max_retry_delay=_seconds(task.max_retry_delay),
        execution_timeout=_seconds(task.execution_timeout),
        depends_on_past=task.depends_on_past,
        ignore_first_depends_on_past=task.ignore_first_depends_on_past,
        wait_for_past_depends_before_skipping=task.wait_for_past_depends_before_skipping,
        wait_for_downstream=task.wait_for_downstream,
        pool=task.pool,
        pool_slots=task.pool_slots,
        priority_weight=task.priority_weight,
        weight_rule=task.weight_rule,
        max_active_tis_per_dag=task.max_active_tis_per_dag,
        max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        queue=task.queue,
        executor=_executor(task),
        job=job_needs(task.executor, task.executor_config, task.source_location),
        group_id=group.group_id or "",
        mapped=task.expand_input.counts() if isinstance(task, MappedOperator) else {},
        map_group=(task.map_group.group_id if task.map_group is not None else None) or "",
        feeds_map=task.feeds_map,
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        on_failure_fail_dagrun=task.on_failure_fail_dagrun,
        start_date=None if task.start_date == dates[0] else task.start_date,
        end_date=None if task.end_date == dates[1] else task.end_date,
        marks=dict(task.external_marks),
        waits_for=task.external_wait,
        owner=task.owner,
        email=addresses(task.email),
        email_on_failure=task.email_on_failure,
        email_on_retry=task.email_on_retry,
        line=task.source_location.line,
        display=_task_display(task, labels),
    )


def _executor(task: BaseOperator) -> str:
    asked = chosen(task.executor, task.executor_config)
    may_last = (_seconds(task.execution_timeout) or 0.0) > LONGEST_AT_WORKER
    return WORKER if not asked and may_last and task.operator_class.holds_no_worker else asked


def addresses(email: Any) -> tuple[str, ...]:
    """E-mail addresses given as a list, or as text with commas or semicolons between them."""
    parts = [email] if isinstance(email, str) else list(email or ())
    return tuple(address for part in parts for address in re.split(r"[,;\s]+", str(part)) if address)


def _task_display(task: BaseOperator, labels: dict[str, str] | None) -> dict[str, Any]:
    """What is not the default, so that the spec of a DAG with thousands of tasks stays small."""
    multiplier = task.retry_exponential_backoff
    candidates: dict[str, Any] = {
        "labels": labels,
        "display_name": task.task_display_name if task.task_display_name != task.task_id else None,
        "label": task.label if task.label != task.task_id else None,
        "doc_md": next(
            (
                str(doc)[:_LONGEST_DOC]
                for doc in (task.doc_md, task.doc, task.doc_rst, task.doc_yaml, task.doc_json)
                if doc
            ),
            None,
        ),
        "ui_color": task.ui_color if task.ui_color != BaseOperator.ui_color else None,
        "ui_fgcolor": task.ui_fgcolor if task.ui_fgcolor != BaseOperator.ui_fgcolor else None,
        "template_fields": [str(name) for name in task.template_fields],
        "callbacks": [name for name in _TASK_CALLBACKS if getattr(task, name)],
        "inlets": _assets(task.inlets),
        "outlets": _assets(task.outlets),
        "map_index_template": task.map_index_template,
        "retry_multiplier": None if isinstance(multiplier, bool) else multiplier,
        "run_as_user": task.run_as_user,
        "executor": task.executor,
        "module": task.operator_class.__module__,
        "extra_links": {link.name: key for key, link in links_of(task.operator_class).items()},
    }
    return {name: value for name, value in candidates.items() if value}


def _assets(items: list[Any]) -> list[Any]:
    return [item.to_spec() if isinstance(item, AssetExpression) else str(item) for item in items]


def _dag_display(dag: DAG) -> dict[str, Any]:
    candidates: dict[str, Any] = {
        "display_name": dag.dag_display_name if dag.dag_display_name != dag.dag_id else None,
        "default_view": dag.default_view if dag.default_view != "grid" else None,
        "orientation": dag.orientation if dag.orientation != "LR" else None,
        "owner_links": {str(owner): str(link) for owner, link in dag.owner_links.items()},
        "render_template_as_native_obj": dag.render_template_as_native_obj,
        "access_control": _plain(dag.access_control),
        "line": dag.source_location.line,
    }
    return {name: value for name, value in candidates.items() if value}


def _plain(value: Any) -> Any:
    """``value`` as JSON: sets become sorted lists, anything unknown its text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _groups(dag: DAG) -> dict[str, TaskGroup]:
    """Groups in the order of definition, each after the one around it."""
    groups: dict[str, TaskGroup] = {}

    def visit(group: TaskGroup) -> None:
        for child in group.children.values():
            if isinstance(child, TaskGroup) and child.group_id:
                groups[child.group_id] = child
                visit(child)

    visit(dag.task_group)
    return groups


def _check_setups(dag: DAG) -> None:
    for task in dag.tasks:
        if task.is_setup:
            for below in task.downstream_list:
                if not below.is_teardown and below.trigger_rule is not TriggerRule.ALL_SUCCESS:
                    raise AuthoringError(
                        f"a task below a setup ({task.task_id!r}) must have the trigger rule all_success, "
                        f"not {below.trigger_rule.value}",
                        below.source_location,
                    )


def _check_mapping(dag: DAG) -> None:
    for partial in dag.partials:
        if not partial.is_expanded:
            notice(f"DAG {dag.dag_id!r}: {partial!r} makes nothing: expand() or expand_kwargs() was never called on it")
    for task in dag.tasks:
        mapped = task if isinstance(task, MappedOperator) else task.map_group
        if mapped is not None and task.trigger_rule is TriggerRule.ALWAYS and any(mapped.expand_input.producers()):
            raise AuthoringError(
                "a task can't have the trigger rule 'always' if it, or its group, is expanded over what another task "
                "returns: it has to wait for that",
                task.source_location,
            )


def _earliest(dag: DAG) -> datetime | None:
    """The DAG's start date or, where only tasks have one, the first of theirs (Airflow 2's rule)."""
    return dag.start_date or min((task.start_date for task in dag.tasks if task.start_date), default=None)


def _latest(dag: DAG) -> datetime | None:
    """The DAG's end date or, where every task has one, the last of theirs."""
    if dag.end_date is not None or not dag.tasks or any(task.end_date is None for task in dag.tasks):
        return dag.end_date
    return max(task.end_date for task in dag.tasks if task.end_date)


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
