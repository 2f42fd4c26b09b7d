"""Operators that call a Python function in another interpreter: one of a virtual environment, or one that is there.

The function's source is sent there with its arguments and the plain part of the context; see
:mod:`brisa.operators.python_child`. So it must bring its own imports, and knows nothing of the file around it. The
rules are those of Airflow's guide to these operators and of what 2.11.2 and 3.3.2 were seen to do.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from brisa.authoring.callables import select_kwargs
from brisa.authoring.dialect import current_dialect
from brisa.authoring.exceptions import AirflowException, AirflowNotFoundException, AirflowSkipException
from brisa.authoring.registry import notice
from brisa.authoring.running import current_supervisor
from brisa.errors import AuthoringError
from brisa.model.states import Decides
from brisa.operators import python_child
from brisa.operators.branch import BranchMixIn
from brisa.operators.environments import Environment, interpreter, kept_environments, made
from brisa.operators.python import PythonOperator
from brisa.operators.source_of import source_of
from brisa.operators.streamed import Streamed

SERIALIZERS: Final = ("pickle", "cloudpickle", "dill")
_SENT: Final = frozenset(
    {
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "execution_date",
        "expanded_ti_count",
        "logical_date",
        "map_index_template",
        "next_ds",
        "next_ds_nodash",
        "next_execution_date",
        "params",
        "partition_date",
        "partition_key",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_ds",
        "prev_ds_nodash",
        "prev_end_date_success",
        "prev_execution_date",
        "prev_execution_date_success",
        "prev_start_date_success",
        "run_id",
        "task_instance_key_str",
        "task_reschedule_count",
        "templates_dict",
        "test_mode",
        "tomorrow_ds",
        "tomorrow_ds_nodash",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "yesterday_ds",
        "yesterday_ds_nodash",
    }
)
"""The context's names that are sent. Airflow sends dates only where pendulum is, ``params`` and ``dag_run`` only where
Airflow is; here a date arrives as a plain datetime without pendulum."""
_OF_RUN: Final = (
    "dag_id",
    "run_id",
    "run_type",
    "conf",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_after",
    "start_date",
)
"""What ``dag_run`` has there."""


class _OtherPythonOperator(PythonOperator):
    """What the operators have in common.

    - ``serializer``: ``pickle``, ``cloudpickle`` or ``dill``, for the arguments and the result; the last two must be
      installed where the function runs. ``use_dill`` is an old way to ask for dill.
    - ``string_args``: texts that the function finds as ``virtualenv_string_args``.
    - ``skip_on_exit_code``: the exit status, or statuses, that end the task as skipped.
    - ``env_vars``: added to the worker's environment; with ``inherit_env=False`` they are all of it.
    - ``expect_airflow``: whether Airflow's names can be imported, where brisa can and Airflow itself can't.
    """

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        serializer: str | None = None,
        string_args: Iterable[str] | None = None,
        expect_airflow: bool = True,
        skip_on_exit_code: int | Container[int] | None = None,
        env_vars: dict[str, str] | None = None,
        inherit_env: bool = True,
        use_dill: bool = False,
        **kwargs: Any,
    ) -> None:
        self.source = source_of(python_callable, type(self).__name__)
        super().__init__(python_callable=python_callable, **kwargs)
        self.serializer = _serializer(serializer, use_dill)
        self.string_args = list(string_args or ())
        self.expect_airflow = expect_airflow
        skip = skip_on_exit_code
        self.skip_on_exit_code: Container[int] = () if skip is None else (skip,) if isinstance(skip, int) else skip
        self.env_vars = env_vars
        self.inherit_env = inherit_env
        self._commands: Streamed | None = None

    def interpreter(self) -> str:
        """The path of the Python to run the function with."""
        raise NotImplementedError

    @property
    def commands(self) -> Streamed:
        """Runs the commands of this attempt."""
        self._commands = self._commands or Streamed(self.log)
        return self._commands

    def execute_callable(self, context: Any) -> Any:
        """Call the function in the other interpreter; its result."""
        context["templates_dict"] = self.templates_dict
        known = {name: value for name, value in context.items() if name in _SENT}
        kwargs = select_kwargs(self.python_callable, self.op_args, self.op_kwargs, known)
        own = {name: value for name, value in kwargs.items() if name in self.op_kwargs or name == "templates_dict"}
        sent = {name: _as_json(context[name]) for name in kwargs if name not in own}
        python = self.interpreter()
        with tempfile.TemporaryDirectory(prefix="brisa-call-") as name:
            folder = Path(name)
            self._write(folder, {"args": list(self.op_args), "kwargs": own}, sent)
            self._run(python, folder)
            return self._result(folder)

    def on_kill(self) -> None:
        """Ask what runs to end."""
        self.commands.stop()

    def _write(self, folder: Path, arguments: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        call = {
            "serializer": self.serializer,
            "airflow": self.expect_airflow,
            "string_args": [str(text) for text in self.string_args],
            "context": context,
            "name": self.source.name,
            "source": self.source.text,
            "file": self.source.file,
            "line": self.source.line,
        }
        (folder / "call.json").write_text(json.dumps(call), "utf-8")
        with (folder / "arguments.bin").open("wb") as file:
            _library(self.serializer).dump(arguments, file, protocol=4)
        script = Path(python_child.__file__).read_text("utf-8")
        (folder / "script.py").write_text(script, "utf-8")

    def _run(self, python: str, folder: Path) -> None:
        env = (dict(os.environ) if self.inherit_env else {}) | (self.env_vars or {})
        status = self.commands.run([python, "-u", str(folder / "script.py"), str(folder)], env=env)
        if status == 0:
            return
        if status in self.skip_on_exit_code:
            raise AirflowSkipException(f"Process exited with code {status}. Skipping.")
        error = folder / "error.txt"
        said = error.read_text("utf-8") if error.exists() else "its output is in the log above"
        raise AirflowException(f"Process returned non-zero exit status {status}.\n{said}")

    def _result(self, folder: Path) -> Any:
        file = folder / "result.bin"
        if not file.exists():  # so a sys.exit(0) ends in Airflow too
            raise AirflowException("The process ended without a result: the function must return, not exit")
        try:
            with file.open("rb") as opened:
                return _library(self.serializer).load(opened)
        except (ImportError, AttributeError, pickle.UnpicklingError, ValueError) as error:
            raise AirflowException(
                f"the function's result can't be read here ({type(error).__name__}: {error}); return plain values"
            ) from error


class PythonVirtualenvOperator(_OtherPythonOperator):
    """Calls the function in a virtual environment with ``requirements``.

    - ``requirements``: a list, the text of a requirements file, or the name of one that ends in ``.txt`` and is found,
      and rendered, as templates are.
    - ``python_version``: as ``3.12``; it must be in the PATH.
    - ``system_site_packages``: whether what is installed beside brisa can be imported there.
    - ``pip_install_options``: more arguments for ``pip install``, which otherwise obeys the user's pip configuration.
    - ``index_urls``: where pip looks instead; ``[]`` for nowhere. ``index_urls_from_connection_ids`` adds those that
      Connections name.
    - ``venv_cache_path``: where environments are kept; ``None`` for the user's folder among the temporary ones.

    An environment is made once for the same wish, so requirements without versions are not looked up again. It has no
    pip of its own unless that is among the requirements.
    """

    template_fields: Sequence[str] = (
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
        *PythonOperator.template_fields,
    )
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        requirements: Iterable[str] | str | None = None,
        python_version: str | None = None,
        system_site_packages: bool = True,
        pip_install_options: list[str] | None = None,
        index_urls: Collection[str] | str | None = None,
        index_urls_from_connection_ids: Collection[str] | str | None = None,
        venv_cache_path: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.requirements: Any = requirements if isinstance(requirements, str) else list(requirements or ())
        self.python_version = _version(python_version)
        self.system_site_packages = system_site_packages
        self.pip_install_options = list(pip_install_options or ())
        self.index_urls: Any = _listed(index_urls)
        self.index_urls_from_connection_ids: Any = _listed(index_urls_from_connection_ids)
        self.venv_cache_path = None if venv_cache_path is None else os.fspath(venv_cache_path)

    def interpreter(self) -> str:
        """The environment's, which is made first if it is not there."""
        urls = list(self.index_urls or ()) + [_url_of(conn) for conn in self.index_urls_from_connection_ids or ()]
        wanted = Environment(
            requirements=self._requirements(),
            python=interpreter(self.python_version),
            system_site_packages=self.system_site_packages,
            pip_install_options=self.pip_install_options,
            index_urls=None if not urls and self.index_urls is None else urls,
        )
        cache = Path(self.venv_cache_path) if self.venv_cache_path else kept_environments()
        return str(made(wanted, cache, self.commands))

    def _requirements(self) -> str:
        """The text, with the serializer that the function will need."""
        given = self.requirements
        lines = given.splitlines() if isinstance(given, str) else [str(line) for line in given]
        if self.serializer != "pickle" and not any(line.strip().startswith(self.serializer) for line in lines):
            lines.append(self.serializer)
        return "\n".join(lines)


class ExternalPythonOperator(_OtherPythonOperator):
    """Calls the function with the interpreter ``python``, a path; nothing is installed there.

    ``expect_pendulum`` is accepted: a date arrives as pendulum's where pendulum is, else as a plain datetime.
    """

    template_fields: Sequence[str] = ("python", *PythonOperator.template_fields)

    def __init__(self, *, python: str, expect_pendulum: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not python:
            raise AuthoringError("Python Path must be defined in ExternalPythonOperator")
        self.python = python
        self.expect_pendulum = expect_pendulum

    def interpreter(self) -> str:
        """The one that was given, which must be there."""
        if not Path(self.python).exists():
            raise AirflowException(f"Python Path {str(self.python)!r} must exist; give the path of an interpreter")
        return str(self.python)


class BranchPythonVirtualenvOperator(PythonVirtualenvOperator, BranchMixIn):
    """Follows the task (or tasks, or group) whose id the function returns."""

    decides = Decides.BRANCH

    def execute(self, context: Any) -> Any:
        """Call the function and follow what it returns."""
        return self.do_branch(context, super().execute(context))


class BranchExternalPythonOperator(ExternalPythonOperator, BranchMixIn):
    """Follows the task (or tasks, or group) whose id the function returns."""

    decides = Decides.BRANCH

    def execute(self, context: Any) -> Any:
        """Call the function and follow what it returns."""
        return self.do_branch(context, super().execute(context))


def _serializer(serializer: str | None, use_dill: bool) -> str:
    if use_dill:
        notice("use_dill is the old form of serializer='dill' (Airflow 3 removed it)")
    if use_dill and serializer:
        raise AuthoringError("Both 'use_dill' and 'serializer' parameters are set. Please set only one of them")
    chosen = serializer or ("dill" if use_dill else "pickle")
    if chosen not in SERIALIZERS:
        expected = ", ".join(map(repr, SERIALIZERS))
        raise AuthoringError(f"Unsupported serializer {chosen!r}. Expected one of {expected}")
    return chosen


def _library(serializer: str) -> Any:
    """The serializer's module; pickle where it isn't installed, which writes and reads plain values as well."""
    try:
        return importlib.import_module(serializer)
    except ImportError:
        return pickle


def _version(given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) and current_dialect.get() >= 3:
        raise AuthoringError("Passing non-string types (e.g. int or float) as python_version not supported")
    version = str(given)
    if version.split(".", maxsplit=1)[0] != "3":
        raise AuthoringError(f"python_version={version!r}: brisa calls functions in Python 3 only")
    return ".".join(version.split(".")[:2])


def _listed(given: Any) -> Any:
    """``None``, or a list; what will be known later stays as it is."""
    if isinstance(given, str):
        return [given]
    return list(given) if isinstance(given, list | tuple | set) else given


def _as_json(value: Any) -> Any:
    """A value of the context as JSON; see ``value_of`` on the other side."""
    if isinstance(value, datetime):
        return {"__moment__": value.isoformat()}
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    if hasattr(value, "run_type"):
        return {"__object__": {name: _as_json(getattr(value, name)) for name in _OF_RUN}}
    return str(value)


def _url_of(conn_id: str) -> str:
    """The package index that a Connection names: its host, with its login and password put in."""
    supervisor = current_supervisor()
    found = supervisor.ask("connection", conn_id=conn_id) if supervisor else None
    if not found or not found.get("host"):
        raise AirflowNotFoundException(f"Connection {conn_id!r} is not there, or has no host that is a package index")
    scheme, _, rest = str(found["host"]).rpartition("://")
    login = quote(str(found.get("login") or ""), safe="")
    password = quote(str(found.get("password") or ""), safe="")
    secret = f"{login}:{password}@" if login or password else ""
    return f"{scheme or 'https'}://{secret}{rest}"
