"""
### E-Shopper: el inventario de cada día

Cada día: reúne ventas, reposiciones y el archivo de llegadas de los proveedores, los concilia en la base central con
el conteo de la noche, predice qué productos se agotarán en tres días (el modelo se entrena los lunes), guarda el estado
del inventario, actualiza el tablero, y escribe a logística si hay niveles críticos. Sin movimientos termina en
`sin_movimientos`, con un aviso. Un archivo dañado falla, con archivo, línea y columna.

*Every day: gathers sales, replenishments and the suppliers' file of arrivals, reconciles them with the night's count,
predicts which products run out within three days, keeps the state of the stock, renews the dashboard, and writes to
logistics about critical levels.*

Params: `bucket`, `dataset`, `riesgo_critico`, `tolerancia`. Conexiones: `eshopper_api`, `smtp_default`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import movimientos as m
import prediccion
from avisos_eshopper import alerta, pagina
from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consulta, consultar_archivo, guardar, guardar_filas, leer_filas, leer_si_existe
from comun.fuente import exigir, pedir

from brisa import DAG, Asset, Label, Param, TaskGroup, task
from brisa.operators.google.gcs import GCSObjectExistenceSensor
from brisa.operators.google.tables import BigQueryCreateEmptyDatasetOperator

SQL = Path(__file__).parent / "sql"
LOGISTICA = "logistica@eshopper.example, inventario@eshopper.example"
CAMPOS = {"ventas": ("venta", "dia", "sku", "cantidad")}

with DAG(
    "eshopper",
    description="An online shop's stock: reconciliation, prediction of stock-outs, alerts",
    schedule="@daily",
    start_date=datetime(2023, 12, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "inventario", "ml"],
    default_args={
        "owner": "eshopper",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("eshopper", type="string", minLength=3, description="Where files and the dashboard are"),
        "dataset": Param("eshopper", type="string", pattern=r"^\w+$", description="The central database's dataset"),
        "riesgo_critico": Param(0.9, type="number", minimum=0, maximum=1, description="Risk that raises an alert"),
        "tolerancia": Param(3, type="integer", minimum=1, description="Pieces that a count may differ by"),
    },
    on_failure_callback=avisar_fallo("gerencia@eshopper.example", "la actualización del inventario"),
    doc_md=__doc__,
) as dag:
    esperar_llegadas = GCSObjectExistenceSensor(
        task_id="esperar_llegadas",
        bucket="{{ params.bucket }}",
        object="llegadas/llegadas_{{ ds_nodash }}.csv",
        mode="reschedule",
        poke_interval=1800,
        timeout=2 * 3600,
        soft_fail=True,
    )

    with TaskGroup("fuentes") as fuentes:

        @task
        def extraer(tipo: str, params: dict[str, Any], ds: str, ds_nodash: str) -> str:
            """One source's movements of the day, in the bucket."""
            filas = exigir(
                pedir("eshopper_api", f"/eshopper/{tipo}", dia=ds),
                CAMPOS.get(tipo, ("entrada", "dia", "sku", "cantidad")),
                tipo,
            )
            return guardar_filas(params["bucket"], f"movimientos/{ds_nodash}_{tipo}.json", m.movimientos(tipo, filas))

        @task(trigger_rule="none_failed")
        def llegadas(params: dict[str, Any], ds_nodash: str) -> str:
            """The suppliers' file, checked; a day without one has no arrivals."""
            nombre = f"llegadas/llegadas_{ds_nodash}.csv"
            datos = leer_si_existe(params["bucket"], nombre)
            filas = [] if datos is None else m.leer_llegadas(f"gs://{params['bucket']}/{nombre}", datos)
            hechos = m.movimientos("llegadas", filas)
            return guardar_filas(params["bucket"], f"movimientos/{ds_nodash}_llegadas.json", hechos)

        por_api = extraer.expand(tipo=["ventas", "reposiciones", "inicial"])
        por_archivo = llegadas()
        esperar_llegadas >> por_archivo

    @task.branch
    def reunir(objetos: list[str], archivo: str, params: dict[str, Any], ds_nodash: str) -> str:
        """All movements in one object, for one load; where to go on if there are none."""
        filas = [fila for objeto in (*objetos, archivo) for fila in leer_filas(params["bucket"], objeto)]
        guardar_filas(params["bucket"], f"movimientos/{ds_nodash}.json", filas)
        return "central.preparar" if filas else "sin_movimientos"

    @task
    def sin_movimientos(ds: str) -> None:
        """Tells that a day has nothing."""
        enviar(
            LOGISTICA,
            f"[eshopper] Sin movimientos el {ds}",
            f"<p>Ninguna fuente tiene ventas, reposiciones ni llegadas del {ds}. El inventario no cambió.</p>",
        )

    with TaskGroup("central") as central:
        preparar = BigQueryCreateEmptyDatasetOperator(
            task_id="preparar", dataset_id="{{ params.dataset }}", if_exists="ignore"
        )
        (
            preparar
            >> cargar(
                "cargar",
                "movimientos/{{ ds_nodash }}.json",
                "{{ params.dataset }}.movimientos_{{ ds_nodash }}",
                m.COLUMNAS,
            )
            >> consulta("unir", "movimientos")
        )

    with TaskGroup("prediccion") as grupo:

        @task.branch
        def toca_entrenar(params: dict[str, Any], logical_date: datetime) -> str:
            """On Mondays, and when there is no model yet."""
            falta = prediccion.del_bucket(params["bucket"]) is None
            return "prediccion.entrenar" if falta or logical_date.weekday() == 0 else "prediccion.predecir"

        @task
        def entrenar(params: dict[str, Any], ds: str) -> dict[str, float]:
            """A model of four months, and its figures on the last four weeks beside those of the naive rule."""
            hasta = date.fromisoformat(ds)
            desde = hasta - timedelta(days=120)
            filas = pedir("eshopper_api", "/eshopper/historia", desde=f"{desde}", hasta=f"{hasta}")
            cifras = prediccion.evaluar(filas, 28)
            prediccion.publicar(prediccion.entrenar(prediccion.dias(filas)), params["bucket"])
            return cifras

        @task(trigger_rule="none_failed_min_one_success")
        def predecir(params: dict[str, Any], ds: str, ds_nodash: str) -> list[dict[str, Any]]:
            """Each product's stock by the books and by the count, and its risk; the critical ones."""
            hoy = date.fromisoformat(ds)
            libros = consultar_archivo(SQL / "existencias.sql", params["dataset"], dia=hoy)
            contado = {fila["sku"]: fila["contado"] for fila in pedir("eshopper_api", "/eshopper/conteo", dia=ds)}
            filas = pedir("eshopper_api", "/eshopper/historia", desde=f"{hoy - timedelta(days=20)}", hasta=f"{hoy}")
            ventas_de_hoy = _ventas(params["bucket"], ds_nodash)
            modelo, inventario = prediccion.del_bucket(params["bucket"]), []
            filas += [
                {"dia": ds, "sku": fila["sku"], "entradas": 0, "existencias": fila["existencias"]}
                | {"ventas": ventas_de_hoy.get(fila["sku"], 0)}
                for fila in libros
            ]
            hoy_por_sku = {uno.sku: uno for uno in prediccion.dias(filas) if uno.dia == hoy}
            conocidos = [hoy_por_sku[fila["sku"]] for fila in libros if fila["sku"] in hoy_por_sku]
            riesgo = dict(zip((uno.sku for uno in conocidos), prediccion.riesgos(modelo, conocidos), strict=True))
            for fila in libros:
                sku, existencias = fila["sku"], fila["existencias"]
                uno = {
                    "dia": ds,
                    "sku": sku,
                    "existencias": existencias,
                    "contado": contado.get(sku),
                    "diferencia": contado.get(sku, existencias) - existencias,
                    "cobertura": round(hoy_por_sku[sku].cobertura, 2) if sku in hoy_por_sku else None,
                    "riesgo": round(riesgo.get(sku, 0.0), 3),
                }
                inventario.append({**uno, "critico": existencias <= 0 or uno["riesgo"] >= params["riesgo_critico"]})
            guardar_filas(params["bucket"], f"inventario/{ds_nodash}.json", inventario)
            return [uno for uno in inventario if uno["critico"] or abs(uno["diferencia"]) >= params["tolerancia"]]

        eleccion, modelo, criticos = toca_entrenar(), entrenar(), predecir()
        eleccion >> Label("lunes, o no hay modelo") >> modelo >> criticos
        eleccion >> Label("hay modelo") >> criticos

    publicar = cargar(
        "publicar",
        "inventario/{{ ds_nodash }}.json",
        "{{ params.dataset }}.inventario_{{ ds_nodash }}",
        m.INVENTARIO,
        outlets=[Asset("inventario_eshopper")],
    )

    @task.branch
    def hay_criticos(hallados: list[dict[str, Any]]) -> str:
        """Whether logistics has to act."""
        return "alertar" if hallados else "todo_en_orden"

    @task
    def alertar(hallados: list[dict[str, Any]], ds: str) -> None:
        """The products to see to."""
        enviar(LOGISTICA, *alerta(ds, hallados))

    @task
    def todo_en_orden() -> None:
        """Nothing to do."""

    @task
    def tablero(params: dict[str, Any], ds: str, ds_nodash: str) -> str:
        """The stock on a page; a page for each day, so that a day that is run again harms no other."""
        inventario = leer_filas(params["bucket"], f"inventario/{ds_nodash}.json")
        dias = consultar_archivo(SQL / "tablero.sql", params["dataset"], dia=date.fromisoformat(ds))
        return guardar(params["bucket"], f"tableros/{ds_nodash}.html", pagina(ds, inventario, dias), "text/html")

    def _ventas(bucket: str, ds_nodash: str) -> dict[str, int]:
        vendidas: dict[str, int] = {}
        for fila in leer_filas(bucket, f"movimientos/{ds_nodash}_ventas.json"):
            vendidas[fila["sku"]] = vendidas.get(fila["sku"], 0) - fila["piezas"]
        return vendidas

    rama = reunir(por_api, por_archivo)
    rama >> Label("ninguno") >> sin_movimientos()
    rama >> Label("hay") >> central >> grupo >> publicar >> tablero()
    alarma = hay_criticos(criticos)
    alarma >> Label("niveles críticos") >> alertar(criticos)
    alarma >> Label("ninguno") >> todo_en_orden()
