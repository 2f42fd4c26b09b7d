"""Parameters of DAGs and tasks: a default, a description and a JSON schema for each."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import Any, Final

from brisa.authoring.dialect import current_dialect
from brisa.authoring.registry import notice
from brisa.model.params import ParamValidationError, resolve_params

NOTSET: Final = object()
"""Stands for an argument that was not given, where ``None`` means something."""


class Param:
    """One parameter: ``Param(5, type="integer", minimum=1, description="how many")``.

    Without a default a run must be given a value. Further keyword arguments are the JSON schema that values must meet.
    """

    def __init__(
        self,
        default: Any = NOTSET,
        description: str | None = None,
        source: str | None = None,
        **schema: Any,
    ) -> None:
        if default is not NOTSET:
            _check_json(default)
        self.value = default
        self.description = description
        self.source = source
        self.schema: dict[str, Any] = schema.pop("schema") if "schema" in schema else schema

    @property
    def has_value(self) -> bool:
        """Whether there is a default other than ``None``."""
        return self.value is not NOTSET and self.value is not None

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """``value``, or the default; :class:`ParamValidationError` when there is neither, or it breaks the schema."""
        if value is not NOTSET:
            _check_json(value)
            self.value = value
        if self.value is NOTSET:
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        return self.value

    def dump(self) -> dict[str, Any]:
        """As :class:`~brisa.model.spec.DagSpec` keeps it; no ``value`` where there is no default."""
        spec: dict[str, Any] = {"schema": dict(self.schema), "description": self.description or ""}
        if self.value is NOTSET:
            return spec
        return {"value": self.value if _is_json(self.value) else str(self.value), **spec}

    def __copy__(self) -> Param:
        return Param(self.value, self.description, self.source, schema=self.schema)

    def __repr__(self) -> str:
        return f"Param({'' if self.value is NOTSET else repr(self.value)})"


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _check_json(value: object) -> None:
    """Airflow 3 refuses what is no JSON; Airflow 2 warns."""
    if _is_json(value):
        return
    text = f"a param's value must be JSON, and {value!r:.80} ({type(value).__name__}) is not"
    if current_dialect.get() == 3:
        raise ParamValidationError(text)
    notice(f"{text}: other programs see it as text")


class ParamsDict(MutableMapping[str, Any]):
    """Name → value, keeping the :class:`Param` behind each."""

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self._params: dict[str, Param] = {}
        if params:
            self.update(params)

    def get_param(self, key: str) -> Param:
        """The :class:`Param` of a name; ``KeyError`` if there is none."""
        return self._params[key]

    def __getitem__(self, key: str) -> Any:
        return self._params[key].resolve()

    def __setitem__(self, key: str, value: Any) -> None:
        """A Param replaces; a plain value becomes the default of the Param that is there, or of a new one."""
        if isinstance(value, Param):
            self._params[key] = value
        elif key in self._params:
            old = self._params[key]
            self._params[key] = Param(value, old.description, old.source, schema=old.schema)
        else:
            self._params[key] = Param(value)

    def __delitem__(self, key: str) -> None:
        del self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Param]:
        """Name and :class:`Param`, as in Airflow."""
        return ItemsView(self._params)

    def values(self) -> ValuesView[Param]:
        """The Params, as in Airflow."""
        return ValuesView(self._params)

    def update(self, *others: Any, **params: Any) -> None:
        """Take over values, and the Params behind those of another ParamsDict."""
        for other in others:
            if isinstance(other, ParamsDict):
                self._params |= other.items()
                continue
            for key, value in dict(other.items()).items():
                self[key] = value
        for key, value in params.items():
            self[key] = value

    def dump(self) -> dict[str, Any]:
        """Name → value, ``None`` where there is none."""
        return {key: param.resolve(suppress_exception=True) for key, param in self._params.items()}

    def validate(self) -> dict[str, Any]:
        """Name → value; :class:`ParamValidationError` naming those that have none."""
        return resolve_params(self.to_spec(), None)

    def to_spec(self) -> dict[str, Any]:
        """Name → {"value", "schema", "description"}: a DagSpec's params."""
        return {key: param.dump() for key, param in self._params.items()}

    def __copy__(self) -> ParamsDict:
        return ParamsDict(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ParamsDict):
            return self.dump() == other.dump()
        return self.dump() == other if isinstance(other, dict) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable, and compared by value

    def __repr__(self) -> str:
        return repr(self.dump())


class DagParam:
    """A param by name, to be given to a task and known when it runs: ``dag.param("n")``, and ``@dag`` arguments."""

    def __init__(self, current_dag: Any, name: str, default: Any = NOTSET) -> None:
        if default is not NOTSET:
            current_dag.params[name] = default
        self._name = name
        self._default = default

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The run's value: from its conf, else the default given here, else the DAG's param."""
        conf = getattr(context.get("dag_run"), "conf", None) or {}
        if self._name in conf:
            return conf[self._name]
        if self._default is not NOTSET:
            return self._default.resolve() if isinstance(self._default, Param) else self._default
        try:
            return context["params"][self._name]
        except KeyError:
            raise ParamValidationError(f"no value could be found for the param {self._name!r}") from None

    def __repr__(self) -> str:
        return f"DagParam({self._name!r})"


def effective_params(dag: Any, task: Any, conf: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a task sees as ``params``: the DAG's, then its own, then the run's conf over them."""
    merged = ParamsDict(dag.params)
    merged.update(task.params)
    return resolve_params(merged.to_spec(), conf)
