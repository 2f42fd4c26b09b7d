#!/usr/bin/env python3
"""Uploads DAG files, and waits until the deployment has registered the versions that they make.

    infra/register.py [--location gs://BUCKET/dags] --api URL [--dags FOLDER] [--patience SECONDS]

Without a location nothing is uploaded: the files came with the functions' source, and a release has told of them. Every
file has to load first, else nothing is uploaded (``brisa deploy dags``). Then the api is asked for each DAG's
source until it is the one that was uploaded: from then on new runs are of that version, and those under way stay on
theirs. Status 1 if a file does not load, here or there, or not everything is registered in time. The api is asked
with ``$BRISA_TOKEN``, else as the service account that this runs as.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import requests

ROOT = Path(__file__).resolve().parents[1]
_BETWEEN = 3.0
"""Seconds between two looks."""
_TIMEOUT = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Upload, then wait; the exit status."""
    parser = argparse.ArgumentParser(description="Uploads DAG files, and waits until they are registered.")
    parser.add_argument("--location", help="where the deployment has its DAG files, gs://BUCKET/PREFIX")
    parser.add_argument("--api", required=True, help="the api's address")
    parser.add_argument("--dags", type=Path, default=ROOT / "pipelines", help="the folder of DAG files")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait")
    given = parser.parse_args(arguments)
    if given.location:
        command = [sys.executable, "-m", "brisa", "deploy", "dags", given.location, "--dags-folder", str(given.dags)]
        if subprocess.run(command, check=False).returncode:
            return 1
    api = Api(given.api.rstrip("/"), os.environ.get("BRISA_TOKEN") or own_token(given.api.rstrip("/")))
    return await_versions(api, sources(given.dags), given.patience)


def sources(folder: Path) -> Mapping[str, str]:
    """DAG → the source of the file that makes it."""
    from brisa.bootstrap import trial

    with trial(folder.resolve()) as stack:
        stack.registry.sync()
        dags = [stored.record for stored in stack.store.dags()]
        versions = [stack.store.version(dag.dag_id, dag.version or "") for dag in dags]
        return {version.dag_id: version.source for version in versions if version is not None}


def own_token(audience: str) -> str:
    """An ID token of the service account that this runs as."""
    from google.auth.transport.requests import Request
    from google.oauth2.id_token import fetch_id_token

    return str(fetch_id_token(Request(), audience))  # type: ignore[no-untyped-call]  # google-auth has types in part


class Api:
    """What of the deployment's HTTP API is needed here."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/api/v2"
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def source(self, dag_id: str) -> str | None:
        """The source of the DAG's latest version; ``None`` if there is no such DAG yet."""
        answer = requests.get(
            f"{self._url}/dagSources/{quote(dag_id, safe='')}", headers=self._headers, timeout=_TIMEOUT
        )
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return str(answer.json()["content"])

    def failures(self) -> Sequence[str]:
        """What does not load there."""
        answer = requests.get(f"{self._url}/importErrors", headers=self._headers, timeout=_TIMEOUT)
        answer.raise_for_status()
        return [
            f"{one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}"
            for one in answer.json()["import_errors"]
        ]


def await_versions(api: Api, wanted: Mapping[str, str], patience: float, between: float = _BETWEEN) -> int:
    """Wait until each DAG has its source; the exit status."""
    end = time.monotonic() + patience
    waiting = dict(wanted)
    while True:
        waiting = {dag_id: source for dag_id, source in waiting.items() if api.source(dag_id) != source}
        if not waiting:
            print(f"registered: {', '.join(sorted(wanted))}")
            return 0
        if time.monotonic() > end:
            break
        time.sleep(between)
    print(f"Error: not registered within {patience:g} seconds: {', '.join(sorted(waiting))}", file=sys.stderr)
    for failure in api.failures():
        print(f"does not load there: {failure}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
