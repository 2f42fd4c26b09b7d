"""What runs a function in another interpreter: ``python -u script.py FOLDER``.

It is copied into the folder of the call and run there by an interpreter that need not have brisa, nor Airflow, and may
be as old as Python 3.8: so it uses the standard library alone, and nothing that is newer. The folder holds
``call.json`` and ``arguments.bin``; what comes of the call is ``result.bin``, or ``error.txt`` and the traceback.
"""

from __future__ import annotations
import __future__

import asyncio
import importlib
import importlib.util
import inspect
import json
import sys
import traceback
import types
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Run the call of ``folder``."""
    call = json.loads((folder / "call.json").read_text("utf-8"))
    serializer = importlib.import_module(call["serializer"])
    with airflow(call["airflow"]):
        with (folder / "arguments.bin").open("rb") as file:
            arguments = serializer.load(file)
        context = {name: value_of(value) for name, value in call["context"].items()}
        result = function_of(call)(*arguments["args"], **{**context, **arguments["kwargs"]})
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        with (folder / "result.bin").open("wb") as file:
            serializer.dump(result, file, protocol=4)


def function_of(call: dict[str, Any]) -> Any:
    """The function, in a module of its own, with the file and lines of its source for tracebacks."""
    module = types.ModuleType("__main__")
    module.__dict__["virtualenv_string_args"] = call["string_args"]
    text = "\n" * (call["line"] - 1) + call["source"]
    flags = __future__.annotations.compiler_flag  # what annotations name is not there
    exec(compile(text, call["file"], "exec", flags, dont_inherit=True), module.__dict__)  # noqa: S102  its purpose
    return module.__dict__[call["name"]]


def value_of(value: Any) -> Any:
    """A value of the context. Moments are tagged, and become pendulum's where that is installed."""
    if isinstance(value, dict) and set(value) == {"__moment__"}:
        moment = datetime.fromisoformat(value["__moment__"])
        try:
            import pendulum
        except ImportError:
            return moment
        return pendulum.instance(moment)
    if isinstance(value, dict) and set(value) == {"__object__"}:
        return types.SimpleNamespace(**{name: value_of(one) for name, one in value["__object__"].items()})
    return value


def airflow(wanted: bool) -> AbstractContextManager[None]:
    """While inside, Airflow's names are served, where brisa can be imported and Airflow can't."""
    if not wanted or importlib.util.find_spec("airflow") or not importlib.util.find_spec("brisa"):
        return nullcontext()
    try:
        from brisa.compat import active
    except (ImportError, SyntaxError) as error:  # brisa is for newer versions of Python than this may be
        sys.stderr.write(f"Airflow's names can't be imported here: {error}\n")
        return nullcontext()
    return active()


def users_part(error: Exception) -> types.TracebackType | None:
    """The traceback without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return frames or error.__traceback__


if __name__ == "__main__":
    called = Path(sys.argv.pop())
    try:
        main(called)
    except Exception as error:  # noqa: BLE001  the function may raise anything
        (called / "error.txt").write_text(f"{type(error).__name__}: {error}", "utf-8")
        traceback.print_exception(type(error), error, users_part(error))
        sys.exit(1)
