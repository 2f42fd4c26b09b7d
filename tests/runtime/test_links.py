"""The addresses of an operator's links are XComs of its attempt, and a DAG's version knows where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator
from brisa.compat.links import BaseOperatorLink, XCom
from tests.runtime.attempts import run_task


class Job(BaseOperatorLink):
    """Made of what the task has pushed."""

    name = "The job"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address."""
        return f"https://example.com/{ti_key.task_id}/{XCom.get_value(ti_key=ti_key, key='job')}"


class Broken(BaseOperatorLink):
    """Has no address."""

    name = "Broken"
    xcom_key = "broken"


class Submit(BaseOperator):
    """Pushes the number of a job, and may fail then."""

    operator_extra_links = (Job(), Broken(), "no link")

    def __init__(self, *, fails: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fails = fails

    def execute(self, context: Any) -> None:
        """Push."""
        context["ti"].xcom_push("job", 7)
        if self.fails:
            raise ValueError("no")


@pytest.mark.parametrize("fails", [False, True])
def test_links_are_pushed_when_the_attempt_ends(fails: bool) -> None:
    """However it ends; a link that fails is none, and changes nothing."""
    with DAG("d", start_date=datetime(2024, 1, 1)) as dag:
        Submit(task_id="t", fails=fails)
    outcome, channel = run_task(dag)
    assert outcome.kind == ("failed" if fails else "success")
    assert channel.pushed == {"job": 7, "_link_Job": "https://example.com/t/7"}


def test_a_version_knows_the_links() -> None:
    """By name, with the key of the XCom; also of a mapped task. One without says nothing."""
    with DAG("d", start_date=datetime(2024, 1, 1)) as dag:
        Submit(task_id="t")
        Submit.partial(task_id="m").expand(fails=[True, False])
        BaseOperator(task_id="plain")
    tasks = to_spec(dag).by_id
    links = {"The job": "_link_Job", "Broken": "broken"}
    assert (tasks["t"].display["extra_links"], tasks["m"].display["extra_links"]) == (links, links)
    assert "extra_links" not in tasks["plain"].display
