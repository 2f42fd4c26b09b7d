"""How brisa is, as far as can be told from what there is to see."""

from __future__ import annotations

import pytest

from brisa.adapters.memory import FakeClock, MemoryStore
from brisa.errors import UnavailableError
from brisa.ports.store import Create
from brisa.services.health import OVERDUE, SILENT, Beat, Health, Part, beats_read, beats_told, health
from tests.adapters.records import a_dag


def beats(clock: FakeClock, planner: float, processor: float) -> list[Beat]:
    """Those of a process whose parts have shown signs of life so many seconds ago."""
    ago = {Part.SCHEDULER: planner, Part.DAG_PROCESSOR: processor}
    return [Beat(part=part, started_at=0.0, last=clock.now() - seconds) for part, seconds in ago.items()]


@pytest.mark.parametrize(
    ("planner", "processor", "well"),
    [
        (0, 0, (True, True)),
        (SILENT, SILENT, (True, True)),
        (SILENT + 1, 0, (False, True)),
        (0, SILENT + 1, (True, False)),
    ],
)
def test_a_part_of_this_process_is_well_while_it_shows_signs_of_life(
    planner: float, processor: float, well: tuple[bool, bool]
) -> None:
    """Each by itself, and when it last did is told."""
    clock = FakeClock()
    found = health(MemoryStore(), clock, beats(clock, planner, processor))
    assert (found.scheduler, found.dag_processor) == well
    assert found.scheduler_beat == clock.now() - planner
    assert found.dag_processor_beat == clock.now() - processor


@pytest.mark.parametrize(("late", "well"), [(None, True), (-60.0, True), (OVERDUE, True), (OVERDUE + 1, False)])
def test_a_planner_elsewhere_is_well_if_nothing_waits_for_it(late: float | None, *, well: bool) -> None:
    """A tick that finds nothing to do leaves no trace."""
    store, clock = MemoryStore(), FakeClock()
    if late is not None:
        store.commit(Create(a_dag("d", next_run_at=clock.now() - late)))
    assert health(store, clock, []) == Health(store=True, scheduler=well)


def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is well then."""
    store, clock = MemoryStore(), FakeClock()

    def broken() -> None:
        raise UnavailableError("no")

    monkeypatch.setattr(store, "next_due", broken)
    assert health(store, clock, beats(clock, 0, 0)) == Health(store=False, scheduler=False)


def test_beats_go_from_process_to_process() -> None:
    """As they are."""
    found = beats(FakeClock(), 1, 2.5)
    assert beats_read(beats_told(found)) == found
    assert beats_read(beats_told([])) == []
