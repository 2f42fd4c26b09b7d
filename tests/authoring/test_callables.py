"""What a callable is given of the context, and how calls of decorated functions are checked."""

import pytest

from brisa.authoring.callables import bind, select_kwargs
from brisa.authoring.dialect import speaking

CONTEXT = {"ds": "2024-01-31", "ti": "TI", "params": {"n": 1}}


def nothing():
    """Asks for nothing."""


def by_name(ds, ti=None):
    """Asks by name."""


def keyword_only(*, ds):
    """Asks by keyword."""


def everything(**kwargs):
    """Asks for all."""


def mixed(x, ds, **context):
    """Own argument, a context key, the rest."""


def own(x, y=2):
    """Own arguments only."""


def var_args(*args):
    """Positional arguments only."""


SELECTED = [
    (nothing, (), {}, {}),
    (by_name, (), {}, {"ds": "2024-01-31", "ti": "TI"}),
    (keyword_only, (), {}, {"ds": "2024-01-31"}),
    (everything, (), {}, CONTEXT),
    (everything, (), {"ds": "mine", "z": 1}, {**CONTEXT, "ds": "mine", "z": 1}),
    (mixed, (5,), {}, CONTEXT),
    (own, (), {"x": 1}, {"x": 1}),
    (own, (1,), {}, {}),
    (own, (), {"x": 1, "unwanted": 2}, {"x": 1}),
    (by_name, (), {"ds": "mine"}, {"ds": "mine", "ti": "TI"}),
    (var_args, (1, 2), {}, {}),
    (lambda ti: ti, (), {}, {"ti": "TI"}),
    (print, (), {}, {}),
    (max, (1, 2), {"key": 1}, {"key": 1}),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "expected"), SELECTED)
def test_what_a_function_is_given(function, args, kwargs, expected):
    """By name, or everything for ``**kwargs``; its own keyword arguments win over the context."""
    assert select_kwargs(function, args, kwargs, CONTEXT) == expected


RESERVED = [
    (by_name, ("x",), {}, "ds"),
    (lambda params: params, ("x",), {}, "params"),
    (own, (1,), {"x": 2}, "x"),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "name"), RESERVED)
def test_a_positional_argument_with_a_reserved_name(function, args, kwargs, name):
    """Airflow's own words."""
    with pytest.raises(ValueError, match=f"The key '{name}' in args is a part of kwargs and therefore reserved"):
        select_kwargs(function, args, kwargs, CONTEXT)


def f(ti, x, ds=None):
    """A decorated function's usual shape."""


def conf_param(conf="x"):
    """``conf`` is a context key in Airflow 2 only."""


BOUND = [
    (f, (), {"x": 1}, ""),
    (f, (), {"x": 1, "ti": 5}, ""),
    (f, (), {}, "missing a required argument: 'x'"),
    (own, (1, 2, 3), {}, "too many positional arguments"),
    (own, (), {"x": 1, "z": 2}, "unexpected keyword argument 'z'"),
    (lambda a, b: None, (), {}, "missing required arguments: 'a', 'b'"),
    (lambda ds="x": None, (), {}, "Context key parameter ds can't have a default other than None"),
    (lambda ds=None: None, (), {}, ""),
    (mixed, (1,), {"anything": 2}, ""),
    (conf_param, (), {}, ""),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "message"), BOUND)
def test_checking_a_call(function, args, kwargs, message):
    """What is missing or too much is found when the DAG is built; context keys may be left out."""
    if message:
        with pytest.raises((TypeError, ValueError), match=message):
            bind(function, args, kwargs)
    else:
        bind(function, args, kwargs)


def test_context_keys_are_the_dialects():
    """``conf`` and ``execution_date`` mean the context in dialect 2, and nothing in dialect 3."""
    with speaking(2):
        with pytest.raises(ValueError, match="Context key parameter conf"):
            bind(conf_param, (), {})
        bind(lambda execution_date: None, (), {})
    with pytest.raises(TypeError, match="'execution_date'"):
        bind(lambda execution_date: None, (), {})
