"""Names of Airflow that mean nothing here, and that provider packages import all the same.

Importing one is no error, because a package's other parts work without it. Using it is one: calling it, or asking it
for anything. Such a class can be named in an annotation, asked for with isinstance, and be a base class.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from brisa.authoring.exceptions import AirflowException

_DATABASE: Final = "it is a part of Airflow's database, which brisa does not have"
_SERVER: Final = "it is a part of Airflow's servers, which brisa does not have"
_LOGS: Final = "logs of tasks are kept by brisa itself"
_SECRETS: Final = "Variables and Connections come from the environment and from brisa's own secrets"
_XCOMS: Final = "XComs are JSON values, which brisa keeps itself"
_RETRIES: Final = "retries follow retries, retry_delay and retry_exponential_backoff alone"
_PATHS: Final = "use the clients of the storage, or its own operators"
_PEOPLE: Final = "tasks that ask a person come with a later version of brisa"


def _because(why: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, why)


ABSENT: Final[Mapping[str, Mapping[str, str]]] = {
    "airflow.api.common.trigger_dag": _because(_SERVER, "trigger_dag"),
    "airflow.api_fastapi.auth.managers.models.resource_details": _because(_SERVER, "AssetDetails", "AssetAliasDetails"),
    "airflow.dag_processing.bundles.base": _because(_SERVER, "BaseDagBundle"),
    "airflow.dag_processing.dagbag": _because(_SERVER, "DagBag"),
    "airflow.io.path": _because(_PATHS, "ObjectStoragePath"),
    "airflow.models": _because(_DATABASE, "DagBag", "DagModel", "DagRun", "TaskInstance"),
    "airflow.models.asset": _because(_DATABASE, "AssetModel", "AssetAliasModel", "expand_alias_to_assets"),
    "airflow.models.dag": _because(_DATABASE, "DagModel"),
    "airflow.models.dagbag": _because(_DATABASE, "DagBag"),
    "airflow.models.dagrun": _because(_DATABASE, "DagRun"),
    "airflow.models.renderedtifields": _because(_DATABASE, "RenderedTaskInstanceFields"),
    "airflow.models.serialized_dag": _because(_DATABASE, "SerializedDagModel"),
    "airflow.models.taskinstance": _because(_DATABASE, "TaskInstance"),
    "airflow.sdk": _because(_PATHS, "ObjectStoragePath"),
    "airflow.sdk.definitions.mappedoperator": _because("a mapped task is one of brisa's own", "MappedOperator"),
    "airflow.sdk.definitions.retry_policy": _because(
        _RETRIES, "ExceptionRetryPolicy", "RetryAction", "RetryDecision", "RetryPolicy", "RetryRule"
    ),
    "airflow.sdk.exceptions": _because(_PEOPLE, "TaskAwaitingInput"),
    "airflow.sdk.execution_time.hitl": _because(
        _PEOPLE, "HITLUser", "get_hitl_detail_content_detail", "update_hitl_detail_response", "upsert_hitl_detail"
    ),
    "airflow.sdk.state": _because(_XCOMS, "AssetScope", "BaseStoreBackend", "TaskScope"),
    "airflow.sdk.listener": _because(_SERVER, "get_listener_manager"),
    "airflow.secrets": _because(_SECRETS, "BaseSecretsBackend"),
    "airflow.secrets.base_secrets": _because(_SECRETS, "BaseSecretsBackend"),
    "airflow.serialization.encoders": _because(_DATABASE, "coerce_to_core_timetable"),
    "airflow.utils.file": _because("a DAG file's module is one of brisa's own", "get_unique_dag_module_name"),
    "airflow.utils.helpers": _because(_SERVER, "build_airflow_dagrun_url"),
    "airflow.utils.json": _because(_XCOMS, "XComDecoder", "XComEncoder"),
    "airflow.utils.log.file_task_handler": _because(_LOGS, "FileTaskHandler"),
    "airflow.utils.session": _because(_DATABASE, "create_session"),
}
"""Airflow's path → name → why there is none."""

ABSENT_PACKAGES: Final = frozenset(
    ".".join(parts[: length + 1]) for parts in (path.split(".") for path in ABSENT) for length in range(len(parts))
)
"""The modules and packages that these names are in."""


class NotHereError(AirflowException, AttributeError):
    """Something of Airflow was used that brisa does not have."""


class _Absent(ABCMeta):
    """The class of what is not there."""

    _brisa_why: str

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        raise NotHereError(cls._brisa_why)

    def __getattr__(cls, name: str) -> NoReturn:
        raise AttributeError(name) if name.startswith("__") else NotHereError(cls._brisa_why)


def absent(path: str, why: str) -> Any:
    """What stands for the name ``path``."""
    module, _, name = path.rpartition(".")
    return _Absent(name, (), {"__module__": module, "_brisa_why": f"brisa has no {path}: {why}"})
