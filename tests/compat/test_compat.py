"""Airflow's names are brisa's objects, while a DAG file loads or runs."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.registry import recording
from brisa.compat import active
from brisa.compat.hook import resolve
from brisa.compat.table import DEPRECATED, PACKAGES, TABLE, VERSIONS
from brisa.model.spec import ScheduleKind
from brisa.model.states import Decides, TriggerRule
from brisa.operators.bash import BashOperator
from brisa.runtime.loader import load_file

DAGS = Path(__file__).parent / "dags"
TARGETS = sorted({target for names in TABLE.values() for target in names.values()})


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_of_the_table_exists(target):
    """No line of the table promises what is not there."""
    assert resolve(target) is not None


@pytest.mark.parametrize("path", sorted(TABLE))
def test_every_path_of_the_table_can_be_imported(path):
    """`from path import name` gives the table's object for each name."""
    with active():
        module = importlib.import_module(path)
        for name, target in TABLE[path].items():
            assert getattr(module, name) is resolve(target)


def test_all_ways_to_import():
    """Packages, modules, names, and attributes of packages: as with any library."""
    with active():
        namespace: dict[str, Any] = {}
        exec(  # the statements as a user writes them
            "import airflow, airflow.operators.bash as b\n"
            "from airflow import DAG, models\n"
            "from airflow.utils import dates, timezone\n"
            "from airflow.operators import bash\n"
            "one = airflow.operators.bash.BashOperator\n"
            "two = b.BashOperator, bash.BashOperator\n"
            "three = models.DAG, airflow.DAG, DAG\n",
            namespace,
        )
    assert namespace["one"] is BashOperator
    assert set(namespace["two"]) == {BashOperator}
    assert set(namespace["three"]) == {DAG}
    assert namespace["dates"].days_ago(1) < namespace["timezone"].utcnow()


@pytest.mark.parametrize("dialect", [2, 3])
def test_the_version_is_that_of_the_dialect(dialect):
    """Files that look at airflow.__version__ get an answer that fits."""
    with speaking(dialect), active():
        import airflow

        assert airflow.__version__ == VERSIONS[dialect]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("from airflow import DGA", "no airflow.DGA; the nearest name it has is airflow.DAG"),
        ("from airflow.operators.bash import BashOperater", "airflow.operators.bash.BashOperator"),
        ("from airflow.operators.python import BashOperator", "airflow.operators.bash.BashOperator"),
        ("from airflow.models import chain", "airflow.models.baseoperator.chain"),
        (
            "import airflow.operators.bsh",
            "no module airflow.operators.bsh; the nearest it has is airflow.operators.bash",
        ),
        ("from airflow.operators.pythn import PythonOperator", "airflow.operators.python"),
        ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook", "airflow.providers.amazon"),
    ],
)
def test_an_unknown_name_is_an_import_error_with_the_nearest(statement, words):
    """Code with `except ImportError` goes on working, and people read what was meant."""
    with active(), pytest.raises(ImportError) as error:
        exec(statement, {})
    assert words in str(error.value)


def test_an_unknown_name_in_a_file_names_file_and_line(tmp_path):
    """The failure of the file says where the import is."""
    (tmp_path / "dag.py").write_text("import os\n\nfrom airflow.operators.bash import BashOperater\n")
    (failure,) = load_file(tmp_path, "dag.py").failures
    assert failure.message.startswith("dag.py:3: ImportError: brisa has no airflow.operators.bash.BashOperater")


def test_outside_there_is_no_airflow_of_ours():
    """After the last exit, modules and hooks are as before; an inner exit leaves the outer alone."""
    hooks = list(sys.meta_path)
    with active():
        with active():
            importlib.import_module("airflow.models")
        importlib.import_module("airflow.sdk")
        assert sys.modules["airflow"].DAG is DAG
    assert sys.meta_path == hooks
    assert not [name for name in sys.modules if name.partition(".")[0] == "airflow"]


def test_an_installed_airflow_is_hidden_and_comes_back(monkeypatch):
    """Whoever imported the real one keeps it."""
    real = ModuleType("airflow")
    monkeypatch.setitem(sys.modules, "airflow", real)
    with active():
        assert importlib.import_module("airflow") is not real
    assert sys.modules["airflow"] is real


def test_an_error_inside_still_cleans_up():
    """The hook goes away when the file raises."""
    hooks = list(sys.meta_path)
    with pytest.raises(ZeroDivisionError), active():
        raise ZeroDivisionError
    assert sys.meta_path == hooks


def test_old_paths_are_told_of_once(tmp_path):
    """A path of 1.10 works, and its file says once that it is old, with its line."""
    (tmp_path / "dag.py").write_text(
        "from airflow.operators.bash_operator import BashOperator\n"
        "from airflow.operators.bash_operator import BashOperator as Again\n"
    )
    for _ in range(2):
        told = [text for text in load_file(tmp_path, "dag.py").warnings if "deprecated" in text]
        assert told == ["dag.py:1: airflow.operators.bash_operator is deprecated; use airflow.operators.bash"]


def test_the_table_is_consistent():
    """Every deprecated path is in the table, and every parent package can be imported."""
    assert set(DEPRECATED) <= set(TABLE)
    assert all(path.rpartition(".")[0] in PACKAGES for path in PACKAGES if "." in path)


def test_small_things():
    """State, timezone and the like behave as Airflow's."""
    with active(), recording():
        from airflow.providers.common.compat.sdk import timezone as theirs
        from airflow.sdk import timezone as newer
        from airflow.utils import timezone
        from airflow.utils.dates import days_ago
        from airflow.utils.state import DagRunState, State, TaskInstanceState
        from airflow.utils.trigger_rule import TriggerRule as Rule

        assert timezone.datetime(2024, 1, 2) == newer.datetime(2024, 1, 2) == theirs.datetime(2024, 1, 2)
        assert timezone.datetime(2024, 1, 2).isoformat() == "2024-01-02T00:00:00+00:00"
        assert timezone.parse("2024-01-02").isoformat() == "2024-01-02T00:00:00+00:00"
        assert timezone.make_naive(timezone.utc_epoch()).isoformat() == "1970-01-01T00:00:00"
        assert (days_ago(0) - days_ago(2, hour=3)).total_seconds() == 45 * 3600
        assert (State.SUCCESS, State.NONE, TaskInstanceState.FAILED, DagRunState.RUNNING) == (
            "success",
            None,
            "failed",
            "running",
        )
        assert Rule.DUMMY is TriggerRule.ALWAYS


def test_settings_come_from_the_environment(monkeypatch):
    """conf knows what AIRFLOW__SECTION__KEY says; without a fallback anything else is Airflow's own error."""
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "8")
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    with active():
        from airflow.configuration import conf
        from airflow.exceptions import AirflowConfigException

        assert (conf.get("core", "parallelism"), conf.getint("core", "PARALLELISM")) == ("8", 8)
        assert conf.getboolean("core", "load_examples") is False
        assert conf.get("core", "nothing", fallback=None) is None
        assert (conf.getfloat("core", "nothing", fallback=1.5), conf.has_option("core", "nothing")) == (1.5, False)
        with pytest.raises(AirflowConfigException, match=r"\[core/nothing\] not found in config"):
            conf.get("core", "nothing")
        with pytest.raises(AirflowConfigException, match="to be a number, not 'False'"):
            conf.getint("core", "load_examples")
        with pytest.raises(AirflowConfigException, match="to be true or false, not '8'"):
            conf.getboolean("core", "parallelism")


# --- the courses' own files, as given


def test_the_notebooks_demo():
    """The first DAG of the notebook: a bash task, then a decorated one."""
    (spec,) = load_file(DAGS, "demo.py").specs
    assert spec.schedule.cron == "0 0 * * *"
    assert spec.downstream == {"hello": ("airflow",), "airflow": ()}
    assert [task.operator for task in spec.tasks] == ["BashOperator", "@task"]


def test_the_notebooks_random_walker():
    """Its final version: a param, a branch, labels on edges, a join with its own trigger rule."""
    (spec,) = load_file(DAGS, "cuasi_random_walker.py").specs
    assert spec.schedule.cron == "* * * * *"
    assert spec.params["N"] == {"value": "50", "schema": {}, "description": ""}
    assert spec.by_id["branching"].decides is Decides.BRANCH
    assert spec.by_id["avanzar"].display.get("labels") == {"branching": "avanzar"}
    assert spec.by_id["loggear_posicion"].trigger_rule is TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
    assert spec.downstream["nueva_posicion_permanecer"] == ("loggear_posicion",)


@pytest.mark.parametrize(("file", "dag_id"), [("prototipo.py", "random_walker"), ("esqueleto.py", "esqueleto")])
def test_the_notebooks_steps(file, dag_id):
    """The versions on the way there load too."""
    loaded = load_file(DAGS, file)
    assert (list(loaded.dags), loaded.failures) == ([dag_id], ())


def test_the_slides_first_dag():
    """dag_1: default_args with a key that means nothing, lists on either side of >>."""
    (spec,) = load_file(DAGS, "dag_1.py").specs
    assert (spec.schedule.kind, spec.schedule.seconds) == (ScheduleKind.DELTA, 86400)
    assert spec.by_id["transform_db1"].upstream == ("extract1_db1", "extract2_db1")
    assert spec.by_id["load_db"].depends_on_past
    assert (spec.by_id["load_db"].retries, spec.by_id["load_db"].retry_delay) == (1, 120)


def test_the_slides_bash_dag():
    """mi_dag_bash: the operator's own params, dag= and a path of 1.10."""
    (spec,) = load_file(DAGS, "mi_dag_bash.py").specs
    assert (spec.dag_id, spec.schedule.summary) == ("mi_dag_bash", "@daily")


def test_the_slides_branch():
    """The branch after a sensor, with provide_context."""
    (spec,) = load_file(DAGS, "branch_gcs.py").specs
    assert spec.downstream["branching"] == ("tarea_si_existe", "tarea_si_no_existe")
    assert spec.by_id["gcs_sensor"].operator == "GCSObjectExistenceSensor"
