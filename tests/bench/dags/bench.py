"""The DAGs that are timed. Each task tells when its own code began and ended."""

from __future__ import annotations

import time
from datetime import datetime

from brisa import DAG
from brisa.operators.python import PythonOperator


def fib(n: int) -> int:
    """The n-th Fibonacci number, the slow way."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work() -> list[float]:
    """Compute fib(10), and tell when that began and ended."""
    begun = time.time()
    fib(10)
    return [begun, time.time()]


def nothing() -> None:
    """Do nothing."""


def chain(dag_id: str, length: int) -> None:
    """A chain of tasks that work."""
    with DAG(dag_id, start_date=datetime(2024, 1, 1), schedule=None, max_active_runs=20):
        last = None
        for number in range(length):
            task = PythonOperator(task_id=f"t{number}", python_callable=work)
            if last is not None:
                last >> task
            last = task


chain("chain40", 40)
for which in range(5):
    chain(f"backlog{which}", 3)

with DAG("fan100", start_date=datetime(2024, 1, 1), schedule=None):
    join = PythonOperator(task_id="join", python_callable=nothing)
    [PythonOperator(task_id=f"n{number}", python_callable=nothing) for number in range(100)] >> join
