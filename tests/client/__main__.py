"""``make client``: each method of Airflow's Python client, tried against brisa: works, differs or absent.

Prints the table and writes it to ``build/client.json``. With ``--url``, ``--username`` and ``--password`` another
server is tried, such as Airflow itself, and nothing is written.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import airflow_client.client as sdk
from airflow_client.client import api as apis
from rich.console import Console
from rich.table import Table

from tests.client.calls import Call, all_calls
from tests.client.world import World

OUTPUT = Path("build/client.json")
_NO_SUCH_ROUTE = '{"detail":"Not Found"}'
_VARIANTS = ("_with_http_info", "_without_preload_content")
_COLOURS = {"works": "green", "differs": "yellow", "absent": "red"}


def methods() -> list[str]:
    """``Api.method`` of everything that the client has."""
    found = []
    for api, kind in inspect.getmembers(apis, inspect.isclass):
        names = [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]
        found += [f"{api}.{name}" for name in names if not name.endswith(_VARIANTS)]
    return found


def attempt(call: Call, world: World) -> tuple[str, str]:
    """What comes of a call: works, differs or absent; and why."""
    try:
        call(world)
    except sdk.ApiException as error:
        missing = error.status in (404, 405, 501) and (error.body or "") in (_NO_SUCH_ROUTE, "", None)
        return ("absent" if missing or error.status == 501 else "differs"), f"{error.status} {error.body}"
    except Exception as error:  # noqa: BLE001  whatever it is: it is told
        return "differs", f"{type(error).__name__}: {str(error) or traceback.extract_tb(error.__traceback__)[-1].line}"
    return "works", ""


def try_all(world: World) -> Mapping[str, tuple[str, str]]:
    """Each method, and what came of it."""
    calls = all_calls()
    unknown = set(calls) - set(methods())
    assert not unknown, f"the client has no such methods: {unknown}"
    results = {name: attempt(call, world) for name, call in calls.items()}
    return {name: results.get(name, ("differs", "nobody has tried it")) for name in methods()}


def main() -> int:
    """1 if a method does not work."""
    parser = argparse.ArgumentParser(prog="python -m tests.client", description=__doc__)
    for name in ("url", "username", "password"):
        parser.add_argument(f"--{name}")
    given = parser.parse_args()
    if given.url:
        results = try_all(World(given.url, given.username, given.password))
    else:
        from tests.client.server import serving

        with serving() as world:
            results = try_all(world)
        OUTPUT.parent.mkdir(exist_ok=True)
        OUTPUT.write_text(json.dumps({name: result for name, (result, _) in results.items()}, indent=1) + "\n")
    _print(results)
    return 0 if all(result == "works" for result, _ in results.values()) else 1


def _print(results: Mapping[str, tuple[str, str]]) -> None:
    table = Table("method", "result", "why", title=f"apache-airflow-client {sdk.__version__}")
    for name, (result, why) in results.items():
        table.add_row(name, f"[{_COLOURS[result]}]{result}[/]", " ".join(why.split())[:200])
    console = Console()
    console.print(table)
    counts = Counter(result for result, _ in results.values())
    console.print(f"{len(results)} methods: " + ", ".join(f"{count} {result}" for result, count in counts.items()))


if __name__ == "__main__":
    sys.exit(main())
