"""The rules by which the pipelines clean what their sources send, without running anything."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brisa.authoring.exceptions import AirflowFailException
from pipelines.cineflow.rasgos import vistas
from pipelines.eshopper.movimientos import leer_llegadas, movimientos
from pipelines.fuentes.fallas import Falla, Fallas
from pipelines.fuentes.planta import MAQUINAS, NAVES, averia, entregas
from pipelines.planta_sensores.lecturas import limpiar as limpiar_lecturas
from pipelines.ventas_semanales.tickets import limpiar as limpiar_tickets

PIPELINES = Path(__file__).parents[2] / "pipelines"
NINE = datetime(2024, 5, 1, 9, tzinfo=UTC)


def reading(**changes):
    return {
        "nave": "sur",
        "maquina": "horno",
        "momento": "2024-05-01T09:00:00+00:00",
        "ambiente": 10.0,
        "temperatura": 100.0,
        "unidad": "C",
        "vibracion": 1.0,
        "presion": 2.0,
    } | changes


def test_readings_are_celsius_and_there_once():
    """A repeated reading, one in °F, a late one and one without a value are counted as what they are."""
    rows = [
        reading(),
        reading(),
        reading(momento="2024-05-01T09:15:00+00:00", temperatura=212.0, unidad="F"),
        reading(momento="2024-05-01T08:45:00+00:00"),
        reading(momento="2024-05-01T09:30:00+00:00", vibracion=None),
    ]
    clean, figures = limpiar_lecturas(rows, NINE, maquinas=1)
    assert [row["temperatura"] for row in clean] == [100.0] * 4
    assert figures == {
        "recibidas": 5,
        "repetidas": 1,
        "tardias": 1,
        "en_fahrenheit": 1,
        "incompletas": 1,
        "faltan": 1,
    }
    assert limpiar_lecturas([], NINE, maquinas=1) == ([], dict.fromkeys(figures, 0) | {"faltan": 4})


def delivered(begin, hours):
    """What the gateway delivers in so many hours, an hour after the other."""
    for number in range(hours):
        hour = begin + timedelta(hours=number)
        yield hour, [row for hall in NAVES for row in entregas(hall, hour)]


def test_an_anomaly_is_judged_by_as_many_readings_as_there_are(monkeypatch):
    """A week, hour by hour as it is delivered: a reading that comes alone, an hour late, is no reason for alarm."""
    monkeypatch.syspath_prepend(PIPELINES)
    monkeypatch.syspath_prepend(PIPELINES / "planta_sensores")
    entrenar = importlib.import_module("modelo").entrenar
    for name in ("modelo", "lecturas", "comun", "comun.central"):
        sys.modules.pop(name, None)  # other pipelines may have modules of these names
    begin, before = datetime(2024, 5, 22, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
    history = [row for _, rows in delivered(before, 21 * 24) for row in rows]
    model = entrenar(limpiar_lecturas(history, before, 12)[0])
    marked = {
        (row["nave"], row["maquina"], hour_of(row))
        for hour, rows in delivered(begin, 7 * 24)
        for row in model.marcar(limpiar_lecturas(rows, hour, 12)[0])[0]
        if row["anomalia"]
    }
    hours = [hour for hour, _ in delivered(begin, 7 * 24)]
    bad = {(hall, name, hour) for hour in hours for hall in NAVES for name in MAQUINAS if averia(hall, name, hour)}
    assert len(marked & bad) / len(marked) > 0.7
    assert len(marked & bad) / len(bad) > 0.7


def hour_of(row):
    """In which a reading was taken."""
    return datetime.fromisoformat(row["momento"]).replace(minute=0)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "f.csv, línea 1: se esperaba entrada, dia, sku, cantidad; hay nada"),
        (b"dia,sku\n", "f.csv, línea 1: se esperaba entrada, dia, sku, cantidad; hay dia, sku"),
        (b"entrada,dia,sku,cantidad\na,2024-05-01,x,1\nb,2024-05-01\n", "f.csv, línea 3: 2 columnas en lugar de 4"),
        (b"entrada,dia,sku,cantidad\na,1/5/2024,x,1\n", "f.csv, línea 2: dia es '1/5/2024'"),
        (b"entrada,dia,sku,cantidad\na,2024-05-01,x,dos\n", "f.csv, línea 2: cantidad es 'dos'"),
        (b"\xff\xfe\x00", "f.csv: no es un archivo de texto (byte 0)"),
    ],
)
def test_a_damaged_file_is_told_with_its_line(data, told):
    """What can't be read fails for good, by file, line and column."""
    with pytest.raises(AirflowFailException) as raised:
        leer_llegadas("f.csv", data)
    assert str(raised.value) == told


def test_movements_have_a_sign_and_come_once():
    """Sales go out; a product's id is in capitals; a quantity may be text; a blank line is nothing."""
    sale = {"venta": "v1", "dia": "2024-05-01", "sku": "esh-001", "cantidad": "2"}
    assert movimientos("ventas", [sale, sale]) == [
        {"clave": "ventas/v1", "dia": "2024-05-01", "sku": "ESH-001", "tipo": "ventas", "piezas": -2}
    ]
    rows = leer_llegadas("f.csv", b"\xef\xbb\xbfentrada,dia,sku,cantidad\na,2024-05-01,ESH-001,3\n\n")
    assert [one["piezas"] for one in movimientos("llegadas", rows)] == [3]


def test_tickets_become_sales_in_euros():
    """Cancelled, empty and repeated tickets go; cents and Spanish numbers are read; nonsense is told by its ticket."""
    ticket = {
        "ticket": "T1",
        "dia": "2024-05-01",
        "categoria": "ropa",
        "importe": 10,
        "moneda": "EUR",
        "estado": "cobrado",
    }
    rows = [
        ticket,
        ticket,
        ticket | {"ticket": "T2", "importe": "1.234,50"},
        ticket | {"ticket": "T3", "importe": "1.000,00", "moneda": "céntimos"},
        ticket | {"ticket": "T4", "estado": "anulado"},
        ticket | {"ticket": "T5", "importe": 0},
    ]
    sales, figures = limpiar_tickets("norte", rows)
    assert [sale["importe"] for sale in sales] == ["10.00", "1234.50", "10.00"]
    assert figures == {"tickets": 6, "repetidos": 1, "anulados": 1, "de_nada": 1, "en_centimos": 1}
    with pytest.raises(AirflowFailException, match="tienda norte, ticket T1: el importe es 'diez'"):
        limpiar_tickets("norte", [ticket | {"importe": "diez"}])


def test_views_are_parts_of_a_film():
    """Seconds and minutes come to the same; of two views the longer counts; unknown films and empty views go."""
    films = {"P1": {"runtime": 100}}
    view = {"registro": "1", "usuario": "U", "pelicula": "P1", "momento": "2024-05-01", "duracion": 3000, "unidad": "s"}
    records = [
        view,
        view,
        view | {"registro": "2", "duracion": 80, "unidad": "min"},
        view | {"registro": "3", "pelicula": "X"},
        view | {"registro": "4", "duracion": 0},
    ]
    made, figures = vistas(records, films)
    assert [one["agrado"] for one in made] == [0.8]
    assert figures == {"registros": 5, "repetidos": 1, "desconocidos": 1, "vacios": 1}


def test_planned_failures_and_occasional_ones():
    """A failure has a path, a time and a number of times; an occasional one happens at the first request alone."""
    faults = Fallas(cada=0)
    faults.planear(Falla(ruta="/a", estado=503, desde=10, hasta=20, veces=1))
    assert faults.buscar("/a/b", "/a/b", 5) is None
    assert faults.buscar("/x", "/x", 15) is None
    found = faults.buscar("/a/b", "/a/b", 15)
    assert found is not None
    assert found.estado == 503
    assert faults.buscar("/a/b", "/a/b", 16) is None
    often = Fallas(cada=2)
    asked = [f"/x?n={number}" for number in range(50)]
    failed = [one for one in asked if often.buscar("/x", one, 0)]
    assert 10 < len(failed) < 40
    assert not any(often.buscar("/x", one, 0) for one in asked)
