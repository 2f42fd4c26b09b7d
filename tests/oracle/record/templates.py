"""Record what template fields become: nested structures, objects, results of other tasks, files, native values, errors.

    python record/templates.py OUT.json

Each case is the body of a small DAG file, or of a task group in it; what stands before it, and the files beside it, are
in the header. It is run with ``dag.test()``. ``seen`` holds, of each attempt, what the field ``field`` had become when
``execute`` was called, or the class of the error that rendering raised.
"""

# ruff: noqa: E501 - a case reads best on one line

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs
import _sources  # type: ignore[import-not-found]  # likewise

HELPERS = '''
import collections
import dataclasses
import jinja2
import pathlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

SEEN = []
Pair = collections.namedtuple("Pair", "left right")


class Nested:
    template_fields = ("text",)

    def __init__(self, text, plain="{{ ds }}"):
        self.text, self.plain = text, plain

    def __repr__(self):
        return f"Nested({show(self.text)}, {self.plain!r})"


class Deep(Nested):
    template_fields = ("text", "plain")


class Plain:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"Plain({self.text!r})"


@dataclasses.dataclass
class Data:
    text: str


class Text(str):
    __slots__ = ()


class Items(list):
    pass


class Keys(dict):
    pass


def show(value):
    """The value as text, the same in every process."""
    kind = type(value).__name__
    if isinstance(value, (set, frozenset)):
        return f"{kind}({', '.join(sorted(map(show, value)))})"
    if isinstance(value, dict):
        inside = ", ".join(f"{show(key)}: {show(item)}" for key, item in value.items())
        return f"{{{inside}}}" if type(value) is dict else f"{kind}({inside})"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return f"({', '.join(map(show, value))})"
    if isinstance(value, list) or "Lazy" in kind:
        inside = ", ".join(map(show, value))
        return f"[{inside}]" if type(value) is not Items else f"{kind}({inside})"
    if isinstance(value, datetime):
        return value.isoformat()
    if callable(value) and not isinstance(value, type):
        return "a function"
    return repr(value)


def see(ti, value):
    SEEN.append((ti.task_id, show(value)))


class Keeps(BaseOperator):
    template_fields = ("field",)
    template_ext = (".sql",)

    def __init__(self, *, field, **kwargs):
        super().__init__(**kwargs)
        self.field = field

    def render_template_fields(self, context, jinja_env=None):
        try:
            super().render_template_fields(context, jinja_env)
        except Exception as error:
            SEEN.append((self.task_id, f"error: {type(error).__name__}"))
            raise

    def execute(self, context):
        see(context["ti"], self.field)


@task
def give(value):
    return value


@task(multiple_outputs=True)
def both():
    return {"one": 1, "two": "{{ ds }}"}


def keep(field, **more):
    return Keeps(task_id="t", field=field, **more)


def result(value):
    return give(literal(value))
'''
FILES = {"q.sql": "select {{ ds }}", "tail.sql": "from {% include 'q.sql' %}", "native.sql": "[1, '{{ ds }}']"}
VALUES = {
    "text": "'{{ ds }}'",
    "list": "['{{ ds }}', 1, None, True, 1.5]",
    "tuple": "('{{ ds }}', 1, None)",
    "set": "{'{{ ds }}', 'x', 1}",
    "frozenset": "frozenset(['{{ ds }}'])",
    "dict_value": "{'k': '{{ ds }}'}",
    "dict_key": "{'{{ ds }}': 'x'}",
    "dict_of_numbers": "{1: 2, None: '{{ ds }}', (1, '{{ ds }}'): 3}",
    "namedtuple": "Pair('{{ ds }}', ['{{ ds }}'])",
    "namedtuple_in_list": "[Pair(1, '{{ ds }}')]",
    "deep": "{'a': [{'b': ('{{ ds }}', {'c': {'{{ ds }}'}})}]}",
    "empty": "[[], {}, (), set(), '', None]",
    "object": "Nested('{{ ds }}')",
    "object_in_list": "[Nested(['{{ ds }}']), 'x']",
    "object_in_dict": "{'k': Nested({'k': '{{ ds }}'})}",
    "object_in_object": "Nested(Nested('{{ ds }}'))",
    "object_with_two_fields": "Deep('{{ ds }}')",
    "object_of_falsehoods": "[Nested(''), Nested(None), Nested(0)]",
    "object_with_none": "Nested(None)",
    "object_without_template_fields": "[Plain('{{ ds }}'), Data('{{ ds }}')]",
    "class_with_template_fields": "Nested",
    "text_subclass": "Text('{{ ds }}')",
    "list_subclass": "Items(['{{ ds }}'])",
    "dict_subclass": "Keys(k='{{ ds }}')",
    "ordered_dict": "collections.OrderedDict(k='{{ ds }}')",
    "default_dict": "collections.defaultdict(list, k='{{ ds }}')",
    "deque": "[collections.deque(['{{ ds }}'])]",
    "number": "5",
    "nothing": "None",
    "moments": "[datetime(2024, 1, 2, tzinfo=UTC), timedelta(1), Decimal('1.5')]",
    "bytes_and_paths": "[b'{{ ds }}', pathlib.PurePosixPath('{{ ds }}')]",
    "function": "lambda context, jinja_env: context['ds'] + '!'",
    "function_in_list": "[lambda context, jinja_env: 1]",
    "macros": "['{{ macros.ds_add(ds, 1) }}', {'k': '{{ ds_nodash }}'}]",
    "params": "['{{ params.n }}', '{{ params[\"word\"] }}']",
    "a_moment_in_text": "['{{ logical_date }}', '{{ logical_date | ds }}']",
    "file": "'q.sql'",
    "file_in_list": "['q.sql', 'x', 1]",
    "file_in_tuple": "('q.sql',)",
    "file_in_dict": "{'k': 'q.sql'}",
    "file_in_list_of_lists": "[['q.sql'], {'k': ['q.sql']}]",
    "file_in_object": "[Nested('q.sql')]",
    "file_that_includes": "['tail.sql']",
    "file_with_templated_name": "'{{ \"q\" }}.sql'",
    "file_with_space": "['q.sql ']",
    "literal": "literal('{{ ds }}')",
    "literal_file": "literal('q.sql')",
    "literal_in_list": "[literal('{{ ds }}'), '{{ ds }}', literal('q.sql')]",
    "literal_in_dict": "{'k': literal({'k': '{{ ds }}'})}",
    "literal_in_tuple": "(literal(['{{ ds }}']), '{{ ds }}')",
    "literal_in_object": "Nested(literal('{{ ds }}'))",
    "xcom": "result('{{ ds }}')",
    "xcom_list": "result(['{{ ds }}', 1])",
    "xcom_of_a_file_name": "result('q.sql')",
    "xcom_in_list": "[result('{{ ds }}'), '{{ ds }}']",
    "xcom_in_dict": "{'k': {'k': result([1])}}",
    "xcom_in_tuple": "(result({'a': 1}), 1)",
    "xcom_in_namedtuple": "Pair(result('x'), '{{ ds }}')",
    "xcom_in_object": "Nested(result('{{ ds }}'))",
    "xcom_in_object_in_list": "[Nested([result('x'), '{{ ds }}'])]",
    "xcom_of_nothing": "[result(None)]",
    "xcom_of_a_key": "{'one': both()['one'], 'two': both()['two']}",
    "xcom_of_no_such_key": "[both()['three']]",
    "xcom_in_text": "f'<{result(5)}>'",
    "xcom_in_text_in_dict": "{'k': [f'<{result(5)}>']}",
    "xcoms_mapped": "[give.expand(value=[1, 2])]",
    "pulled": "['{{ ti.xcom_pull(task_ids=\"nobody\") }}']",
    "undefined": "'{{ nowhere }}'",
    "undefined_in_list": "['x', {'k': ('{{ nowhere }}',)}]",
    "undefined_attribute": "['{{ params.nowhere }}']",
    "undefined_attribute_of_an_object": "['{{ ti.nowhere }}']",
    "undefined_with_default": "['{{ nowhere | default(\"d\") }}', '{{ nowhere is defined }}']",
    "undefined_in_object": "Nested('{{ nowhere }}')",
    "undefined_key": "['{{ {}[\"k\"] }}']",
    "bad_syntax": "['{{ ds']",
    "bad_filter": "['{{ ds | nothing }}']",
    "division_by_zero": "{'k': '{{ 1 / 0 }}'}",
    "unsafe": "['{{ [].__class__ }}']",
    "file_missing": "'nowhere.sql'",
    "file_missing_in_list": "['nowhere.sql']",
    "file_missing_in_dict": "{'k': 'nowhere.sql'}",
}
NATIVE = {
    "list": "'[1, 2]'", "dict": "'{{ {\"k\": ds} }}'", "number": "'{{ 5 }}'", "number_text": "'5'", "none":
    "'{{ none }}'", "truth": "['{{ true }}', 'True']", "date": "'{{ ds }}'", "moment": "['{{ logical_date }}']", "tuple":
    "'(1, 2)'", "set": "'{1}'", "mixed": "'{{ 5 }} {{ 6 }}'", "two_numbers": "'{{ 5 }}{{ 6 }}'", "quoted": "'\"5\"'",
    "leading_zero": "'007'", "float": "'1.50'", "nested": "{'k': ['{{ [1, ds] }}', Nested('{{ 5 }}')]}", "params":
    "'{{ params }}'", "empty": "['', '{{ \"\" }}']", "undefined": "['{{ nowhere }}']", "file": "['native.sql']",
    "file_in_dict": "{'k': 'native.sql'}", "xcom": "[result('[1]'), '{{ ti.xcom_pull(task_ids=ti.task_id[:-1] + \"give\") }}']",
    "xcom_in_text": "f'{result([1, 2])}'", "literal": "[literal('5')]", "default": "'{{ nowhere | default(none) }}'",
    "spaces": "' 5 '", "json": "'{{ [1] | tojson }}'", "dict_key": "{'5': '5'}",
    "plain_text": "'just text'", "bytes": "\"b'x'\"",
}  # fmt: skip
MORE = {
    "the_same_object_twice": "one = Nested('{{ ds }}{{ \"{{ 1 }}\" }}')\nkeep([one, one])",
    "object_that_holds_itself": "one = Deep(['{{ ds }}'])\none.plain = one.text\nkeep([one, one.text])",
    "mapped": "Keeps.partial(task_id='t').expand(field=[{'k': ['{{ ds }}']}, Pair('{{ ds }}', 1), None])",
    "mapped_over_a_result": "Keeps.partial(task_id='t').expand(field=result([{'k': '{{ ds }}'}, 'q.sql']))",
    "native_for_one_task": "keep('{{ 5 }}', render_template_as_native_obj=True)",
    "taskflow_arguments": "@task(task_id='t')\ndef t(a, *b, ti, **c):\n    see(ti, [a, b, c['k']])\n"
    "t('{{ ds }}', ['{{ ds }}'], k={'k': ('{{ ds }}',)})",
    "op_args": "PythonOperator(task_id='t', python_callable=lambda *a, k, ti: see(ti, [a, k]),\n"
    "    op_args=['{{ ds }}', {'k': '{{ ds }}'}, 'q.sql'], op_kwargs={'k': ['{{ ds }}', None]})",
}
QUIET = {
    "text": "['x{{ nowhere }}', {'k': '{{ nowhere }}'}]", "attribute": "['{{ nowhere.deep }}']",
    "default": "['{{ nowhere | default(5) }}']",
}  # fmt: skip
NATIVELY = "dag.render_template_as_native_obj = True"
SETTINGS = {
    "plain": ("", {name: f"keep({value}, params={{'n': 3, 'word': 'hola'}})" for name, value in VALUES.items()} | MORE),
    "native": (
        NATIVELY,
        {name: f"keep({value}, params={{'n': 3}})" for name, value in NATIVE.items()}
        | {
            "not_for_one_task": "keep('{{ 5 }}', render_template_as_native_obj=False)",
            "mapped": "Keeps.partial(task_id='t').expand(field=['{{ 5 }}', ['{{ [1] }}']])",
        },
    ),
    "quiet": ("dag.template_undefined = jinja2.Undefined", {name: f"keep({value})" for name, value in QUIET.items()}),
    "native_and_quiet": (
        f"{NATIVELY}; dag.template_undefined = jinja2.Undefined",
        {name: f"keep({value})" for name, value in QUIET.items()},
    ),
    "chained": (
        "dag.template_undefined = jinja2.ChainableUndefined",
        {name: f"keep({value})" for name, value in QUIET.items()},
    ),
    "own_names": (
        "dag.user_defined_macros = {'m': {'k': [1, 2]}, 'f': len}; dag.user_defined_filters = {'twice': lambda x: x * 2}",
        {"macros": "keep(['{{ m.k[1] }}', {'k': '{{ f(ds) }}'}])", "filters": "keep({'k': ['{{ \"ab\" | twice }}']})"},
    ),
}
"""What is set for a DAG as a whole, and cases in it."""


def rows_of(name, setting, bodies):
    """What the fields became."""
    dag, names, errors = _sources.load_together(name, HELPERS, {"setting": setting or "pass", **bodies})
    _, states = af.run(dag)
    for case, body in bodies.items():
        own = f"{_sources.identifier(case)}.t"
        row: dict[str, object] = {"case": f"{name}/{case}", "source": f"{setting}\n{body}".strip()}
        if case in errors:
            row["error"] = errors[case].split(":")[0]
        else:
            row["states"] = sorted(state for task, state in states.items() if task.split("[")[0] == own)
            row["seen"] = [text for task, text in names["SEEN"] if task == own]
        yield row


def main():
    for name, text in FILES.items():
        (_sources.FILES / name).write_text(text, "utf-8")
    head = af.header("dag.test() of one DAG for each setting, in which each case is a task group")
    head["put_before_each_source"] = _sources.IMPORTS + HELPERS
    head["files"] = FILES
    af.write(
        head, cases=[row for name, (setting, bodies) in SETTINGS.items() for row in rows_of(name, setting, bodies)]
    )


main()
