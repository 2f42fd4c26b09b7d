"""The local cloud and the sources of the courses' pipelines, for tests that run a month of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from brisa.operators.google.clients import bigquery_client, storage_client
from pipelines.fuentes import Fuentes
from tests.support.months import Month, month

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"


@dataclass(frozen=True)
class World:
    """A month of embedded mode and the sources around it."""

    month: Month
    sources: Fuentes

    def subjects(self, text: str = "") -> list[str]:
        """The subjects of the e-mails that contain ``text``."""
        return [letter.asunto for letter in self.sources.buzon.cartas if text in letter.asunto]

    def letter(self, text: str) -> str:
        """The HTML of the latest e-mail whose subject contains ``text``."""
        return next(letter.html for letter in reversed(self.sources.buzon.cartas) if text in letter.asunto)


@contextmanager
def world(start: datetime, home: Path, files: Sequence[str], pools: Sequence[str] = ()) -> Iterator[World]:
    """Begins at ``start`` with these DAG files; the sources believe the same clock."""
    clock: list[Any] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        Fuentes(reloj=lambda: clock[0].now() if clock else start.timestamp()) as sources,
    ):
        for name, value in sources.entorno.items():
            patch.setenv(name, value)
        with month(PIPELINES, start, home, files, pools=pools) as running:
            clock.append(running.clock)
            yield World(running, sources)


def rows(sql: str) -> list[dict[str, Any]]:
    """The rows of a query on the central database."""
    with bigquery_client() as client:
        return [dict(row) for row in client.query(sql).result()]


def text(bucket: str, name: str) -> str:
    """An object of the bucket."""
    with storage_client() as client:
        data: bytes = client.bucket(bucket).blob(name).download_as_bytes()
    return data.decode()


def forget(bucket: str, dataset: str) -> None:
    """Remove what an earlier test has left."""
    with bigquery_client() as client:
        client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
    with storage_client() as client:
        found = client.lookup_bucket(bucket)
        for blob in client.list_blobs(bucket) if found else ():
            blob.delete()
