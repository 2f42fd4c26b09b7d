"""DAGs and runs that are put into a site's store as if they had been there before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from brisa.model.dag import Dag, DagSummary, DagVersion
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.ports.store import Create, Put
from tests.support.builders import dag, task
from tests.web.site import WebSite


def add_dag(web: WebSite, dag_id: str, *, spec: dict[str, Any] | None = None, **fields: Any) -> DagSpec:
    """A DAG of one task ``a``: ``spec`` and ``fields`` are what its version and its document say otherwise."""
    made = replace(dag(task("a"), dag_id=dag_id, file=f"{dag_id}.py"), **(spec or {}))
    version = DagVersion(dag_id=dag_id, version="v1", spec=made, source=f"# {dag_id}\n", created_at=5.0)
    document = Dag(dag_id=dag_id, version="v1", **{"file": made.file, "summary": DagSummary.of(made), **fields})
    web.store.commit(Put(version), Create(document))
    return made


def add_run(web: WebSite, run_id: str, dag_id: str = "d", **fields: Any) -> Run:
    """A run of which only what a test is about is said."""
    run = Run(dag_id=dag_id, run_id=run_id, **{"version": "v1", **fields})
    web.store.commit(Create(run))
    return run


def state(web: WebSite) -> list[object]:
    """All that a request might change, the audit log aside."""
    runs = [found for stored in web.store.dags() for found in web.store.runs(stored.record.dag_id)]
    return [*web.store.dags(), *runs, *web.store.variables(), *web.store.users()]
