"""The month of the plant: ``python -m tests.pipelines.planta_month [HOURS]`` (720), on schedule, with what goes wrong.

The gateway is down for two hours on the tenth day, and breaks off an answer on the twelfth; each Sunday the model is
trained anew. In the end every reading of the month is in the central table once. Takes about a second for an hour.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.fuentes import Falla
from pipelines.fuentes.planta import MAQUINAS, NAVES, averia, entregas
from pipelines.planta_sensores.lecturas import limpiar
from tests.emulators.local_cloud import local_cloud
from tests.pipelines.central import rows, world

START = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILES = ("planta_sensores/planta_sensores.py", "planta_sensores/planta_modelo.py")


def main(hours: int) -> None:
    """Run the month, check it, and print what came of it."""
    _, environment = local_cloud()
    os.environ.update(environment)
    down, end = START + timedelta(days=9, hours=3), START + hours * HOUR
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as home,
        world(START + timedelta(minutes=1), Path(home), FILES, ["planta_pasarela"]) as plant,
    ):
        plant.sources.planear(
            Falla(ruta="/planta/lecturas", desde=down.timestamp(), hasta=(down + 2 * HOUR).timestamp())
        )
        broken = down + timedelta(days=2)
        plant.sources.planear(Falla(ruta="/planta/lecturas", estado=0, desde=broken.timestamp(), veces=1))
        plant.month.trigger("planta_modelo", datetime(2024, 4, 28, tzinfo=UTC))
        for day in range(1, hours // 24 + 1):
            plant.month.until(START + timedelta(days=day, minutes=30))
            print(f"day {day}: {time.monotonic() - begun:.0f} s", flush=True)
        plant.month.until(end + timedelta(minutes=30))
        wanted = [START + number * HOUR for number in range(hours)]
        states = {hour: run.state.value for hour, run in plant.month.scheduled("planta_sensores").items()}
        failed = [hour for hour in wanted if states[hour] == "failed"]
        print(f"{hours} runs in {time.monotonic() - begun:.0f} s: {Counter(states[hour] for hour in wanted)}")
        assert failed == [hour for hour in (down - HOUR, down) if hour < end], failed
        assert len(plant.subjects("No se pudo completar")) == len(failed)
        if failed:
            plant.month.backfill("planta_sensores", failed[0], failed[-1])
        _check(wanted, plant.subjects("Revisar"))


def _check(hours: list[datetime], alerts: list[str]) -> None:
    """The table has what was delivered; and how the alarms compare with the maintenance log."""
    first, end = hours[0] - HOUR, hours[-1] + HOUR
    delivered = [row for hour in (first, *hours) for hall in NAVES for row in entregas(hall, hour)]
    clean, figures = limpiar(delivered, first, len(NAVES) * len(MAQUINAS))
    limit = f"momento < TIMESTAMP '{end:%Y-%m-%d %H:%M:%S}'"
    found = rows(f"SELECT nave, maquina, momento, anomalia FROM planta.lecturas WHERE {limit}")
    assert len(found) == len({tuple(row[name] for name in ("nave", "maquina", "momento")) for row in found})
    assert len(found) == len(clean), (len(found), len(clean))
    marked = {(row["nave"], row["maquina"], row["momento"].replace(minute=0)) for row in found if row["anomalia"]}
    bad = {
        (hall, machine, hour) for hour in hours for hall in NAVES for machine in MAQUINAS if averia(hall, machine, hour)
    }
    right = len(marked & bad)
    print(f"{len(found):,} readings, each once; the delivery had {figures}")
    precision, recall = right / (len(marked) or 1), right / (len(bad) or 1)
    print(
        f"{len(bad)} bad hours in the log, {len(marked)} alarms, {len(alerts)} e-mails to maintenance: "
        f"precision {precision:.2f}, recall {recall:.2f}"
    )
    assert min(precision, recall) > 0.6 or len(hours) < 168


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 720)
