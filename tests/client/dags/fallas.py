"""What goes wrong, and what takes long."""

import time
from datetime import datetime, timedelta

from airflow.sdk import DAG, task

with DAG("falla", schedule=None, start_date=datetime(2024, 1, 1), tags=["fallas"]):

    @task(retries=1, retry_delay=timedelta(seconds=0))
    def romper():
        """Fail, each time."""
        raise ValueError("se rompió")

    @task
    def despues():
        """Is never run."""

    romper() >> despues()

with DAG("lenta", schedule=None, start_date=datetime(2024, 1, 1), max_active_runs=1):

    @task
    def dormir():
        """Take a minute."""
        print("durmiendo", flush=True)
        time.sleep(60)

    dormir()
