"""One DAG makes an asset, another one is run by two of them."""

from datetime import datetime

from airflow.sdk import DAG, Asset, task

pedidos = Asset(name="pedidos", uri="x-almacen://pedidos", group="almacen")
clientes = Asset(name="clientes", uri="x-almacen://clientes", group="almacen")

with DAG("productor", schedule=None, start_date=datetime(2024, 1, 1)):

    @task(outlets=[pedidos])
    def producir():
        """Make it."""

    producir()

with DAG("consumidor", schedule=[pedidos, clientes], start_date=datetime(2024, 1, 1)):

    @task
    def consumir():
        """Use them."""

    consumir()
