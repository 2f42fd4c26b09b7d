"""Params: defaults, values of a run, and what is missing."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from brisa.authoring.dialect import speaking
from brisa.authoring.params import DagParam, Param, ParamsDict, effective_params
from brisa.errors import AuthoringError
from brisa.model.params import ParamValidationError, resolve_params
from tests.authoring.tools import Task, a_dag


def test_params_of_a_dag_and_a_run():
    """The happy path: defaults, and a run's conf over them."""
    dag = a_dag(params={"n": Param(5, type="integer", minimum=1, description="how many"), "who": "me"})
    assert dag.params.to_spec() == {
        "n": {"value": 5, "schema": {"type": "integer", "minimum": 1}, "description": "how many"},
        "who": {"value": "me", "schema": {}, "description": ""},
    }
    assert resolve_params(dag.params.to_spec(), {"n": 7, "extra": True}) == {"n": 7, "who": "me", "extra": True}


RESOLVED = [
    ({}, None, {}),
    ({}, {"a": 1}, {"a": 1}),
    ({"a": {"value": None}}, None, {"a": None}),
    ({"a": {"value": 1}}, {"a": None}, {"a": None}),
    ({"a": {}}, {"a": 2}, {"a": 2}),
    ({"b": {"value": 1}, "a": {"value": 2}}, {}, {"b": 1, "a": 2}),
]


@pytest.mark.parametrize(("params", "conf", "expected"), RESOLVED)
def test_resolving(params, conf, expected):
    """conf wins, its other keys are params too, and the order of the DAG stays."""
    resolved = resolve_params(params, conf)
    assert resolved == expected
    assert list(resolved) == list(expected)


MISSING = [({"a": {}}, "param 'a' has no default"), ({"a": {}, "b": {}, "c": {"value": 1}}, "params 'a', 'b' have no")]


@pytest.mark.parametrize(("params", "message"), MISSING)
def test_a_param_without_a_value(params, message):
    """A run can't be made without values for params that have no default; each is named."""
    with pytest.raises(ParamValidationError, match=message):
        resolve_params(params, {"other": 1})


BROKEN = [
    ({"type": "integer", "minimum": 3}, 2, "param 'p': 2 is less than the minimum of 3"),
    ({"type": "integer"}, "2", "param 'p': '2' is not of type 'integer'"),
    ({"type": "string"}, None, "param 'p': None is not of type 'string'"),
    ({"enum": ["a", "b"]}, "c", "param 'p': 'c' is not one of"),
    ({"type": "string", "format": "date"}, "tomorrow", "param 'p': 'tomorrow' is not a 'date'"),
    ({"type": "string", "format": "date-time"}, "2024-01-01", "param 'p': '2024-01-01' is not a 'date-time'"),
    ({"items": {"type": "string"}}, ["a", 1], r"param 'p': at \[1\]: 1 is not of type 'string'"),
    ({"type": "whole number"}, 1, "param 'p' has no valid JSON schema: 'whole number' is not valid"),
]


@pytest.mark.parametrize(("schema", "value", "message"), BROKEN)
def test_a_value_that_breaks_its_schema(schema, value, message):
    """Given or by default, it is refused with its name, and so are all others that are wrong."""
    params = ParamsDict({"fine": Param(4, type="integer"), "p": Param(schema=schema), "too": Param("x", type="null")})
    with pytest.raises(ParamValidationError, match=message + ".*; param 'too': 'x' is not of type 'null'"):
        resolve_params(params.to_spec(), {"p": value})


FITTING = [
    ({"type": ["null", "string"]}, None),
    ({"type": "number"}, 3),
    ({"type": "string", "format": "date-time"}, "2024-01-01T00:00:00+01:00"),
    ({"title": "A title", "section": "Airflow's own"}, object),
]


@pytest.mark.parametrize(("schema", "value"), FITTING)
def test_a_value_that_fits_its_schema(schema, value):
    """What only describes a param checks nothing."""
    assert resolve_params({"p": {"schema": schema}}, {"p": value}) == {"p": value}


def test_a_scheduled_dag_needs_defaults_that_fit():
    """Without a schedule whoever triggers gives the values; with one the file is refused, as in Airflow."""
    params = {"n": Param(0, minimum=1), "m": Param(type="string")}
    assert a_dag(params=params, schedule=None).params["n"] == 0
    with pytest.raises(AuthoringError, match="params whose defaults will do: param 'm' has no default"):
        a_dag(params=params, schedule="@daily")
    del params["m"]
    with pytest.raises(AuthoringError, match="param 'n': 0 is less than the minimum of 1"):
        a_dag(params=params, schedule="@daily")


def test_a_params_dict():
    """It reads as name → value and keeps the Param behind each."""
    params = ParamsDict({"a": 1, "b": Param(2, type="integer"), "c": Param()})
    params["b"] = 3
    params.update({"d": 4}, e=5)
    assert (params["a"], params["b"], params.get("z")) == (1, 3, None)
    assert params.get_param("b").schema == {"type": "integer"}
    assert params.dump() == {"a": 1, "b": 3, "c": None, "d": 4, "e": 5}
    assert sorted(params) == ["a", "b", "c", "d", "e"]
    del params["d"]
    assert "d" not in params
    assert len(params) == 4
    with pytest.raises(ParamValidationError, match="no default"):
        params["c"]
    with pytest.raises(ParamValidationError, match="'c'"):
        params.validate()
    assert [value.has_value for value in params.values()] == [True, True, False, True]


def test_copies_do_not_share_values():
    """Setting a value in one does not change another that was made from it."""
    first = ParamsDict({"a": Param(1)})
    second = ParamsDict(first)
    second["a"] = 2
    assert (first["a"], second["a"]) == (1, 2)
    assert first == {"a": 1}
    assert first != second


def test_values_are_json():
    """Dialect 3 refuses what is none; dialect 2 keeps it and shows it as text."""
    with pytest.raises(ParamValidationError, match="must be JSON"):
        Param(datetime(2024, 1, 1))
    with speaking(2):
        param = Param(datetime(2024, 1, 1))
    assert param.dump()["value"] == "2024-01-01 00:00:00"
    with pytest.raises(ParamValidationError, match="must be JSON"):
        Param(1).resolve(object())


DAG_PARAMS = [
    ({"n": 9}, 9),
    ({}, 5),
    (None, 5),
]


@pytest.mark.parametrize(("conf", "value"), DAG_PARAMS)
def test_a_dag_param_is_known_when_its_task_runs(conf, value):
    """From the run's conf, else its own default."""
    param = a_dag().param("n", 5)
    assert param.resolve({"dag_run": SimpleNamespace(conf=conf), "params": {"n": 1}}) == value


def test_a_dag_param_without_a_default():
    """It falls back on the run's params, and says so when there is nothing."""
    param = DagParam(a_dag(), "n")
    assert param.resolve({"params": {"n": 1}}) == 1
    with pytest.raises(ParamValidationError, match="'n'"):
        param.resolve({"params": {}})


def test_what_a_task_sees():
    """The DAG's params, then the task's own, then the run's conf."""
    with a_dag(params={"a": 1, "b": 1, "c": 1}) as dag:
        task = Task(task_id="t", params={"b": 2, "c": 2})
    assert effective_params(dag, task, {"c": 3, "d": 4}) == {"a": 1, "b": 2, "c": 3, "d": 4}
