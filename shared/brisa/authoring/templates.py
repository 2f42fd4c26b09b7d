"""Jinja templates in operators' fields, rendered with the task's context."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from brisa.errors import TaskError

if TYPE_CHECKING:  # Jinja costs 30 ms, and DAG files that are only being read need none
    from jinja2 import Environment, Template


class LiteralValue:
    """A value that is not rendered."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value as it is."""
        return self.value


def literal(value: Any) -> LiteralValue:
    """Keep ``value``, braces and file endings included, from being rendered."""
    return LiteralValue(value)


def render_template_fields(operator: Any, context: Mapping[str, Any]) -> None:
    """Render the template fields of ``operator`` in place; so hand over a copy.

    Files that fields name by a ``template_ext`` ending are looked for beside the DAG file and in the DAG's
    template_searchpath. Texts inside lists, tuples, sets, dicts and objects that have ``template_fields`` themselves
    are rendered too; XComArgs become their values; a field that is a function is called with ``context`` and
    ``jinja_env``. An undefined name, or a file that isn't there, is an error (Jinja's
    own, with a note of the field), as in Airflow.
    """
    operator.render_template_fields(context)


def render_fields(operator: Any, context: Mapping[str, Any], jinja_env: Environment | None = None) -> None:
    """What :func:`render_template_fields` comes to unless an operator overrides its method."""
    operator.resolve_template_files()
    Renderer(operator, context, jinja_env, _untouched(operator)).render_object(operator)


def resolve_template_files(operator: Any) -> None:
    """Put the text of template files into the fields that name them, then call ``prepare_template``.

    A name that no file has stays: rendering says so, when it is needed.
    """
    endings = tuple(operator.template_ext)
    untouched = _untouched(operator)
    if endings:
        env: Environment | None = None
        for name in operator.template_fields:
            value = getattr(operator, name, None)
            if id(value) in untouched:
                continue
            if isinstance(value, str) and value.endswith(endings):
                env = env or environment(operator)
                setattr(operator, name, _file_or_name(env, value))
            elif isinstance(value, list) and any(isinstance(item, str) and item.endswith(endings) for item in value):
                env = env or environment(operator)
                setattr(
                    operator,
                    name,
                    [
                        _file_or_name(env, item) if isinstance(item, str) and item.endswith(endings) else item
                        for item in value
                    ],
                )
    operator.prepare_template()


def _untouched(operator: Any) -> set[int]:
    """The identities of values that other tasks have made: what is in them is data, not templates."""
    return {id(value) for value in getattr(operator, "resolved_values", ())}


def _file_or_name(env: Environment, name: str) -> str:
    from jinja2 import TemplateNotFound

    if env.loader is None:
        return name
    try:
        return env.loader.get_source(env, name)[0]
    except TemplateNotFound:
        return name


class Renderer:
    """Renders values with one operator's environment and one context."""

    def __init__(
        self,
        operator: Any,
        context: Mapping[str, Any],
        jinja_env: Environment | None = None,
        seen: set[int] | None = None,
    ) -> None:
        self._operator = operator
        self._context = context
        self._env = jinja_env
        self._endings = tuple(operator.template_ext or ())
        self._seen = seen if seen is not None else set()

    def render_object(self, owner: Any) -> None:
        """Render, in place, the fields that ``owner`` lists in its ``template_fields``."""
        fields = owner.template_fields
        for name in (fields,) if isinstance(fields, str) else fields:
            if not hasattr(owner, name):
                raise TaskError(
                    f"{name!r} is a template field of {type(owner).__name__}, which has no such attribute; "
                    f"its __init__ must set it ({_who(self._operator)})"
                )
            value = getattr(owner, name)
            if _is_nothing(value):
                continue
            try:
                if callable(value) and not hasattr(value, "resolve"):
                    rendered = value(context=self._context, jinja_env=self.env)
                else:
                    rendered = self.render(value)
            except Exception as error:
                error.add_note(f"while rendering {name!r} of {_who(self._operator)}")
                raise
            setattr(owner, name, rendered)

    def render(self, value: Any) -> Any:
        """``value`` with every text in it rendered."""
        if id(value) in self._seen:
            return value
        if isinstance(value, str):
            return self._text(value)
        resolve = None if isinstance(value, (os.PathLike, type)) else getattr(value, "resolve", None)
        if callable(resolve):
            return resolve(self._context)
        if isinstance(value, (list, tuple, set, dict)):
            return self._collection(value)
        if hasattr(value, "template_fields") and not isinstance(value, type):
            self._seen.add(id(value))
            self.render_object(value)
        return value

    def _collection(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.render(item) for key, item in value.items()}
        items = [self.render(item) for item in value]
        if isinstance(value, tuple):
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        return items if isinstance(value, list) else set(items)

    def _text(self, text: str) -> Any:
        is_file = bool(self._endings) and text.endswith(self._endings)
        if not (is_file or self._special or any(sign in text for sign in "{\n\r")):  # Jinja cuts a last newline off
            return text
        template = self.env.get_template(text) if is_file else self.env.from_string(text)
        return _render(template, self._context)

    @property
    def env(self) -> Environment:
        """The Jinja environment, made when first needed."""
        if self._env is None:
            self._env = environment(self._operator)
        return self._env

    @property
    def _special(self) -> bool:
        """Whether plain text may mean something: native objects, delimiters of the DAG's own choice."""
        dag = self._operator.get_dag()
        return is_native(self._operator) or bool(dag is not None and dag.jinja_environment_kwargs)


def _render(template: Template, context: Mapping[str, Any]) -> Any:
    """The template's value. Unlike ``template.render`` this leaves values of the context that it does not use alone:
    some cost a question to the supervisor."""
    names = ChainMap(context, template.globals)  # type: ignore[arg-type]  # only ever read
    env = template.environment
    try:
        return env.concat(
            template.root_render_func(template.new_context(names, shared=True))  # type: ignore[arg-type]
        )
    except Exception:  # noqa: BLE001 - Jinja raises it again, with the template's lines in the traceback
        env.handle_exception()


def is_native(operator: Any) -> bool:
    """Whether templates give Python values rather than text: the task says so, or its DAG."""
    own = getattr(operator, "render_template_as_native_obj", None)
    dag = operator.get_dag()
    return bool(getattr(dag, "render_template_as_native_obj", False) if own is None else own)


def environment(operator: Any) -> Environment:
    """A sandboxed Jinja environment with the search path, macros and filters of the operator's DAG."""
    from jinja2 import FileSystemLoader, StrictUndefined

    dag = operator.get_dag()
    options: dict[str, Any] = {"undefined": StrictUndefined, "extensions": ["jinja2.ext.do"], "cache_size": 0}
    if dag is not None:
        options["undefined"] = dag.template_undefined or StrictUndefined
        folders = [folder for folder in (dag.folder, *map(str, dag.template_searchpath)) if folder]
        if folders:
            options["loader"] = FileSystemLoader(folders)
        options.update(dag.jinja_environment_kwargs)
    env: Environment = _environment_class(is_native(operator))(**options)
    env.filters.update(FILTERS)
    if dag is not None:
        env.globals.update(dag.user_defined_macros)
        env.filters.update(dag.user_defined_filters)
    return env


@cache
def _environment_class(native: bool) -> Any:
    from jinja2.nativetypes import NativeEnvironment
    from jinja2.sandbox import SandboxedEnvironment, is_internal_attribute

    class Safe(SandboxedEnvironment):
        """Jinja's sandbox, but names with one leading underscore are open, as in Airflow."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return not is_internal_attribute(obj, attr)

    class NativeSafe(Safe, NativeEnvironment):
        """The same, giving Python values."""

    return NativeSafe if native else Safe


def _is_nothing(value: Any) -> bool:
    try:
        return not value
    except Exception:  # noqa: BLE001 - a user's type, such as a data frame, may refuse to be true or false
        return False


def _who(operator: Any) -> str:
    task_id, dag = getattr(operator, "task_id", ""), operator.get_dag()
    who = f"task {task_id!r}" if task_id else type(operator).__name__
    return who if dag is None else f"{who} of DAG {dag.dag_id!r}"


def _ds(value: date | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%d")


def _ds_nodash(value: date | None) -> str | None:
    return None if value is None else value.strftime("%Y%m%d")


def _ts(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat()


def _ts_nodash(value: date | None) -> str | None:
    return None if value is None else value.strftime("%Y%m%dT%H%M%S")


def _ts_nodash_with_tz(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat().replace("-", "").replace(":", "")


FILTERS: Final = {
    "ds": _ds,
    "ds_nodash": _ds_nodash,
    "ts": _ts,
    "ts_nodash": _ts_nodash,
    "ts_nodash_with_tz": _ts_nodash_with_tz,
}
"""Airflow's filters for dates: ``{{ logical_date | ds }}``."""
