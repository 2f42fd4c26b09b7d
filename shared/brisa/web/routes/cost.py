"""What DAGs cost."""

from __future__ import annotations

from brisa.model.access import Permission
from brisa.services.cost import Bill, load_prices
from brisa.services.dag_costs import DagCost as Found
from brisa.services.dag_costs import DagCosts
from brisa.web.backend import Uses
from brisa.web.paging import Limit, Offset, page
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.overview import CostLine, CostResponse, DagCost

router = routes("Overview")


@router.get("/cost", dependencies=[needs(Permission.READ_RUNS)], responses=problems())
def get_cost(backend: Uses, limit: Limit = 50, offset: Offset = 0) -> CostResponse:
    """What brisa costs in a month on Google Cloud, at list prices: when it is idle, and on top of that for each DAG, if
    it goes on as in the last 30 days. Counted are its runs; how long tasks take is measured in the latest runs."""
    prices = load_prices()
    costs = DagCosts(backend.store, prices, backend.clock.now())
    dag_ids = [one.record.dag_id for one in backend.store.dags() if not one.record.deleting]
    return CostResponse(
        currency=prices.currency,
        region=prices.region,
        idle_usd=float(costs.idle.total),
        dags=[_view(costs.of(dag_id)) for dag_id in page(dag_ids, limit, offset)],
        total_entries=len(dag_ids),
    )


def _view(found: Found) -> DagCost:
    return DagCost(
        dag_id=found.dag_id,
        runs_per_month=float(found.runs_per_month),
        tasks_per_run=float(found.load.tasks),
        seconds_per_task=float(found.load.seconds),
        usd=float(found.total),
        lines=list(_lines(found.bill)),
    )


def _lines(bill: Bill) -> list[CostLine]:
    """Only what costs something."""
    return [
        CostLine(
            item=line.item, what=line.price.what, amount=float(line.amount), unit=line.price.unit, usd=float(line.cost)
        )
        for line in bill.lines
        if line.cost
    ]
