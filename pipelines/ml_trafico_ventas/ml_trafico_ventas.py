"""
### Tráfico y ventas: qué días promocionar

Cada vez que `ventas_semanales` publica: reúne en paralelo las ventas de la base central, el tráfico de personas de cada
tienda y el clima, los une, entrena un modelo de las ventas, lo evalúa con validación cruzada hacia adelante contra el
promedio por día de la semana, y elige los días de la semana siguiente en que una promoción vendería más. Si el modelo
no supera al promedio, o hay pocos días, no se propone nada y la gerencia recibe un aviso.

*Whenever `ventas_semanales` publishes: joins sales, store traffic and weather, trains a model of sales, evaluates it by
cross-validation forward in time, and chooses the days of the next week on which promotions would sell most.*

Params: `bucket`, `dataset`, `cuantas`, `dias_minimos`. Conexiones: `tiendas_api`, `clima_api`, `smtp_default`.
"""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from comun import tablero
from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consultar_archivo, guardar, guardar_filas, leer, leer_filas
from comun.fuente import exigir, pedir
from modelo_ventas import con_fecha, entrenar, evaluar, predecir, promociones, semana_por_venir

from brisa import DAG, Asset, Label, Param, TaskGroup, task

SQL = Path(__file__).parent / "sql"
GERENCIA = "gerencia@tiendas.example"
TIENDAS = ["centro", "norte", "puerto", "galería"]
COLUMNAS = {"tienda": "STRING", "dia": "DATE", "ganancia": "FLOAT64"}

with DAG(
    "ml_trafico_ventas",
    description="Sales against store traffic: a model, and the days to promote",
    schedule=[Asset("ventas_semanales")],
    start_date=datetime(2023, 11, 6),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "ventas", "ml"],
    default_args={
        "owner": "ventas",
        "retries": 2,
        "retry_delay": timedelta(minutes=15),
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("ventas", type="string", minLength=3, description="Where files, model and report are"),
        "dataset": Param("ventas", type="string", pattern=r"^\w+$", description="The central database's dataset"),
        "cuantas": Param(4, type="integer", minimum=1, maximum=20, description="Promotions to choose"),
        "dias_minimos": Param(12, type="integer", minimum=7, description="Days of sales that a model needs"),
    },
    on_failure_callback=avisar_fallo(GERENCIA, "la elección de promociones"),
    doc_md=__doc__,
) as dag:
    with TaskGroup("fuentes"):

        @task(multiple_outputs=True)
        def ventas(params: dict[str, Any]) -> dict[str, str]:
            """What each store sold each day; and the days that there are."""
            filas = consultar_archivo(SQL / "ventas_por_dia.sql", params["dataset"])
            dias = [str(fila["dia"]) for fila in filas]
            en_texto = [{**una, "dia": str(una["dia"])} for una in filas]
            objeto = guardar_filas(params["bucket"], "ml/ventas.json", en_texto)
            ultimo = date.fromisoformat(max(dias, default="2024-01-01"))
            return {
                "objeto": objeto,
                "desde": min(dias, default="2024-01-01"),
                "siguiente": f"{ultimo + timedelta(days=1)}",
                "hasta": f"{ultimo + timedelta(days=8)}",
            }

        @task
        def trafico(tienda: str, desde: str, siguiente: str, params: dict[str, Any]) -> str:
            """Who walked in."""
            filas = pedir("tiendas_api", "/tiendas/trafico", tienda=tienda, desde=desde, hasta=siguiente)
            exigir(filas, ("dia", "tienda", "visitas", "promocion"), f"tráfico de {tienda}")
            return guardar_filas(params["bucket"], f"ml/trafico_{tienda}.json", filas)

        @task
        def clima(desde: str, hasta: str, params: dict[str, Any]) -> str:
            """Rain and temperature of each day, and the forecast for a week."""
            filas = pedir("clima_api", "/clima/diario", desde=desde, hasta=hasta)
            exigir(filas, ("dia", "lluvia", "temperatura"), "clima")
            return guardar_filas(params["bucket"], "ml/clima.json", filas)

        vendido = ventas()
        contado = trafico.partial(desde=vendido["desde"], siguiente=vendido["siguiente"]).expand(tienda=TIENDAS)
        tiempo = clima(vendido["desde"], vendido["hasta"])

    @task.branch
    def unir(objeto: str, conteos: list[str], tiempo: str, params: dict[str, Any]) -> str:
        """A row for each store and day with all that is known of it; where to go on if that is too little."""
        vendido = {(una["tienda"], una["dia"]): una["importe"] for una in leer_filas(params["bucket"], objeto)}
        clima = {una["dia"]: una for una in leer_filas(params["bucket"], tiempo)}
        conteo = [una for nombre in conteos for una in leer_filas(params["bucket"], nombre)]
        filas = [
            {**una, **clima[una["dia"]], "importe": vendido[una["tienda"], una["dia"]]}
            for una in conteo
            if (una["tienda"], una["dia"]) in vendido and una["dia"] in clima
        ]
        guardar_filas(params["bucket"], "ml/unidas.json", filas)
        return "modelo.ajustar" if len({una["dia"] for una in filas}) >= params["dias_minimos"] else "pocos_datos"

    @task
    def pocos_datos() -> None:
        """Tells that there is too little to learn from."""
        enviar(
            GERENCIA,
            "[ml_trafico_ventas] Todavía no hay datos suficientes",
            "<p>Hay muy pocos días de ventas para entrenar el modelo. Esta semana no hay promociones propuestas.</p>",
        )

    with TaskGroup("modelo"):

        @task
        def ajustar(params: dict[str, Any]) -> dict[str, float]:
            """The model, in the bucket, and the figures of its cross-validation."""
            filas = con_fecha(leer_filas(params["bucket"], "ml/unidas.json"))
            guardar(params["bucket"], "ml/modelo.pkl", pickle.dumps(entrenar(filas)), "application/octet-stream")
            return evaluar(filas)

        @task.branch
        def supera(cifras: dict[str, float]) -> str:
            """Whether it is better than the mean of the weekday."""
            return "modelo.elegir" if cifras["error"] < cifras["error_ingenuo"] else "modelo.no_supera"

        @task
        def elegir(siguiente: str, tiempo: str, params: dict[str, Any]) -> list[dict[str, Any]]:
            """The promotions for the seven days to come; who walks in is taken to be the weekday's mean of late."""
            ajustado = pickle.loads(leer(params["bucket"], "ml/modelo.pkl"))  # noqa: S301  our own bucket
            sabidas, pronostico = (leer_filas(params["bucket"], nombre) for nombre in ("ml/unidas.json", tiempo))
            dias = semana_por_venir(con_fecha(sabidas), con_fecha(pronostico), date.fromisoformat(siguiente))
            elegidas = promociones(ajustado, dias, params["cuantas"])
            guardar_filas(params["bucket"], "ml/promociones.json", elegidas)
            return elegidas

        @task
        def no_supera(cifras: dict[str, float]) -> None:
            """Tells that the model is of no use."""
            enviar(
                GERENCIA,
                "[ml_trafico_ventas] El modelo no supera al promedio",
                f"<p>El modelo se equivoca en {cifras['error']:.0f} € por día; el promedio del día de la semana, en "
                f"{cifras['error_ingenuo']:.0f} €. Esta semana no hay promociones propuestas.</p>",
            )

        cifras = ajustar()
        elegidas = elegir(vendido["siguiente"], tiempo)
        eleccion = supera(cifras)
        eleccion >> Label("mejor") >> elegidas
        eleccion >> Label("no") >> no_supera(cifras)

    publicar = cargar("publicar", "ml/promociones.json", "{{ params.dataset }}.promociones", COLUMNAS)

    @task
    def informe(cifras: dict[str, float], elegidas: list[dict[str, Any]], params: dict[str, Any]) -> str:
        """How the model does, and what it proposes."""
        filas = con_fecha(leer_filas(params["bucket"], "ml/unidas.json"))
        ajustado = pickle.loads(leer(params["bucket"], "ml/modelo.pkl"))  # noqa: S301  our own bucket
        dias = sorted({una["dia"] for una in filas})[-28:]
        predicho = list(zip(filas, predecir(ajustado, filas), strict=True))
        pagina = tablero.pagina(
            "Tráfico y ventas",
            f"{len(dias)} días hasta el {dias[-1]:%d/%m/%Y}",
            [
                tablero.cifras(
                    {
                        "error por día y tienda (€)": cifras["error"],
                        "error del promedio (€)": cifras["error_ingenuo"],
                        "R² (validación cruzada)": cifras["r2"],
                    }
                ),
                tablero.grafico(
                    "Ventas de todas las tiendas (€)",
                    [f"{dia:%d/%m}" for dia in dias],
                    {
                        "reales": [sum(una["importe"] for una in filas if una["dia"] == dia) for dia in dias],
                        "según el modelo": [sum(valor for una, valor in predicho if una["dia"] == dia) for dia in dias],
                    },
                ),
                tablero.tabla(
                    "Promociones propuestas",
                    ("tienda", "día", "ganancia esperada (€)"),
                    [(una["tienda"], una["dia"], una["ganancia"]) for una in elegidas],
                ),
            ],
        )
        return guardar(params["bucket"], "tableros/promociones.html", pagina, "text/html")

    rama = unir(vendido["objeto"], contado, tiempo)
    rama >> Label("pocos") >> pocos_datos()
    rama >> Label("bastantes") >> cifras
    elegidas >> publicar >> informe(cifras, elegidas)
