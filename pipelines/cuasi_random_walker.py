"""The course's almost random walker: dice and coins every minute, and a step forward only if the sum allows it.

El caminante casi aleatorio del curso. Each minute N dice and N coins are thrown; heads go forward, tails back. If the
sum is not negative the walker moves by it, else it stays where it is; either way its position is written down.

Files are kept under ``$WALKER_DATA`` (``/tmp/data`` unless set), one per throw, named by the run they belong to, so
that a retry writes the same file again. The first run finds no position and starts from 0.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from airflow import DAG
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.trigger_rule import TriggerRule

DATA = Path(os.environ.get("WALKER_DATA", "/tmp/data"))  # noqa: S108  where the course keeps it
DICE, COINS, POSITIONS = DATA / "dados", DATA / "monedas", DATA / "posiciones"


def position_before(ts_nodash: str) -> int:
    """Where the walker was before the run of ``ts_nodash``: the position of the latest earlier run, or 0."""
    earlier = [path for path in sorted(POSITIONS.glob("*.txt")) if path.stem < ts_nodash]
    return int(earlier[-1].read_text()) if earlier else 0


def write_position(ts_nodash: str, position: int) -> None:
    """Keep the position of this run."""
    POSITIONS.mkdir(parents=True, exist_ok=True)
    (POSITIONS / f"{ts_nodash}.txt").write_text(str(position))


def throw(N: str, ts_nodash: str) -> None:  # noqa: N803  the course's name for it
    """Throw N dice and N coins, and keep them."""
    count = int(N)
    for folder, thrown in ((DICE, np.random.randint(1, 7, size=count)), (COINS, np.random.choice([-1, 1], size=count))):
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{ts_nodash}.npy", thrown)


def decide(ti: Any, ts_nodash: str) -> str:
    """Sum up the steps of this run's throws, pass the sum on, and say which way to go."""
    total = int((np.load(DICE / f"{ts_nodash}.npy") * np.load(COINS / f"{ts_nodash}.npy")).sum())
    ti.xcom_push(key="suma_de_pasos", value=str(total))
    return "avanzar" if total >= 0 else "permanecer"


def steps(ti: Any) -> int:
    """The sum that the branch passed on."""
    return int(ti.xcom_pull(task_ids="branching", key="suma_de_pasos"))


def move(ti: Any) -> None:
    """Say that the walker moves."""
    print(f"El walker avanza {steps(ti)} pasos!")


def stay(ti: Any) -> None:
    """Say that the walker doesn't."""
    print(f"El walker no va a moverse porque la suma fue {steps(ti)}!")


def new_position_moved(ti: Any, ts_nodash: str) -> int:
    """The position after the step."""
    position = position_before(ts_nodash) + steps(ti)
    write_position(ts_nodash, position)
    return position


def new_position_stayed(ts_nodash: str) -> int:
    """The position, unchanged."""
    position = position_before(ts_nodash)
    write_position(ts_nodash, position)
    return position


def tell(ts_nodash: str) -> None:
    """Log where the walker is."""
    print(f"En este momento, el walker está en {(POSITIONS / f'{ts_nodash}.txt').read_text()}!")


with DAG(
    dag_id="cuasi_random_walker",
    description="Dice, coins, a branch, a position",
    schedule="* * * * *",
    start_date=datetime(2022, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["experimentos"],
    params={"N": "50"},
):
    tirar_dados = PythonOperator(task_id="tirar_dados", python_callable=throw, op_args=["{{ params.N }}"])
    branching = BranchPythonOperator(task_id="branching", python_callable=decide)
    avanzar = PythonOperator(task_id="avanzar", python_callable=move)
    permanecer = PythonOperator(task_id="permanecer", python_callable=stay)
    nueva_posicion_avanzar = PythonOperator(task_id="nueva_posicion_avanzar", python_callable=new_position_moved)
    nueva_posicion_permanecer = PythonOperator(task_id="nueva_posicion_permanecer", python_callable=new_position_stayed)
    loggear_posicion = PythonOperator(
        task_id="loggear_posicion",
        python_callable=tell,
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    )

    tirar_dados >> branching
    branching >> Label("avanzar") >> avanzar >> nueva_posicion_avanzar
    branching >> Label("permanecer") >> permanecer >> nueva_posicion_permanecer
    [nueva_posicion_avanzar, nueva_posicion_permanecer] >> loggear_posicion
