"""
### CineFlow: recomendaciones de cada mes

Cada mes: recopila los registros de comportamiento de los últimos meses y las críticas de una API pública, entrena y
evalúa el modelo que la empresa aloja detrás de una API, guarda las recomendaciones en la base central y las envía por
correo a quienes lo pidieron, una sola vez por mes. Si el modelo no supera a recomendar lo más visto, no se publica nada
y la dirección recibe un aviso; sin registros termina en `sin_registros`.

*Every month: gathers behaviour records and a public API's reviews, has the hosted model trained and evaluated, keeps
the recommendations in the central database and sends them to those who asked for it, once. A model that does not beat
the most watched films is not used.*

Params: `bucket`, `dataset`, `meses`, `cuantas`. Conexiones: `cineflow_api`, `criticas_api`, `modelo_api`,
`smtp_default`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consulta, guardar, guardar_filas, leer_filas, leer_si_existe
from comun.fuente import enviar as preguntar
from comun.fuente import exigir, pedir
from jinja2 import Template
from rasgos import COLUMNAS, CRITICA, REGISTRO, criticas, vistas

from brisa import DAG, Label, Param, TaskGroup, task
from brisa.operators.email import EmailOperator
from brisa.operators.google.tables import BigQueryCreateEmptyDatasetOperator

DIRECCION = "direccion@cineflow.example"
CORREO = Template((Path(__file__).parent / "correo.html").read_text("utf-8"))
GRUPOS = 3

with DAG(
    "cineflow",
    description="Film recommendations of the month: records, reviews, a hosted model, e-mails",
    schedule="@monthly",
    start_date=datetime(2023, 10, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "ml", "recomendaciones"],
    default_args={
        "owner": "cineflow",
        "retries": 3,
        "retry_delay": timedelta(minutes=30),
        "retry_exponential_backoff": True,
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("cineflow", type="string", minLength=3, description="Where files are"),
        "dataset": Param("cineflow", type="string", pattern=r"^\w+$", description="The central database's dataset"),
        "meses": Param(3, type="integer", minimum=1, maximum=12, description="Months of behaviour to learn from"),
        "cuantas": Param(5, type="integer", minimum=1, maximum=20, description="Recommendations for each user"),
    },
    on_failure_callback=avisar_fallo(DIRECCION, "las recomendaciones del mes"),
    doc_md=__doc__,
) as dag:

    @task
    def meses(params: dict[str, Any], logical_date: datetime) -> list[str]:
        """The months to learn from, the run's own last."""
        hechos, mes = [], date(logical_date.year, logical_date.month, 1)
        for _ in range(params["meses"]):
            hechos.append(f"{mes:%Y-%m}")
            mes = (mes - timedelta(days=1)).replace(day=1)
        return hechos[::-1]

    @task
    def comportamiento(mes: str, params: dict[str, Any]) -> str:
        """One month's records, page after page."""
        pagina, paginas, filas = 1, 1, []
        while pagina <= paginas:
            datos = pedir("cineflow_api", "/cineflow/comportamiento", mes=mes, pagina=pagina)
            filas += exigir(datos["registros"], REGISTRO, f"comportamiento {mes}")
            pagina, paginas = pagina + 1, datos["paginas"]
        return guardar_filas(params["bucket"], f"comportamiento/{mes}.json", filas)

    @task(pool="criticas_publicas")
    def reunir_criticas(params: dict[str, Any], ds_nodash: str) -> str:
        """All films with the critics' scores. The pool has one slot: so the API asks."""
        pagina, filas = 1, []
        while pagina:
            datos = pedir("criticas_api", "/criticas/peliculas", pagina=pagina)
            filas += exigir(datos["results"], CRITICA, "críticas")
            pagina = datos["next_page"]
        return guardar_filas(params["bucket"], f"criticas/{ds_nodash}.json", filas)

    @task.branch
    def preparar_rasgos(objetos: list[str], peliculas: str, params: dict[str, Any], ds_nodash: str) -> str:
        """What the model learns from, as one object; where to go on if that is nothing."""
        filmes = {una["id"]: una for una in leer_filas(params["bucket"], peliculas)}
        registros = [uno for objeto in objetos for uno in leer_filas(params["bucket"], objeto)]
        hechas, cifras = vistas(registros, filmes)
        print(f"Registros: {cifras}")
        guardar_filas(params["bucket"], f"vistas/{ds_nodash}.json", hechas)
        return "modelo.entrenar" if hechas else "sin_registros"

    @task
    def sin_registros(ds: str) -> None:
        """Tells that a month has nothing."""
        enviar(
            DIRECCION,
            f"[cineflow] Sin registros para las recomendaciones de {ds[:7]}",
            f"<p>No hay registros de comportamiento hasta {ds[:7]}: este mes no hay recomendaciones.</p>",
        )

    peliculas = reunir_criticas()

    with TaskGroup("modelo"):

        @task
        def entrenar(peliculas: str, params: dict[str, Any], ds_nodash: str) -> dict[str, Any]:
            """The hosted model learns, and tells how often it is right about what people watched next."""
            filmes = {una["id"]: una for una in leer_filas(params["bucket"], peliculas)}
            cuerpo = {
                "nombre": f"cineflow-{ds_nodash}",
                "vistas": leer_filas(params["bucket"], f"vistas/{ds_nodash}.json"),
                "criticas": criticas(filmes),
            }
            return preguntar("modelo_api", "/modelo/entrenar", cuerpo)

        @task.branch
        def es_mejor(cifras: dict[str, Any]) -> str:
            """Whether it beats recommending what everybody watches."""
            return "modelo.grupos" if cifras["aciertos"] > cifras["aciertos_populares"] else "modelo.no_publicar"

        @task
        def grupos(params: dict[str, Any], ds_nodash: str) -> list[list[str]]:
            """The users, in groups that are asked about side by side."""
            unos = sorted({una["usuario"] for una in leer_filas(params["bucket"], f"vistas/{ds_nodash}.json")})
            return [unos[numero::GRUPOS] for numero in range(GRUPOS) if unos[numero::GRUPOS]]

        @task
        def recomendar(usuarios: list[str], peliculas: str, params: dict[str, Any], ds: str) -> list[dict[str, Any]]:
            """The recommendations of one group, with titles."""
            filmes = {una["id"]: una for una in leer_filas(params["bucket"], peliculas)}
            cuerpo = {"nombre": f"cineflow-{ds.replace('-', '')}", "usuarios": usuarios, "cuantas": params["cuantas"]}
            return [
                {
                    "mes": ds,
                    **una,
                    "titulo": filmes[una["pelicula"]]["title"],
                    "genero": filmes[una["pelicula"]]["genre"],
                }
                for una in preguntar("modelo_api", "/modelo/recomendar", cuerpo)
            ]

        @task
        def juntar(partes: list[list[dict[str, Any]]], params: dict[str, Any], ds_nodash: str) -> None:
            """All of them as one object, for one load."""
            todas = [una for parte in partes for una in parte]
            guardar_filas(params["bucket"], f"recomendaciones/{ds_nodash}.json", todas)

        @task
        def no_publicar(cifras: dict[str, Any]) -> None:
            """Tells why there are no recommendations."""
            enviar(
                DIRECCION,
                "[cineflow] El modelo no se publicó",
                f"<p>El modelo acierta {cifras['aciertos']:.0%}; recomendar lo más visto, "
                f"{cifras['aciertos_populares']:.0%}. Este mes no se envían recomendaciones.</p>",
            )

        cifras = entrenar(peliculas)
        eleccion, en_grupos = es_mejor(cifras), grupos()
        juntas = juntar(recomendar.partial(peliculas=peliculas).expand(usuarios=en_grupos))
        eleccion >> Label("mejor") >> en_grupos
        eleccion >> Label("no alcanza") >> no_publicar(cifras)

    with TaskGroup("central") as central:
        preparar = BigQueryCreateEmptyDatasetOperator(
            task_id="preparar", dataset_id="{{ params.dataset }}", if_exists="ignore"
        )
        (
            preparar
            >> cargar(
                "cargar",
                "recomendaciones/{{ ds_nodash }}.json",
                "{{ params.dataset }}.recomendaciones_{{ ds_nodash }}",
                COLUMNAS,
            )
            >> consulta("unir", "recomendaciones")
        )

    @task
    def cartas(params: dict[str, Any], ds: str, ds_nodash: str) -> list[dict[str, str]]:
        """An e-mail for each user who wants one and has not had this month's yet."""
        if leer_si_existe(params["bucket"], f"enviadas/{ds_nodash}.txt"):
            return []
        por_usuario: dict[str, list[dict[str, Any]]] = {}
        for una in leer_filas(params["bucket"], f"recomendaciones/{ds_nodash}.json"):
            por_usuario.setdefault(una["usuario"], []).append(una)
        return [
            {
                "to": uno["correo"],
                "subject": f"Tus películas de {ds[:7]}",
                "html_content": CORREO.render(peliculas=por_usuario[uno["id"]]),
            }
            for uno in pedir("cineflow_api", "/cineflow/usuarios")
            if uno["avisar"] and uno["id"] in por_usuario
        ]

    @task(trigger_rule="none_failed_min_one_success")
    def anotar_envios(params: dict[str, Any], ds_nodash: str) -> None:
        """So that nobody is written to twice."""
        guardar(params["bucket"], f"enviadas/{ds_nodash}.txt", "enviadas\n", "text/plain")

    rama = preparar_rasgos(comportamiento.expand(mes=meses()), peliculas)
    rama >> Label("ninguno") >> sin_registros()
    rama >> Label("hay") >> cifras
    escritas = cartas()
    juntas >> central >> escritas
    EmailOperator.partial(task_id="notificar").expand_kwargs(escritas) >> anotar_envios()
