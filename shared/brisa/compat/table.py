"""Airflow's import paths and what brisa has for each name: ``module:name``, resolved when it is asked for.

The paths are those of 1.10 (marked deprecated), of 2.x, and of 3.x: the task SDK and the standard provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _from(module: str, *names: str, **renamed: str) -> dict[str, str]:
    """``names`` as ``module`` has them, and Airflow's name = brisa's name for the others."""
    return {name: f"{module}:{name}" for name in names} | {
        theirs: f"{module}:{ours}" for theirs, ours in renamed.items()
    }


VERSIONS: Final = {2: "2.11.2", 3: "3.3.2"}
"""What ``airflow.__version__`` says to a file of each dialect: the versions whose behaviour brisa is tested against."""

_DAG = _from("brisa.authoring.dag", "DAG", "dag")
_BASE_OPERATOR = _from("brisa.authoring.operator", "BaseOperator")
_EDGES = _from("brisa.authoring.edges", "chain", "chain_linear", "cross_downstream")
_LABEL = _from("brisa.authoring.edges", "Label", "EdgeModifier")
_TASK_GROUP = _from("brisa.authoring.task_group", "TaskGroup")
_TASK_GROUP_DECORATOR = _from("brisa.authoring.task_group", "task_group")
_PARAM = _from("brisa.authoring.params", "Param", "ParamsDict")
_XCOM_ARG = _from("brisa.authoring.xcom_arg", "XComArg")
_TASK = _from("brisa.operators.taskflow", "task", "setup", "teardown")
_CONTEXT = _from("brisa.authoring.running", "get_current_context")
_VARIABLE = _from("brisa.authoring.variables", "Variable")
_TRIGGER_RULE = _from("brisa.model.states", "TriggerRule")
_STATES = _from("brisa.model.states", TaskInstanceState="TaskState", DagRunState="RunState")
_TIMEZONE = _from(
    "brisa.compat.timezone",
    "datetime",
    "utc",
    "utcnow",
    "utc_epoch",
    "parse",
    "is_localized",
    "is_naive",
    "make_aware",
    "make_naive",
    "convert_to_utc",
    "coerce_datetime",
)
_CONF = _from("brisa.compat.misc", "conf")
_RUN_TYPE = _from("brisa.model.states", DagRunType="RunType")
_WEIGHT_RULE = _from("brisa.compat.misc", "WeightRule")
_TEMPLATES = _from("brisa.authoring.templates", "literal")
_ASSET = _from("brisa.authoring.assets", "Asset", "AssetAlias", "AssetAll", "AssetAny")
_DATASET = _from(
    "brisa.authoring.assets",
    "Dataset",
    DatasetAlias="AssetAlias",
    DatasetAll="AssetAll",
    DatasetAny="AssetAny",
)
_CRON_TIMETABLES = _from("brisa.authoring.timetables", "CronDataIntervalTimetable", "DeltaDataIntervalTimetable")
_TRIGGER_TIMETABLES = _from("brisa.authoring.timetables", "CronTriggerTimetable", "DeltaTriggerTimetable")
_SIMPLE_TIMETABLES = _from("brisa.authoring.timetables", "NullTimetable", "OnceTimetable", "ContinuousTimetable")

_BASH = _from("brisa.operators.bash", "BashOperator")
_EMPTY = _from("brisa.operators.empty", "EmptyOperator")
_DUMMY = _from("brisa.operators.empty", "DummyOperator")
_PYTHON = _from(
    "brisa.operators.python",
    "PythonOperator",
    "BranchPythonOperator",
    "ShortCircuitOperator",
    "PythonVirtualenvOperator",
    "ExternalPythonOperator",
    "BranchPythonVirtualenvOperator",
    "BranchExternalPythonOperator",
    "is_venv_installed",
)
_BRANCH = _from("brisa.operators.branch", "BaseBranchOperator", "BranchMixIn")
_SKIP_MIXIN = _from("brisa.operators.branch", "SkipMixin")
_SENSOR = _from("brisa.operators.sensor", "BaseSensorOperator", "PokeReturnValue")
_PYTHON_SENSOR = _from("brisa.operators.sensor", "PythonSensor")
_FILE_SENSOR = _from("brisa.operators.sensor", "FileSensor")

_EXCEPTIONS = (
    _from(
        "brisa.authoring.exceptions",
        "AirflowException",
        "AirflowNotFoundException",
        "AirflowBadRequest",
        "AirflowConfigException",
        "AirflowSkipException",
        "AirflowFailException",
        "AirflowSensorTimeout",
        "AirflowRescheduleException",
        "AirflowTaskTimeout",
        "AirflowTaskTerminated",
        "TaskDeferralError",
        "XComNotFound",
        "DagNotFound",
        "DagRunNotFound",
        "DagRunAlreadyExists",
        "TaskNotFound",
        "PoolNotFound",
        "RemovedInAirflow3Warning",
        "AirflowProviderDeprecationWarning",
    )
    | _from("brisa.errors", AirflowDagCycleException="CycleError", DuplicateTaskIdFound="DuplicateTaskIdError")
    | _from("brisa.model.params", "ParamValidationError")
)

_GCS = _from(
    "brisa.operators.google.gcs",
    "GCSCreateBucketOperator",
    "GCSDeleteBucketOperator",
    "GCSDeleteObjectsOperator",
    "GCSListObjectsOperator",
)
_GCS_SENSORS = _from(
    "brisa.operators.google.gcs",
    "GCSObjectExistenceSensor",
    "GCSObjectsWithPrefixExistenceSensor",
    "GCSObjectUpdateSensor",
)
_GCS_TO_GCS = _from("brisa.operators.google.transfers", "GCSToGCSOperator")
_LOCAL_TO_GCS = _from("brisa.operators.google.transfers", "LocalFilesystemToGCSOperator")
_GCS_TO_LOCAL = _from("brisa.operators.google.transfers", "GCSToLocalFilesystemOperator")
_GCS_TO_BIGQUERY = _from("brisa.operators.google.transfers", "GCSToBigQueryOperator")
_BIGQUERY_TO_GCS = _from("brisa.operators.google.transfers", "BigQueryToGCSOperator")
_BIGQUERY = _from(
    "brisa.operators.google.bigquery",
    "BigQueryInsertJobOperator",
    "BigQueryCheckOperator",
    "BigQueryValueCheckOperator",
    "BigQueryCreateEmptyDatasetOperator",
    "BigQueryDeleteDatasetOperator",
    "BigQueryCreateEmptyTableOperator",
    "BigQueryCreateTableOperator",
    "BigQueryDeleteTableOperator",
    "BigQueryGetDataOperator",
)
_BIGQUERY_SENSORS = _from("brisa.operators.google.bigquery", "BigQueryTableExistenceSensor")

_SDK = (
    _DAG
    | _BASE_OPERATOR
    | _EDGES
    | _LABEL
    | _TASK_GROUP
    | _TASK_GROUP_DECORATOR
    | _PARAM
    | _XCOM_ARG
    | _TASK
    | _CONTEXT
    | _VARIABLE
    | _TRIGGER_RULE
    | _STATES
    | _RUN_TYPE
    | _WEIGHT_RULE
    | _TEMPLATES
    | _ASSET
    | _CRON_TIMETABLES
    | _TRIGGER_TIMETABLES
    | _SENSOR
    | _from("brisa.compat.misc", "Context")
)

TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "airflow": _from("brisa.authoring.dag", "DAG") | _XCOM_ARG | _from("brisa.authoring.assets", "Dataset"),
    "airflow.configuration": _CONF,
    "airflow.datasets": _DATASET,
    "airflow.decorators": _TASK | _from("brisa.authoring.dag", "dag") | _TASK_GROUP_DECORATOR,
    "airflow.decorators.task_group": _TASK_GROUP_DECORATOR,
    "airflow.exceptions": _EXCEPTIONS,
    "airflow.macros": {
        "ds_add": "brisa.runtime.macros:ds_add",
        "ds_format": "brisa.runtime.macros:ds_format",
        "datetime_diff_for_humans": "brisa.runtime.macros:datetime_diff_for_humans",
    },
    "airflow.models": _from("brisa.authoring.dag", "DAG")
    | _BASE_OPERATOR
    | _PARAM
    | _XCOM_ARG
    | _VARIABLE
    | _SKIP_MIXIN,
    "airflow.models.baseoperator": _BASE_OPERATOR | _EDGES,
    "airflow.models.dag": _DAG,
    "airflow.models.param": _PARAM,
    "airflow.models.skipmixin": _SKIP_MIXIN,
    "airflow.models.variable": _VARIABLE,
    "airflow.models.xcom_arg": _XCOM_ARG,
    "airflow.operators.bash": _BASH,
    "airflow.operators.bash_operator": _BASH,
    "airflow.operators.branch": _BRANCH,
    "airflow.operators.branch_operator": _BRANCH,
    "airflow.operators.dummy": _DUMMY | _EMPTY,
    "airflow.operators.dummy_operator": _DUMMY | _EMPTY,
    "airflow.operators.empty": _EMPTY,
    "airflow.operators.python": _PYTHON | _CONTEXT | _from("brisa.operators.taskflow", "task"),
    "airflow.operators.python_operator": _PYTHON,
    "airflow.providers.common.compat.sdk": _SDK | _EXCEPTIONS | _SKIP_MIXIN | _CONF,
    "airflow.providers.common.compat.sdk.timezone": _TIMEZONE,
    "airflow.providers.google.cloud.operators.bigquery": _BIGQUERY,
    "airflow.providers.google.cloud.operators.gcs": _GCS,
    "airflow.providers.google.cloud.sensors.bigquery": _BIGQUERY_SENSORS,
    "airflow.providers.google.cloud.sensors.gcs": _GCS_SENSORS,
    "airflow.providers.google.cloud.transfers.bigquery_to_gcs": _BIGQUERY_TO_GCS,
    "airflow.providers.google.cloud.transfers.gcs_to_bigquery": _GCS_TO_BIGQUERY,
    "airflow.providers.google.cloud.transfers.gcs_to_gcs": _GCS_TO_GCS,
    "airflow.providers.google.cloud.transfers.gcs_to_local": _GCS_TO_LOCAL,
    "airflow.providers.google.cloud.transfers.local_to_gcs": _LOCAL_TO_GCS,
    "airflow.providers.standard.operators.bash": _BASH,
    "airflow.providers.standard.operators.branch": _BRANCH,
    "airflow.providers.standard.operators.empty": _EMPTY,
    "airflow.providers.standard.operators.python": _PYTHON | _CONTEXT,
    "airflow.providers.standard.sensors.filesystem": _FILE_SENSOR,
    "airflow.providers.standard.sensors.python": _PYTHON_SENSOR,
    "airflow.providers.standard.utils.skipmixin": _SKIP_MIXIN,
    "airflow.sdk": _SDK,
    "airflow.sdk.bases.operator": _BASE_OPERATOR | _EDGES,
    "airflow.sdk.bases.sensor": _SENSOR,
    "airflow.sdk.configuration": _CONF,
    "airflow.sdk.definitions.asset": _ASSET,
    "airflow.sdk.definitions.context": _from("brisa.compat.misc", "Context") | _CONTEXT,
    "airflow.sdk.definitions.dag": _DAG,
    "airflow.sdk.definitions.edges": _LABEL,
    "airflow.sdk.definitions.param": _PARAM,
    "airflow.sdk.definitions.taskgroup": _TASK_GROUP,
    "airflow.sdk.definitions.template": _TEMPLATES,
    "airflow.sdk.definitions.variable": _VARIABLE,
    "airflow.sdk.definitions.xcom_arg": _XCOM_ARG,
    "airflow.sdk.exceptions": _EXCEPTIONS,
    "airflow.sdk.timezone": _TIMEZONE,
    "airflow.sensors.base": _SENSOR,
    "airflow.sensors.base_sensor_operator": _SENSOR,
    "airflow.sensors.filesystem": _FILE_SENSOR,
    "airflow.sensors.python": _PYTHON_SENSOR,
    "airflow.timetables.interval": _CRON_TIMETABLES,
    "airflow.timetables.simple": _SIMPLE_TIMETABLES,
    "airflow.timetables.trigger": _TRIGGER_TIMETABLES,
    "airflow.utils.context": _from("brisa.compat.misc", "Context"),
    "airflow.utils.dates": _from(
        "brisa.compat.dates", "days_ago", "cron_presets", "parse_execution_date", "round_time"
    ),
    "airflow.utils.decorators": _from("brisa.compat.misc", "apply_defaults"),
    "airflow.utils.edgemodifier": _LABEL,
    "airflow.utils.helpers": _EDGES,
    "airflow.utils.log.logging_mixin": _from("brisa.compat.misc", "LoggingMixin"),
    "airflow.utils.state": _STATES | _from("brisa.compat.state", "State"),
    "airflow.utils.task_group": _TASK_GROUP,
    "airflow.utils.template": _TEMPLATES,
    "airflow.utils.timezone": _TIMEZONE,
    "airflow.utils.trigger_rule": _TRIGGER_RULE,
    "airflow.utils.types": _RUN_TYPE,
    "airflow.utils.weight_rule": _WEIGHT_RULE,
}

DEPRECATED: Final[Mapping[str, str]] = {
    "airflow.operators.bash_operator": "airflow.operators.bash",
    "airflow.operators.branch_operator": "airflow.operators.branch",
    "airflow.operators.dummy": "airflow.operators.empty",
    "airflow.operators.dummy_operator": "airflow.operators.empty",
    "airflow.operators.python_operator": "airflow.operators.python",
    "airflow.sensors.base_sensor_operator": "airflow.sensors.base",
    "airflow.utils.dates": "a fixed start_date, such as datetime(2024, 1, 1)",
    "airflow.utils.decorators": "no decorator at all",
}
"""Old paths that warn, and what to use instead. (Paths that Airflow 3 moved are not among them: 2.x files are fine.)"""

PACKAGES: Final = frozenset(
    ".".join(parts[: length + 1]) for parts in (path.split(".") for path in TABLE) for length in range(len(parts))
)
"""Every module and package that can be imported."""
