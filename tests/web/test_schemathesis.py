"""The API does what its own OpenAPI document says, whatever is sent: with a token, and without.

Schemathesis makes requests from the document, fit and unfit, and checks the answers with all the checks that it has.
BRISA_SCHEMATHESIS_EXAMPLES is how many it makes of each operation, in each test.
"""

from __future__ import annotations

import json
import os
import pkgutil
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, HookContext
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.result import Ok

import brisa.web.routes
from brisa.web.app import make_app
from brisa.web.permissions import declared
from tests.web.seeded_site import contents, end, known, restore, seeded

EXAMPLES = int(os.environ.get("BRISA_SCHEMATHESIS_EXAMPLES", "10"))
MODULES = sorted(found.name for found in pkgutil.iter_modules(brisa.web.routes.__path__))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * EXAMPLES)]

schemathesis.openapi.format("json-object", st.dictionaries(st.text(), st.integers()).map(json.dumps))
SOUND = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")
"""What schemathesis expects of a request that the document allows."""
REFUSED: Mapping[str, tuple[str, ...]] = {
    # What the body names has to be what the path names.
    "patch_connection": ("400",),
    "patch_variable": ("400",),
    "patch_pool": ("400",),
    # The document can't tell which addresses are of this server.
    "login": ("400",),
    "update_user": ("400",),
    # The old one has to be that of the user.
    "change_own_password": ("400",),
    # There are none, and Airflow says so.
    "get_external_log_url": ("400",),
    # A token is good that an answer has told.
    "get_log": ("400",),
    # Of all DAGs (~) one run can't be named.
    "get_task_instances": ("400",),
    "get_xcom_entries": ("400",),
    "clear_dag_runs": ("400", "422"),
    "clear_dag_run_partitions": ("400", "422"),
    # A partition has a DAG that is partitioned, and a span an end that is not before its begin.
    "trigger_dag_run": ("400", "422"),
    "post_clear_task_instances": ("422",),
    "create_backfill": ("422",),
    "create_backfill_dry_run": ("422",),
    "materialize_asset": ("400", "422"),
    "get_dag_runs": ("400",),
    "get_grid": ("400",),
    # There has to be such a time zone.
    "get_calendar": ("400", "422"),
    # The name has to be printable, and the default pool stays.
    "post_pool": ("400",),
    "delete_pool": ("400",),
    # One admin stays.
    "delete_user": ("400",),
}
"""Operation → statuses with which Airflow, too, refuses what its document allows: only the data can tell."""


class Api:
    """The routes of one module, over a home with some of everything, and the document of them."""

    def __init__(self, module: str, counts: Counter[str]) -> None:
        self.counts = counts
        self.web = seeded()
        app = make_app(self.web.backend, [module])
        self.schema = schemathesis.openapi.from_asgi("/api/v2/openapi.json", app, config=config(known(self.web)))
        self.schema.hook("filter_failure")(is_ours)
        routes = [route for route in app.routes if isinstance(route, APIRoute)]
        self.guarded = {route.name for route in routes if any(declared(route.dependencies))}

    def each(self, test: Callable[[Any], None], examples: int = EXAMPLES) -> None:
        """Run ``test`` with requests for each operation, fit and unfit ones, in a home that is as new for each
        operation. Fails with all that it has found."""
        before = contents(self.web)
        failures = []
        for found in self.schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if operation.label.endswith("/wait"):
                end(self.web)  # nobody else would
            requests = st.one_of([operation.as_strategy(mode) for mode in GenerationMode])
            self.counts["operations"] += 1
            try:
                settings(SETTINGS, max_examples=examples)(given(requests)(test))()
            except Exception as failure:  # noqa: BLE001  all of them are told, at the end
                failures.append(failure)
                for one in getattr(failure, "exceptions", [failure]):
                    self.counts[type(one).__name__] += 1
            restore(self.web, before)
        if failures:
            raise ExceptionGroup(f"{len(failures)} operations", failures)


def is_ours(context: HookContext, failure: Failure, case: Any, response: Any) -> bool:
    """Whether a failure counts. For times Airflow, too, takes seconds since the epoch, though its document does not say
    so; and one word for a list is, in a URL, a list of one word."""
    sent = {**case.query, **(case.body if isinstance(case.body, dict) else {})}
    return not (
        isinstance(failure, AcceptedNegativeData)
        and (
            any(is_number(value) for name, value in sent.items() if name.endswith(TIMES) and "duration" not in name)
            or any(name in LISTS and not isinstance(value, list) for name, value in case.query.items())
        )
    )


LISTS = ("update_mask", "included_events", "excluded_events")
TIMES = ("_gte", "_gt", "_lte", "_lt", "before", "after", "_date", "_start", "_end", "_at")


def is_number(value: object) -> bool:
    """Whether it is one, or a text that is read as one."""
    try:
        float(cast(Any, value))
    except (TypeError, ValueError):
        return False
    return True


SETTINGS = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def config(ids: Mapping[str, list[str | int]]) -> schemathesis.Config:
    """What schemathesis is to know: of the ids half are of what is there; see :data:`REFUSED`."""
    return schemathesis.Config.from_dict(
        {
            # Words of our own source would be drawn for texts, whatever their format; and other ones after each change.
            "analysis": {"constants": {"enabled": False}},
            "dictionaries": {name: {"values": values} for name, values in ids.items()},
            "parameters": {
                f"{place}.{name}": {"dictionary": name, "probability": 0.5}
                for place in ("path", "body")
                for name in ids
            },
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {"positive_data_acceptance": {"expected-statuses": [*SOUND, *more]}},
                }
                for name, more in REFUSED.items()
            ],
        }
    )


@pytest.fixture(params=MODULES)
def api(request, counts):
    """The API of each kind of thing."""
    return Api(request.param, counts)


@pytest.fixture(scope="module")
def counts(request):
    """What was done, and what was found, told at the end (unless the tests are shared by several processes)."""
    told: Counter[str] = Counter()
    yield told
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        request.config.get_terminal_writer().line(f"\n{EXAMPLES} examples: {dict(told)}")


def test_who_is_logged_in(api):
    """Every answer has a status, a type and a body that the document tells; none is an error of ours."""

    @api.schema.auth(refresh_interval=None)
    class Token:
        """An admin's."""

        def get(self, case, context):
            """A new one: the last may have been given back."""
            return api.web.tokens.issue(api.web.users.get("admin"))

        def set(self, case, data, context):
            """As clients do."""
            case.headers["Authorization"] = f"Bearer {data}"

    def answered(case):
        api.counts["requests of an admin"] += 1
        case.call_and_validate()

    api.each(answered)


def test_who_is_not(api):
    """The same holds; what is guarded answers 401 to everything, and nothing changes."""

    def refused(case):
        api.counts["requests of nobody"] += 1
        before = contents(api.web)
        response = case.call_and_validate()
        if case.operation.definition.raw["operationId"] in api.guarded:
            assert response.status_code == 401
        assert contents(api.web) == before

    api.each(refused, max(1, EXAMPLES // 2))
