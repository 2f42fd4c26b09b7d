"""Variables as people list, change, export and import them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.adapters.memory import MemoryStore
from brisa.authoring.running import supervised
from brisa.authoring.variables import Variable as AuthorsVariable
from brisa.errors import NotFoundError
from brisa.model.variable import Variable
from brisa.services.answers import Answers
from brisa.services.setting_files import Existing, ExistingError, Format, read, written
from brisa.services.variables import VariableError, Variables, kept, shown
from tests.support.builders import chain
from tests.support.site import Site


def test_one_is_set_read_and_removed() -> None:
    """With its description; what brisa keeps beside them is none of them."""
    store = MemoryStore()
    store.set_variables([("@state:x", "1")])
    variables = Variables(store)
    variables.put(Variable("a", "1", "what it is"), Variable("ab", "2"))
    assert variables.get("a") == Variable("a", "1", "what it is")
    assert [one.key for one in variables.all()] == ["a", "ab"]
    variables.delete("a")
    for key in ("a", "@state:x"):
        assert not variables.exists(key)
        with pytest.raises(NotFoundError, match=key):
            variables.get(key)
        with pytest.raises(NotFoundError):
            variables.delete(key)
    assert store.variable("@state:x") == "1"


def test_a_task_describes_one() -> None:
    """What it sets without a description keeps the one that it has; brisa's own names are not for it."""
    site = Site(chain(1))
    answers = Answers(site.store, site.blobs, site.trigger())
    asked = SimpleNamespace(ask=lambda verb, **payload: answers(verb, payload))
    with supervised(asked):
        AuthorsVariable.set("a", 1, description="what it is")
        AuthorsVariable.set("a", {"n": 2}, serialize_json=True)
        assert AuthorsVariable.get("a", deserialize_json=True) == {"n": 2}
        with pytest.raises(ValueError, match="can't begin with '@'"):
            AuthorsVariable.set("@a", 1)
    assert site.store.variables() == [Variable("a", '{\n  "n": 2\n}', "what it is")]


@pytest.mark.parametrize("key", ["", "@a", "x" * 251])
def test_not_every_key_is_one(key: str) -> None:
    """One that is wrong, and none is set."""
    store = MemoryStore()
    with pytest.raises(VariableError):
        Variables(store).put(Variable("a", "1"), Variable(key, "1"))
    assert store.variables() == []


@pytest.mark.parametrize(
    ("key", "value", "seen"),
    [
        ("a", "x", "x"),
        ("my_password", "x", "***"),
        ("my_password", "", ""),
        ("a", '{"api_key": "k", "b": [{"token": 1}, "c"]}', '{"api_key": "***", "b": [{"token": "***"}, "c"]}'),
        ("a", '{"b":   1}', '{"b":   1}'),
        ("a", "{not json", "{not json"),
        ("a", '"text"', '"text"'),
    ],
)
def test_secrets_are_not_shown(key: str, value: str, seen: str) -> None:
    """By the names that Airflow takes for a secret's, of the key or within the JSON."""
    assert shown(key, value) == seen
    assert kept(key, seen, value) == value


def test_what_comes_back_hidden_stays_as_it_was() -> None:
    """Somebody changes a part of what they see."""
    before = '{"token": "t", "n": 1, "l": [{"password": "p"}]}'
    after = kept("a", '{"token": "***", "n": 2, "l": [{"password": "***"}], "new": "***"}', before)
    assert json.loads(after) == {"token": "t", "n": 2, "l": [{"password": "p"}], "new": "***"}


def test_an_import_says_what_airflows_files_say() -> None:
    """Seen in Airflow 3.3.2: texts as they are, all else as JSON, and an object of value and description."""
    variables = Variables(MemoryStore())
    text = (
        '{"x": "1", "obj": {"a": [1]}, "n": null, "num": 3, "desc": {"value": "vv", "description": "dd"}, "b": true,'
        ' "desc2": {"value": {"k": 1}, "description": "d2"}, "only": {"value": 5}, "more": {"value": 5, "x": 1}}'
    )
    told = variables.imported(read(text, Format.JSON, "f"))
    assert len(told.names) == 9
    assert variables.all() == [
        Variable("b", "true"),
        Variable("desc", "vv", "dd"),
        Variable("desc2", '{"k": 1}', "d2"),
        Variable("more", '{"value": 5, "x": 1}'),
        Variable("n", "null"),
        Variable("num", "3"),
        Variable("obj", '{"a": [1]}'),
        Variable("only", "5"),
        Variable("x", "1"),
    ]
    assert variables.exported()["x"] == 1
    assert variables.exported()["desc"] == {"value": "vv", "description": "dd"}


def test_an_import_replaces_skips_or_fails() -> None:
    """What fails has set nothing."""
    variables = Variables(MemoryStore())
    variables.put(Variable("a", "1", "one"))
    with pytest.raises(ExistingError):
        variables.imported({"a": "2", "b": "2"}, Existing.FAIL)
    with pytest.raises(VariableError):
        variables.imported({"a": "2", "@b": "2"})
    assert variables.all() == [Variable("a", "1", "one")]
    assert variables.imported({"a": "2", "b": "2"}, Existing.SKIP).skipped == ["a"]
    variables.imported({"a": "3"})
    assert variables.all() == [Variable("a", "3"), Variable("b", "2")]


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab\n=\"'{"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "value", ""]), inner),
    max_leaves=5,
)


@given(
    values=st.dictionaries(st.text("abñ/ ", min_size=1), st.tuples(JSON, st.none() | st.text("d ")), max_size=4),
    form=st.sampled_from([Format.JSON, Format.YAML]),
)
def test_what_is_exported_means_the_same_when_it_is_imported(values: dict[str, Any], form: Format) -> None:
    """All but the layout of the JSON."""
    one, other = Variables(MemoryStore()), Variables(MemoryStore())
    one.put(*(Variable(key, json.dumps(value), described) for key, (value, described) in values.items()))
    other.imported(read(written(one.exported(), form), form, "f"))

    def said(variables: Variables) -> list[tuple[str, Any, str | None]]:
        return [(found.key, _said(found.value), found.description) for found in variables.all()]

    assert said(other) == said(one)


def _said(text: str) -> Any:
    try:
        said = json.loads(text)
    except ValueError:
        return text
    return _said(said) if isinstance(said, str) else said
