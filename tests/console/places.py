"""Every page of the console, by name; ``{run}`` stands for a run of ``sales``, ``{loaded}`` for its task ``load``."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from brisa.web.ids import number

PICTURES = Path(__file__).parents[2] / "build/screenshots"
"""Where the tests leave a picture of each."""
RUN = quote("scheduled__2024-01-03T00:00:00+00:00", safe="")
_RUN, _LOAD = f"/dags/sales/runs/{RUN}", f"/dags/sales/runs/{RUN}/tasks/load"
SALES = number("asset", "gs://shop/sales.csv")

PAGES: Mapping[str, str] = {
    "home": "/",
    "dags": "/dags",
    "dags-filtered": "/dags?tags=shop&paused=false",
    "dag-grid": "/dags/sales",
    "dag-graph": "/dags/sales/graph",
    "dag-gantt": f"/dags/sales/gantt?run={RUN}",
    "dag-calendar": "/dags/sales/calendar?year=2024",
    "dag-code": "/dags/sales/code",
    "dag-runs": "/dags/sales/runs",
    "dag-details": "/dags/sales/details",
    "trigger": "/dags/asked/trigger",
    "run": _RUN,
    "run-timeline": f"{_RUN}/timeline",
    "run-details": f"{_RUN}/details",
    "task-log": _LOAD,
    "task-details": f"{_LOAD}/details",
    "task-fields": f"{_LOAD}/rendered",
    "task-xcom": f"{_LOAD}/xcoms",
    "task-tries": f"{_LOAD}/attempts",
    "task-mapped": f"/dags/sales/runs/{RUN}/tasks/clean",
    "runs": "/runs",
    "backfills": "/backfills",
    "backfill-new": "/backfills?create=true&dag_id=sales",
    "assets": "/assets",
    "asset": f"/assets/{SALES}",
    "import-errors": "/import-errors",
    "variables": "/admin/variables",
    "connections": "/admin/connections",
    "connection-new": "/admin/connections?create=true",
    "pools": "/admin/pools",
    "audit": "/audit",
    "users": "/admin/users",
    "own-password": "/?own-password=true",
    "cost": "/cost",
    "nothing": "/dags/nobody",
}
