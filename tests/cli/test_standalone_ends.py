"""What ``brisa standalone`` says of runs that end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brisa.cli.standalone import Ends
from brisa.model.run import Run
from brisa.model.states import RunState


def test_each_end_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A run that changes after its end has not ended again; one that was cleared, and ends anew, has."""
    say = Ends()
    running = Run(dag_id="d", run_id="r", version="v", state=RunState.RUNNING, started_at=0.0)
    ended = replace(running, state=RunState.SUCCESS, ended_at=2.0)
    for run in (running, ended, replace(ended, followers=("s",)), running, replace(ended, ended_at=5.0)):
        say(run)

    assert capsys.readouterr().out == "d  r  success  2.00 s\nd  r  success  5.00 s\n"
