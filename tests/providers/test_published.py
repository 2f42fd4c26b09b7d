"""Where a provider package is installed, its own modules are imported; everything else of Airflow is brisa's."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from brisa.authoring import installed
from brisa.authoring.dialect import speaking
from brisa.compat import active, hook
from brisa.compat.absent import ABSENT, NotHereError
from brisa.compat.table import TABLE
from brisa.operators.google.gcs import GCSObjectExistenceSensor
from brisa.operators.http import HttpHook
from brisa.runtime.loader import load_file

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Writes modules into a folder of installed packages: ``install(**{"airflow/providers/x.py": text})``."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
        importlib.invalidate_caches()

    cached = (installed.providers, installed.hooks, installed.dialects, installed.task_decorators)
    for function in cached:
        function.cache_clear()
    yield write
    hook._kept.clear()
    for function in cached:
        function.cache_clear()


ACME = {
    "airflow/providers/acme/__init__.py": "",
    "airflow/providers/acme/operators.py": """
        from airflow import __version__
        from airflow.sdk import BaseOperator

        class AcmeOperator(BaseOperator):
            def execute(self, context):
                return __version__
    """,
}


def test_a_dag_file_uses_an_installed_package(install: Install, tmp_path: Path) -> None:
    """The package's operator is a task like any other, and is built on brisa's BaseOperator."""
    install(ACME)
    (tmp_path / "dag.py").write_text(
        "from airflow import DAG\n"
        "from airflow.providers.acme.operators import AcmeOperator\n"
        "with DAG('acme', start_date=None, schedule=None):\n"
        "    AcmeOperator(task_id='made')\n"
    )
    loaded = load_file(tmp_path, "dag.py")

    assert not loaded.failures
    [spec] = loaded.specs
    assert [task.operator for task in spec.tasks] == ["AcmeOperator"]


def test_a_package_is_imported_once_and_as_airflow_3s(install: Install) -> None:
    """Its classes stay the same from one file to the next, whichever dialect the files speak."""
    install(ACME)
    with speaking(2), active():
        first = importlib.import_module("airflow.providers.acme.operators")
    assert "airflow.providers.acme" not in sys.modules
    with speaking(3), active():
        from airflow.providers import acme

        assert acme.operators.AcmeOperator is first.AcmeOperator
    assert first.__version__.startswith("3.")


def test_an_installed_module_wins_over_the_stand_in(install: Install) -> None:
    """What the package has comes from it, what it lacks from brisa."""
    path = "airflow.providers.google.cloud.sensors.gcs"
    with active():
        assert importlib.import_module(path).GCSObjectExistenceSensor is GCSObjectExistenceSensor
    install(
        {
            "airflow/providers/google/__init__.py": "",
            "airflow/providers/google/cloud/__init__.py": "",
            "airflow/providers/google/cloud/sensors/__init__.py": "",
            "airflow/providers/google/cloud/sensors/gcs.py": "GCSObjectExistenceSensor = 'its own'",
        }
    )
    with active():
        operators = importlib.import_module("airflow.providers.google.cloud.operators.gcs")

        assert importlib.import_module(path).GCSObjectExistenceSensor == "its own"
        assert operators.GCSCreateBucketOperator.__module__ == "brisa.operators.google.gcs"


def test_the_standard_package_is_brisas_own_core(install: Install) -> None:
    """Core operators are brisa's, also where the package is installed; its other modules and names are its own."""
    install(
        {
            "airflow/providers/standard/__init__.py": "",
            "airflow/providers/standard/operators/__init__.py": "",
            "airflow/providers/standard/operators/bash.py": "BashOperator = HELPER = 'its own'",
            "airflow/providers/standard/other.py": "HELPER = 'its own'",
        }
    )
    with active():
        bash = importlib.import_module("airflow.providers.standard.operators.bash")

        assert bash.BashOperator.__module__ == "brisa.operators.bash"
        assert bash.HELPER == importlib.import_module("airflow.providers.standard.other").HELPER == "its own"


def test_an_installed_airflow_stays_hidden(install: Install) -> None:
    """Its core is not what files import, though its provider packages are; outside, it is there as before."""
    install({**ACME, "airflow/__init__.py": "REAL = True", "airflow/models/__init__.py": "DAG = 'the real one'"})
    with active():
        assert importlib.import_module("airflow.models").DAG.__module__ == "brisa.authoring.dag"
        assert importlib.import_module("airflow.providers.acme.operators").AcmeOperator
    try:
        assert importlib.import_module("airflow").REAL
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "airflow"]:
            del sys.modules[name]


def test_two_packages_share_a_parent_without_a_file(install: Install) -> None:
    """airflow/providers/common has no __init__.py: modules below it are found at any later time."""
    install({"airflow/providers/common/one/__init__.py": "", "airflow/providers/common/two/__init__.py": ""})
    for name in ("one", "two"):
        with active():
            assert importlib.import_module(f"airflow.providers.common.{name}").__file__


def test_a_connection_finds_the_hook_of_an_installed_package(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point says which hook serves which type of connection; brisa's own serve the others."""
    monkeypatch.setenv("AIRFLOW_CONN_THERE", '{"conn_type": "acme", "host": "h"}')
    monkeypatch.setenv("AIRFLOW_CONN_WEB", '{"conn_type": "http", "host": "h"}')
    install(
        {
            **ACME,
            "airflow/providers/acme/hooks.py": """
                from airflow.sdk import BaseHook

                class AcmeHook(BaseHook):
                    conn_name_attr = "acme_conn_id"

                    def __init__(self, acme_conn_id, colour):
                        super().__init__()
                        self.host, self.colour = self.get_connection(acme_conn_id).host, colour
            """,
            "airflow/providers/acme/get_provider_info.py": """
                def get_provider_info():
                    kind = {"connection-type": "acme", "hook-class-name": "airflow.providers.acme.hooks.AcmeHook"}
                    return {"package-name": "acme-package", "connection-types": [kind]}
            """,
            "acme_package-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-package\nVersion: 1.0\n",
            "acme_package-1.0.dist-info/entry_points.txt": """
                [apache_airflow_provider]
                provider_info=airflow.providers.acme.get_provider_info:get_provider_info
            """,
        }
    )
    with active():
        from airflow.hooks.base import BaseHook
        from airflow.providers_manager import ProvidersManager

        made = BaseHook.get_hook("there", hook_params={"colour": "red"})

        assert (type(made).__name__, made.host, made.colour) == ("AcmeHook", "h", "red")
        assert isinstance(BaseHook.get_hook("web"), HttpHook)
        assert ProvidersManager().providers["acme-package"].version == "1.0"


def test_a_kind_of_task_of_an_installed_package(install: Install, tmp_path: Path) -> None:
    """An entry point says which decorator a package brings; brisa's own kinds stay, and a mistyped one is still one."""
    install(
        {
            **ACME,
            "airflow/providers/acme/decorators.py": """
                from airflow.sdk.bases.decorator import DecoratedOperator, task_decorator_factory

                class AcmeTask(DecoratedOperator):
                    custom_operator_name = "@task.acme"

                    def execute(self, context):
                        return self.python_callable(*self.op_args, **self.op_kwargs)

                def acme_task(python_callable=None, **kwargs):
                    return task_decorator_factory(python_callable, decorated_operator_class=AcmeTask, **kwargs)
            """,
            "airflow/providers/acme/get_provider_info.py": """
                def get_provider_info():
                    path = "airflow.providers.acme.decorators.acme_task"
                    kinds = [{"name": name, "class-name": path} for name in ("acme", "bash", "sql")]
                    return {"package-name": "acme-package", "task-decorators": kinds}
            """,
            "acme_package-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-package\nVersion: 1.0\n",
            "acme_package-1.0.dist-info/entry_points.txt": """
                [apache_airflow_provider]
                provider_info=airflow.providers.acme.get_provider_info:get_provider_info
            """,
        }
    )
    file = tmp_path / "kinds.py"
    kinds = "".join(f"    @task.{kind}\n    def {kind}_kind(): return 'true'\n    {kind}_kind()\n" for kind in KINDS)
    file.write_text(f"from airflow.sdk import dag, task\n@dag\ndef d():\n{kinds}d()\n")
    loaded = load_file(tmp_path, "kinds.py")
    assert not loaded.failures
    told = {task.task_id: task.operator for task in loaded.specs[0].tasks}
    assert told == {"acme_kind": "@task.acme", "sql_kind": "@task.acme", "bash_kind": "@task.bash"}

    file.write_text(file.read_text().replace("@task.acme", "@task.acmee"))
    [failure] = load_file(tmp_path, "kinds.py").failures
    assert "there is no @task.acmee; did you mean 'acme'?" in failure.message


KINDS = ("acme", "sql", "bash")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("airflow.providers.amazon.aws.hooks.s3", "apache-airflow-providers-amazon"),
        ("airflow.providers.cncf.kubernetes.hooks.kubernetes", "apache-airflow-providers-cncf-…"),
    ],
)
def test_a_package_that_is_not_installed_is_named(module: str, package: str) -> None:
    """The import error says what to install."""
    with active(), pytest.raises(ModuleNotFoundError, match=rf"it may be in the package {package}$"):
        importlib.import_module(module)


@pytest.mark.parametrize("path", sorted(ABSENT))
def test_what_is_not_there_says_so_when_it_is_used(path: str) -> None:
    """Importing it, naming it in a check, or deriving from it is fine; calling it or asking it for something is not."""
    with active():
        module = importlib.import_module(path)
        for name in ABSENT[path]:
            found = getattr(module, name)

            assert not isinstance(1, found)
            assert issubclass(type("Derived", (found,), {}), found)
            assert not hasattr(found, "anything")
            with pytest.raises(NotHereError, match=rf"brisa has no {path}\.{name}: \w+"):
                found()


def test_nothing_is_both_there_and_not() -> None:
    """A name that brisa has is not told to be missing."""
    both = {f"{path}.{name}" for path, names in ABSENT.items() for name in names if name in TABLE.get(path, {})}

    assert not both
