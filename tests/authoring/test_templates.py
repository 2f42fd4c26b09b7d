"""Templates: what is rendered, with what, and what fails, as Airflow 2.11 and 3.3 render it."""

from collections import namedtuple
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, Undefined, UndefinedError
from jinja2.exceptions import SecurityError, TemplateSyntaxError

from brisa.authoring.templates import literal, render_template_fields
from brisa.errors import TaskError
from tests.authoring.tools import Task, a_dag

Pair = namedtuple("Pair", "left right")
MOMENT = datetime(2024, 1, 31, 13, 5, 7, tzinfo=UTC)
CONTEXT = {"ds": "2024-01-31", "n": 5, "params": {"who": "me"}, "moment": MOMENT, "none": None, "_x": 1}


def render(data, context=CONTEXT, task_arguments=None, **dag_arguments):
    """Render ``data`` as a template field of a task."""
    with a_dag(**dag_arguments) as dag:
        dag.fileloc = __file__
        task = Task(task_id="t", data=data, **(task_arguments or {}))
    copy = task.prepare_for_execution()
    render_template_fields(copy, context)
    assert task.data is data, "the DAG's own task must not change"
    return copy.data


class Nested:
    """An object of the user's own with template fields."""

    template_fields = ("text",)

    def __init__(self, text):
        self.text = text


RENDERED = [
    ("{{ ds }}", "2024-01-31"),
    ("plain", "plain"),
    ("{{ n }}", "5"),
    ("{{ params.who }}-{{ params['who'] }}", "me-me"),
    ("line\n", "line"),
    ("a\r\nb", "a\nb"),
    ("{# nothing #}x", "x"),
    ("{% for i in range(2) %}{{ i }}{% endfor %}", "01"),
    ("{% do [].append(1) %}x", "x"),
    (["{{ ds }}", 1, None], ["2024-01-31", 1, None]),
    (("{{ ds }}", "x"), ("2024-01-31", "x")),
    (Pair("{{ n }}", 2), Pair("5", 2)),
    ({"{{ ds }}": "{{ ds }}"}, {"{{ ds }}": "2024-01-31"}),
    ({"a": [{"b": ("{{ n }}",)}]}, {"a": [{"b": ("5",)}]}),
    ({"{{ n }}"}, {"5"}),
    (5, 5),
    (None, None),
    ("", ""),
    (Path("{{ ds }}"), Path("{{ ds }}")),
    (literal("{{ ds }}"), "{{ ds }}"),
    ([literal("x.sh")], ["x.sh"]),
    (lambda context, jinja_env: jinja_env.from_string("{{ n }}!").render(context), "5!"),
    ("{{ moment | ds }} {{ moment | ds_nodash }}", "2024-01-31 20240131"),
    ("{{ moment | ts }} {{ moment | ts_nodash }}", "2024-01-31T13:05:07+00:00 20240131T130507"),
    ("{{ moment | ts_nodash_with_tz }}", "20240131T130507+0000"),
    ("{{ none | ds }}{{ none | ts }}", "NoneNone"),
    ("{{ _x }}", "1"),
    ("{{ 'a' | upper }}{{ [1, 2] | tojson }}", "A[1, 2]"),
    ("{{ missing | default('d') }}", "d"),
]


@pytest.mark.parametrize(("data", "expected"), RENDERED)
def test_what_templates_become(data, expected):
    """Texts at any depth are rendered; keys of dicts, paths, numbers and literals are not."""
    assert render(data) == expected


def test_objects_with_template_fields():
    """An object inside a field is rendered in place, once, even if it holds itself."""
    nested = Nested(["{{ ds }}"])
    nested.text.append(nested)
    render([nested, nested])
    assert nested.text[0] == "2024-01-31"


def test_values_that_are_never_true_or_false():
    """A data frame refuses ``bool()``; it is left as it is."""

    class Frame:
        def __bool__(self):
            raise ValueError("ambiguous")

    frame = Frame()
    assert render(frame) is frame


NATIVE = [("{{ n }}", 5), ("{{ params }}", {"who": "me"}), ("[1, 2]", [1, 2]), ("12", 12), ("x {{ n }}", "x 5")]


@pytest.mark.parametrize(("data", "expected"), NATIVE)
def test_native_objects(data, expected):
    """With render_template_as_native_obj a template is a Python value; the task's own word comes before the DAG's."""
    assert render(data, render_template_as_native_obj=True) == expected
    assert render(data, task_arguments={"render_template_as_native_obj": True}) == expected
    plain = render(data, task_arguments={"render_template_as_native_obj": False}, render_template_as_native_obj=True)
    assert isinstance(plain, str)


def test_macros_filters_and_options_of_the_dag():
    """The DAG's own macros and filters are there, and the context comes before macros of one name."""
    assert (
        render(
            "{{ twice(n) | shout }} {{ ds }}",
            user_defined_macros={"twice": lambda value: value * 2, "ds": "never"},
            user_defined_filters={"shout": lambda value: f"{value}!"},
        )
        == "10! 2024-01-31"
    )
    assert (
        render("<< n >>", jinja_environment_kwargs={"variable_start_string": "<<", "variable_end_string": ">>"}) == "5"
    )
    assert render("x{{ missing }}", template_undefined=Undefined) == "x"


def test_template_files(tmp_path):
    """A field with a template ending is the file of that name, beside the DAG file or in template_searchpath."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "sql").mkdir()
    (tmp_path / "dags" / "run.sh").write_text("echo {{ ds }} {% include 'tail.sh' %}", encoding="utf-8")
    (tmp_path / "dags" / "tail.sh").write_text("{{ n }}", encoding="utf-8")
    (tmp_path / "sql" / "q.sql").write_text("select {{ n }}", encoding="utf-8")
    with a_dag(template_searchpath=[str(tmp_path / "sql")]) as dag:
        dag.fileloc = str(tmp_path / "dags" / "d.py")
        task = Task(task_id="t", command="run.sh", data=["q.sql", "{{ ds }}", {"x": "q.sql"}]).prepare_for_execution()
    render_template_fields(task, CONTEXT)
    assert task.command == "echo 2024-01-31 5"
    assert task.data == ["select 5", "2024-01-31", {"x": "select 5"}]


def test_prepare_template_sees_the_files_text(tmp_path):
    """An operator may work on the file's text before it is rendered."""
    (tmp_path / "q.sql").write_text("a;b {{ n }}", encoding="utf-8")

    class Splits(Task):
        def prepare_template(self):
            self.command = self.command.split(";")

    with a_dag() as dag:
        dag.fileloc = str(tmp_path / "d.py")
        task = Splits(task_id="t", command="q.sql").prepare_for_execution()
    render_template_fields(task, CONTEXT)
    assert task.command == ["a", "b 5"]


FAILING = [
    ("{{ missing }}", UndefinedError, "'missing' is undefined"),
    ("{{ params.missing }}", UndefinedError, "no attribute 'missing'"),
    ("{{ 1 + }}", TemplateSyntaxError, "unexpected"),
    ("run.sh", TemplateNotFound, "run.sh"),
    ("{{ ''.__class__ }}", SecurityError, "unsafe"),
    ("{{ 'x'.__class__.__mro__ }}", SecurityError, "unsafe"),
]


@pytest.mark.parametrize(("data", "kind", "message"), FAILING)
def test_templates_that_fail(data, kind, message):
    """Jinja's own error, with a note that names the field, the task and the DAG."""
    with pytest.raises(kind, match=message) as caught:
        render(data)
    assert caught.value.__notes__ == ["while rendering 'data' of task 't' of DAG 'd'"]


def test_a_trailing_space_makes_a_command_of_a_file_name():
    """``"run.sh "`` is a command, not a template file."""
    assert render("run.sh ") == "run.sh "


def test_a_template_field_that_the_operator_never_sets():
    """The message says whose mistake it is."""

    class Forgets(Task):
        template_fields: Sequence[str] = ("other",)

    with a_dag():
        task = Forgets(task_id="t").prepare_for_execution()
    with pytest.raises(TaskError, match="'other' is a template field of Forgets"):
        render_template_fields(task, CONTEXT)


class Lazy(dict):
    """A context that notes which values were asked for."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = []

    def __getitem__(self, key):
        self.asked.append(key)
        return super().__getitem__(key)


def test_only_what_is_named_is_computed():
    """Some values of a context cost a question to the supervisor: rendering asks for those that it uses."""
    context = Lazy(CONTEXT)
    assert render("{{ n }}", context) == "5"
    assert set(context.asked) == {"n"}


def test_rendering_by_hand():
    """``operator.render_template`` renders any value, as custom operators do in execute."""
    with a_dag() as dag:
        task = Task(task_id="t")
    assert task.render_template({"a": "{{ n }}"}, CONTEXT) == {"a": "5"}
    assert task.get_template_env().undefined.__name__ == "StrictUndefined"
    assert dag.task_ids == ["t"]


def test_an_operator_that_renders_by_itself():
    """A subclass may override render_template_fields."""

    class Own(Task):
        def render_template_fields(self, context, jinja_env=None):
            super().render_template_fields(context, jinja_env)
            self.command = f"[{self.command}]"

    with a_dag():
        task = Own(task_id="t", command="{{ n }}").prepare_for_execution()
    render_template_fields(task, CONTEXT)
    assert task.command == "[5]"


def test_without_a_dag():
    """A task outside any DAG renders too."""
    task = Task(task_id="t", command="{{ n }}").prepare_for_execution()
    render_template_fields(task, CONTEXT)
    assert task.command == "5"
