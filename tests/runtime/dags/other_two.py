"""Another file with a task that says who it is."""

import datetime as dt
import os

from brisa import DAG
from brisa.operators.python import PythonOperator

with DAG("d", schedule=None, start_date=dt.datetime(2024, 1, 1)):
    PythonOperator(task_id="who", python_callable=lambda: [os.getpid(), os.getppid()])
