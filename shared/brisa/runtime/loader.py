"""Loads DAG files: executes one, finds its DAGs, compiles them; whatever goes wrong is a failure that says where.

Executing happens in this process, so a caller that must survive a file (a crash, an endless loop) does this in a
process of its own. Time limits are that caller's too.
"""

from __future__ import annotations

import contextlib
import hashlib
import linecache
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final

from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import AirflowTaskTimeout
from brisa.authoring.registry import Recording, recording
from brisa.compat import active
from brisa.errors import AuthoringError, Location
from brisa.model.codec import encode
from brisa.model.dag import ImportFailure
from brisa.model.spec import DagSpec
from brisa.runtime.source_file import decode_source, parse_source, tell_dialect

_OWN: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120  see code names
_added_paths: list[str] = []
_helpers: set[str] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """What a DAG file holds. A DAG is in ``dags`` and ``specs``, or among the ``failures`` (so is a whole file)."""

    file: str
    dags: Mapping[str, DAG] = field(default_factory=dict)
    specs: tuple[DagSpec, ...] = ()
    failures: tuple[ImportFailure, ...] = ()
    warnings: tuple[str, ...] = ()


def load_file(root: Path, file: str, *, source: str | None = None, dialect: int | None = None) -> LoadedFile:
    """Load ``file``, relative to the bundle's folder ``root``.

    ``source`` stands in for what the file says now; ``dialect`` (2 or 3) for what its imports tell. Never raises for
    what is in the file, nor for a file that can't be read. What the file prints goes to standard error.
    """
    path = root.resolve() / file
    try:
        text = decode_source(path.read_bytes(), file) if source is None else source
    except OSError as error:
        return _failed(file, AuthoringError(f"can't be read: {error.strerror or error}", Location(file=file)), root)
    except AuthoringError as error:
        return _failed(file, error, root)
    try:
        return _load(root, path, file, text, dialect)
    except (Exception, SystemExit, AirflowTaskTimeout) as error:  # noqa: BLE001  a user's file may raise anything
        return _failed(file, error, root)


def report(loaded: LoadedFile) -> dict[str, Any]:
    """A loaded file as JSON: ``specs`` and ``failures`` in their stored form, and ``warnings``."""
    return {
        "specs": [encode(spec) for spec in loaded.specs],
        "failures": [
            {"file": failure.file, "line": failure.line, "message": failure.message, "traceback": failure.traceback}
            for failure in loaded.failures
        ],
        "warnings": list(loaded.warnings),
    }


def _load(root: Path, path: Path, file: str, text: str, dialect: int | None) -> LoadedFile:
    tree = parse_source(text, file, str(path))
    told = tell_dialect(tree)
    code = compile(tree, str(path), "exec", dont_inherit=True)
    _prepare_imports(root.resolve(), path, text)
    with (
        recording(str(path)) as record,
        speaking(dialect or told.number, intervals=told.intervals),
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(sys.stderr),
        active(),
        _noting_helpers(root.resolve()),
    ):
        warnings.simplefilter("default")
        module = _module(path)
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)  # noqa: S102  running DAG files is what this is for
        dags, specs, failures = _compile(_found(record, module), file, root)
    notices = [*record.notices, *_own_warnings(caught, root.resolve())]
    return LoadedFile(
        file=file,
        dags=dags,
        specs=tuple(specs),
        failures=tuple(failures),
        warnings=tuple(dict.fromkeys(text.replace(f"{root.resolve()}{os.sep}", "") for text in notices)),
    )


def _module(path: Path) -> ModuleType:
    """A module whose name no other file's module has, and no user would import by accident."""
    digest = hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()
    module = ModuleType(f"brisa_dag_{digest}_{path.stem}")
    module.__file__ = str(path)
    return module


def _prepare_imports(root: Path, path: Path, text: str) -> None:
    """Let the file import what lies beside it, freshly, and let tracebacks show its text.

    The folders come after everything else on ``sys.path``, as in Airflow: a helper called ``random.py`` must not
    stand in for the standard library's. Helpers that an earlier file imported are forgotten, because another file's
    helper may have the same name, and because they may have changed.
    """
    for name in _helpers:
        sys.modules.pop(name, None)
    _helpers.clear()
    for folder in _added_paths:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
    _added_paths[:] = [folder for folder in dict.fromkeys((str(path.parent), str(root))) if folder not in sys.path]
    sys.path.extend(_added_paths)
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))


@contextlib.contextmanager
def _noting_helpers(root: Path) -> Iterator[None]:
    """Remember which modules that are imported inside lie in the bundle."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if _is_helper(getattr(sys.modules[name], "__file__", None), root):
                _helpers.add(name)


def _is_helper(file: object, root: Path) -> bool:
    """Whether a file is the bundle's own, and not of a library that happens to lie within (a virtual environment)."""
    folder = f"{root}{os.sep}"
    if not isinstance(file, str) or not file.startswith(folder):
        return False
    libraries = [library for library in (_OWN, sys.prefix + os.sep) if not folder.startswith(library)]
    return not file.startswith(tuple(libraries)) and "site-packages" not in Path(file.removeprefix(folder)).parts


def _found(record: Recording, module: ModuleType) -> list[DAG]:
    """The file's DAGs in the order of their making; of two with one id the later counts, as in Airflow."""
    dags = {dag.dag_id: dag for dag in record.found(vars(module)) if isinstance(dag, DAG)}
    for value in list(vars(module).values()):
        if isinstance(value, DAG):  # also one that a helper module made, which is imported only once
            dags.setdefault(value.dag_id, value)
    return list(dags.values())


def _compile(dags: Sequence[DAG], file: str, root: Path) -> tuple[dict[str, DAG], list[DagSpec], list[ImportFailure]]:
    """Each DAG's spec; a DAG that can't be (a cycle, say) fails alone."""
    good: dict[str, DAG] = {}
    specs: list[DagSpec] = []
    failures: list[ImportFailure] = []
    for dag in dags:
        try:
            specs.append(to_spec(dag, file))
        except Exception as error:  # noqa: BLE001  what users' classes have may raise anything when it is looked at
            failures.append(failure_of(error, file, root, dag_id=dag.dag_id))
        else:
            good[dag.dag_id] = dag
    return good, specs, failures


def _failed(file: str, error: BaseException, root: Path) -> LoadedFile:
    return LoadedFile(file=file, failures=(failure_of(error, file, root),))


def failure_of(error: BaseException, file: str, root: Path, dag_id: str = "") -> ImportFailure:
    """An error of a DAG file, with the line of that file (or of a helper of the bundle) where it came from."""
    trace = _users_trace(error.__traceback__, root.resolve())
    known = error.location if isinstance(error, AuthoringError) else Location()
    place_file, line = (known.file, known.line) if known.line else _innermost(trace, root.resolve())
    location = Location(
        file=_relative(place_file, root.resolve()) or file,
        line=line,
        dag_id=known.dag_id or dag_id,
        task_id=known.task_id,
    )
    # An error of ours in which the user's code has no part has said it all in its message.
    said = isinstance(error, AuthoringError) and trace is None
    shown = [] if said else traceback.format_exception(type(error), error, trace)
    return ImportFailure(
        file=file,
        line=line if location.file == file else _line_of(trace, root.resolve() / file),
        message=str(AuthoringError(_message(error), location)),
        traceback="".join(shown),
    )


def _message(error: BaseException) -> str:
    if isinstance(error, AuthoringError):
        return error.message
    if isinstance(error, SystemExit):
        return f"the file called sys.exit({'' if error.code is None else repr(error.code)}) while it was loaded"
    if isinstance(error, RecursionError):
        return "RecursionError: the file calls itself too deeply"
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int, TracebackType]]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace
        trace = trace.tb_next


def _users_trace(trace: TracebackType | None, root: Path) -> TracebackType | None:
    """The traceback from the first of the bundle's frames on; ``None`` if it has none."""
    return next((part for name, _, part in _frames(trace) if _is_helper(name, root)), None)


def _innermost(trace: TracebackType | None, root: Path) -> tuple[str, int]:
    """File and line of the bundle's innermost frame."""
    places = [(name, line) for name, line, _ in _frames(trace) if _is_helper(name, root)]
    return places[-1] if places else ("", 0)


def _line_of(trace: TracebackType | None, path: Path) -> int:
    """The innermost line of the DAG file itself."""
    lines = [line for name, line, _ in _frames(trace) if name == str(path)]
    return lines[-1] if lines else 0


def _relative(name: str, root: Path) -> str:
    return name.removeprefix(f"{root}{os.sep}")


def _own_warnings(caught: Sequence[warnings.WarningMessage], root: Path) -> list[str]:
    """The warnings that the bundle's own lines gave rise to."""
    return [
        f"{warning.filename}:{warning.lineno}: {warning.category.__name__}: {warning.message}"
        for warning in caught
        if _is_helper(warning.filename, root)
    ]
