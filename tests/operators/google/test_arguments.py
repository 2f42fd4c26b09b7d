"""Every argument of Airflow's Google provider is understood, or accepted with a notice; names are facts on record."""

from __future__ import annotations

import importlib
import inspect
import json
from typing import Any

import pytest

import brisa.operators.google
from brisa.authoring.registry import recording
from brisa.compat.table import TABLE
from brisa.operators.google import MODULES
from brisa.operators.google.bigquery import (
    BigQueryCheckOperator,
    BigQueryGetDataOperator,
    BigQueryInsertJobOperator,
)
from tests.operators.google.record_arguments import FACTS, PROVIDER

RECORDED: dict[str, dict[str, Any]] = json.loads(FACTS.read_text("utf-8"))
OPERATORS = sorted(path for path, facts in RECORDED.items() if "arguments" in facts)
HOOKS = sorted(path for path, facts in RECORDED.items() if "methods" in facts)


def ours(path: str) -> Any:
    """What the table has for ``module:name`` of Airflow's."""
    module, _, name = path.partition(":")
    home, _, own = TABLE[module][name].partition(":")
    return getattr(importlib.import_module(home), own)


def arguments(cls: type) -> set[str]:
    """The arguments of a class's constructor and of those above it."""
    makers = [vars(part)["__init__"] for part in cls.__mro__ if "__init__" in vars(part)]
    return {name for maker in makers for name in inspect.signature(maker).parameters}


def test_the_record_covers_the_table():
    """Each Google name of the table has its facts, but for the one operator that newer providers have no more."""
    names = {f"{module}:{name}" for module in TABLE if module.startswith(f"{PROVIDER}.") for name in TABLE[module]}
    assert names - set(RECORDED) == {f"{PROVIDER}.cloud.operators.bigquery:BigQueryCreateEmptyTableOperator"}
    assert not set(RECORDED) - names


@pytest.mark.parametrize("path", OPERATORS)
def test_operators_take_the_providers_arguments(path):
    """No argument of the provider's operator or sensor is unknown, and what is a template there is one here."""
    assert set(RECORDED[path]["arguments"]) <= arguments(ours(path))
    assert set(RECORDED[path]["template_fields"] or ()) <= set(ours(path).template_fields)


@pytest.mark.parametrize("path", HOOKS)
def test_hooks_take_the_providers_arguments(path):
    """A method that the hook has takes all arguments that the provider's method takes."""
    hook = ours(path)
    for name, taken in RECORDED[path]["methods"].items():
        method = inspect.getattr_static(hook, name, None)
        if name == "__init__":
            assert set(taken) <= arguments(hook)
        elif inspect.isfunction(method):
            assert set(taken) <= set(inspect.signature(method).parameters), name


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: BigQueryInsertJobOperator(
                task_id="t", configuration={}, force_rerun=False, reattach_states={"DONE"}, durable=True, result_retry=1
            ),
            ["force_rerun", "reattach_states", "durable", "result_retry"],
        ),
        (
            lambda: BigQueryGetDataOperator(task_id="t", dataset_id="d", table_id="t", use_legacy_sql=False),
            ["use_legacy_sql"],
        ),
        (
            lambda: BigQueryCheckOperator(task_id="t", sql="SELECT 1", conn_id="x", parameters={"a": 1}),
            ["conn_id", "parameters"],
        ),
        (lambda: BigQueryInsertJobOperator(task_id="t", configuration={}, location="EU", deferrable=True), []),
    ],
)
def test_arguments_without_effect_are_told(make, told):
    """What means nothing here is accepted, and the author is told so; what means something is not."""
    with recording() as record:
        operator = make()
    assert [notice.split(" has no effect: ")[0] for notice in record.notices] == [
        f"{name} of {operator.task_type}" for name in told
    ]


def test_all_names_can_be_imported_from_the_package():
    """``from brisa.operators.google import …`` has every operator, sensor and hook, and refuses other names."""
    for module in MODULES:
        there = importlib.import_module(f"brisa.operators.google.{module}")
        for name in there.__all__:
            assert getattr(brisa.operators.google, name) is getattr(there, name)
    names = {TABLE[path.split(":")[0]][path.split(":")[1]].split(":")[1] for path in RECORDED}
    assert all(hasattr(brisa.operators.google, name) for name in names)
    with pytest.raises(ImportError, match="BigQueryNoOperator"):
        exec("from brisa.operators.google import BigQueryNoOperator")
