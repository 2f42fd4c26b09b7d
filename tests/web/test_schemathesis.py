"""The API does what its own OpenAPI document says, whatever is sent: with a token, and without."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, settings

from brisa.model.access import Role
from tests.web.site import WebSite

EXAMPLES = 10
SITE = WebSite()
SITE.admin.post("/dags/d/dagRuns", json={"logical_date": None, "dag_run_id": "r"})
schema = schemathesis.openapi.from_asgi("/api/v2/openapi.json", SITE.app)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_who_is_logged_in(case):
    """Every answer has a status, a type and a body that the document tells; none is an error of ours."""
    case.call_and_validate(headers={"Authorization": f"Bearer {Role.ADMIN}"})
