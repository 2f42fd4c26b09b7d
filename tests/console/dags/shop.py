"""DAGs that have something for every page of the console, hostile texts among it."""

import logging
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Label, Param, TaskGroup, get_current_context, task

XSS = "<img src=x onerror=\"document.title='broken into'\">"
sales = Asset("gs://shop/sales.csv")

with DAG(
    "sales",
    schedule="@daily",
    start_date=datetime(2024, 1, 1),
    end_date=datetime(2024, 1, 4),
    catchup=True,
    max_active_runs=2,
    tags=["shop", XSS],
    description=f"Each day's sales {XSS}",
    doc_md=f"# Sales\n\nOf **each** shop. {XSS} [a link](javascript:alert(1)) <script>document.title='broken into'</script>",
    default_args={"owner": "ana"},
):
    begin = EmptyOperator(task_id="begin")
    with TaskGroup("fetch", tooltip=XSS) as fetch:
        for source in ("till", "web"):
            BashOperator(task_id=source, bash_command=f"echo {source} {{{{ ds }}}}")

    @task
    def shops():
        """A list with something hostile in it."""
        return ["centre", XSS]

    @task
    def clean(shop):
        """Prints what it was given."""
        print("cleaning", shop)
        return {"shop": shop, "length": len(shop)}

    @task.branch
    def any_rows():
        """There always are."""
        return "load"

    load = BashOperator(task_id="load", bash_command="echo loaded", outlets=[sales])
    nothing = EmptyOperator(task_id="nothing")
    end = EmptyOperator(task_id="end", trigger_rule="none_failed_min_one_success")
    branch = any_rows()
    begin >> fetch >> branch
    fetch >> clean.expand(shop=shops()) >> branch
    branch >> Label("rows") >> load >> end
    branch >> Label(XSS) >> nothing >> end

with DAG("after_sales", schedule=[sales], tags=["shop"]):

    @task
    def report():
        """Colours, and what looks like markup."""
        for number in range(300):
            print(f"\x1b[32mrow\x1b[0m {number} {XSS}")

    report()

with DAG("mended", schedule=None, tags=["manual"]):
    # Fails until somebody has put the file there.
    BashOperator(task_id="needs_file", bash_command="echo looking; test -f {{ var.value.flag }}") >> EmptyOperator(
        task_id="then"
    )

with DAG("slow", schedule=None, tags=["manual"]):
    BashOperator(task_id="wait", bash_command="for i in $(seq 600); do echo step $i; sleep 0.1; done")

with DAG("daily_slow", schedule="@daily", start_date=datetime(2024, 1, 1), end_date=datetime(2024, 1, 20), catchup=False):
    BashOperator(task_id="wait", bash_command="sleep 2")

with DAG(
    "asked",
    schedule=None,
    tags=["manual"],
    params={
        "shop": Param("centre", type="string", enum=["centre", "north"], description=f"Which shop {XSS}"),
        "rows": Param(10, type="integer", minimum=1, maximum=100),
        "urgent": Param(False, type="boolean"),
    },
):
    BashOperator(task_id="load", bash_command="echo loaded {{ params.rows }} of {{ params.shop }}")

with DAG(
    "hostile", schedule=None, dag_display_name=f"Hostile {XSS}", tags=["manual"], default_args={"owner": XSS}
):

    @task(task_display_name=f"told {XSS}", map_index_template="{{ told }}")
    def told(text):
        """Lines of each level, and a value whose names and contents look like markup."""
        get_current_context()["told"] = text
        log = logging.getLogger("shop")
        log.info("the \x1b[1;31mred\x1b[0m row %s", text)
        log.warning("hm: %s", text)
        log.error("oh: %s", text)
        return {text: [text]}

    told.expand(text=[XSS, "plain"])
