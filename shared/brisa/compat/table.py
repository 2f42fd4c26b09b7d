"""Airflow's import paths and what brisa has for each name: ``module:name``, resolved when it is asked for.

The paths are those of 1.10 (marked deprecated), of 2.x, and of 3.x: the task SDK and the standard provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from brisa.compat.needed import NEEDED
from brisa.compat.partitions import PARTITIONS
from brisa.compat.rows import joined
from brisa.compat.rows import names_from as _from

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
_SECRETS = _from("brisa.authoring.secrets", "mask_secret", should_hide_value_for_key="is_sensitive")
_RUN_TYPE = _from("brisa.model.states", DagRunType="RunType")
_WEIGHT_RULE = _from("brisa.compat.misc", "WeightRule")
_TEMPLATES = _from("brisa.authoring.templates", "literal")
_ASSET_ACCESS = _from("brisa.authoring.asset_access", "AssetAccessControl")
_ASSET = (
    _from("brisa.authoring.assets", "Asset", "AssetAlias", "AssetAll", "AssetAny")
    | _ASSET_ACCESS
    | _from("brisa.authoring.asset_watcher", "AssetWatcher")
)
_ASSET_REFS = _from("brisa.authoring.assets", "AssetNameRef", "AssetRef", "AssetUriRef")
_ASSET_DECORATOR = _from("brisa.operators.assets", "asset")
_DATASET = _from(
    "brisa.authoring.assets",
    "Dataset",
    DatasetAlias="AssetAlias",
    DatasetAll="AssetAll",
    DatasetAny="AssetAny",
)
_METADATA = _from("brisa.authoring.assets", "Metadata")
_DEADLINE_CALLBACKS = _from("brisa.authoring.deadlines", "AsyncCallback", "SyncCallback")
_DEADLINES = _from(
    "brisa.authoring.deadlines",
    "BaseDeadlineReference",
    "DeadlineAlert",
    "DeadlineReference",
    "deadline_reference",
)
_DEADLINE_KINDS = _from(
    "brisa.authoring.deadlines",
    "AverageRuntimeDeadline",
    "DagRunLogicalDateDeadline",
    "DagRunQueuedAtDeadline",
    "FixedDatetimeDeadline",
    "VariableInterval",
)
_CRON_TIMETABLES = _from("brisa.authoring.timetables", "CronDataIntervalTimetable", "DeltaDataIntervalTimetable")
_TRIGGER_TIMETABLES = _from(
    "brisa.authoring.timetables", "CronTriggerTimetable", "MultipleCronTriggerTimetable", "DeltaTriggerTimetable"
)
_EVENTS_TIMETABLE = _from("brisa.authoring.timetables", "EventsTimetable")
_BASE_TIMETABLE = _from("brisa.authoring.timetable", "DagRunInfo", "DataInterval", "TimeRestriction", "Timetable")
_ASSET_TIMETABLE = _from("brisa.authoring.timetables", "AssetOrTimeSchedule")
_NEVER_EXPIRE = {"NEVER_EXPIRE": "brisa.runtime.state_stores:NEVER_EXPIRE"}
_SIMPLE_TIMETABLES = _from("brisa.authoring.timetables", "NullTimetable", "OnceTimetable", "ContinuousTimetable")

_BASH = _from("brisa.operators.bash", "BashOperator")
_EMPTY = _from("brisa.operators.empty", "EmptyOperator")
_DUMMY = _from("brisa.operators.empty", "DummyOperator")
_PYTHON = _from(
    "brisa.operators.python",
    "PythonOperator",
    "BranchPythonOperator",
    "ShortCircuitOperator",
    "is_venv_installed",
) | _from(
    "brisa.operators.virtualenv",
    "PythonVirtualenvOperator",
    "ExternalPythonOperator",
    "BranchPythonVirtualenvOperator",
    "BranchExternalPythonOperator",
)
_BRANCH = _from("brisa.operators.branch", "BaseBranchOperator", "BranchMixIn")
_SKIP_MIXIN = _from("brisa.operators.branch", "SkipMixin")
_SENSOR = _from("brisa.operators.sensor", "BaseSensorOperator", "PokeReturnValue")
_PYTHON_SENSOR = _from("brisa.operators.sensor", "PythonSensor")
_FILE_SENSOR = _from("brisa.operators.sensor", "FileSensor")
_TRIGGER_DAG_RUN = _from("brisa.operators.dag_run", "TriggerDagRunOperator")
_DAG_STATE_TRIGGER = _from("brisa.operators.dag_run", "DagStateTrigger")
_EXTERNAL_TASK = _from("brisa.operators.external_task", "ExternalTaskSensor", "ExternalTaskMarker")
_MAPPING_EXCEPTIONS = _from(
    "brisa.authoring.unmappable",
    "UnmappableXComLengthPushed",
    "UnmappableXComTypePushed",
    "XComForMappingNotPushed",
)
_EXTERNAL_TASK_EXCEPTIONS = _from(
    "brisa.operators.external_task",
    "AirflowExternalTaskSensorException",
    "DuplicateStateError",
    "ExternalDagDeletedError",
    "ExternalDagFailedError",
    "ExternalDagNotFoundError",
    "ExternalTaskFailedError",
    "ExternalTaskGroupFailedError",
    "ExternalTaskGroupNotFoundError",
    "ExternalTaskNotFoundError",
)
_START_TRIGGER_ARGS = _from("brisa.authoring.triggers", "StartTriggerArgs")
_TRIGGERS = (
    _from(
        "brisa.authoring.triggers",
        "BaseTrigger",
        "BaseEventTrigger",
        "TriggerEvent",
        "BaseTaskEndEvent",
        "TaskSuccessEvent",
        "TaskFailedEvent",
        "TaskSkippedEvent",
    )
    | _START_TRIGGER_ARGS
)
_TIME_TRIGGERS = _from("brisa.authoring.triggers", "DateTimeTrigger", "TimeDeltaTrigger")
_FILE_TRIGGERS = _from("brisa.authoring.triggers", "FileTrigger", "FileDeleteTrigger")
_DIRECTORY_TRIGGER = _from("brisa.authoring.triggers", "DirectoryFileDeleteTrigger")
_BASH_SENSOR = _from("brisa.operators.bash_sensor", "BashSensor")
_LATEST_ONLY = _from("brisa.operators.latest_only", "LatestOnlyOperator")
_SMOOTH = _from("brisa.operators.smooth", "SmoothOperator")
_SUBDAG = _from("brisa.operators.subdag", "SubDagOperator", "SkippedStatePropagationOptions")
_BRANCH_DATETIME = _from("brisa.operators.between", "BranchDateTimeOperator")
_BRANCH_WEEKDAY = _from("brisa.operators.weekday", "BranchDayOfWeekOperator")
_WEEKDAY_SENSOR = _from("brisa.operators.weekday", "DayOfWeekSensor")
_WEEKDAY = _from("brisa.operators.weekday", "WeekDay")
_DATETIME_SENSOR = _from("brisa.operators.times", "DateTimeSensor", "DateTimeSensorAsync")
_TIME_SENSOR = _from("brisa.operators.times", "TimeSensor", "TimeSensorAsync")
_DELTA_SENSOR = _from("brisa.operators.times", "TimeDeltaSensor", "TimeDeltaSensorAsync", "WaitSensor")
_HITL = _from("brisa.operators.hitl", "ApprovalOperator", "HITLBranchOperator", "HITLEntryOperator", "HITLOperator")

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
        "AirflowTimetableInvalid",
        "TaskDeferralError",
        "TaskDeferralTimeout",
        "TaskDeferred",
        "XComNotFound",
        "DagIsPaused",
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
    | _MAPPING_EXCEPTIONS
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
_BIGQUERY_TO_BIGQUERY = _from("brisa.operators.google.transfers", "BigQueryToBigQueryOperator")
_BIGQUERY_TO_GCS = _from("brisa.operators.google.transfers", "BigQueryToGCSOperator")
_BIGQUERY = _from(
    "brisa.operators.google.bigquery",
    "BigQueryInsertJobOperator",
    "BigQueryCheckOperator",
    "BigQueryColumnCheckOperator",
    "BigQueryIntervalCheckOperator",
    "BigQueryTableCheckOperator",
    "BigQueryValueCheckOperator",
    "BigQueryCreateEmptyDatasetOperator",
    "BigQueryDeleteDatasetOperator",
    "BigQueryCreateEmptyTableOperator",
    "BigQueryCreateTableOperator",
    "BigQueryDeleteTableOperator",
    "BigQueryGetDataOperator",
    "BigQueryGetDatasetOperator",
    "BigQueryGetDatasetTablesOperator",
    "BigQueryUpdateDatasetOperator",
    "BigQueryUpdateTableOperator",
)
_BIGQUERY_SENSORS = _from("brisa.operators.google.bigquery", "BigQueryTableExistenceSensor")
_BIGQUERY_HOOK = _from("brisa.operators.google.hooks", "BigQueryHook")
_GCS_HOOK = _from("brisa.operators.google.hooks", "GCSHook")
_GOOGLE_HOOK = _from("brisa.operators.google.hooks", "GoogleBaseHook")

_CONNECTION = _from("brisa.authoring.connections", "Connection")
_HOOK = _from("brisa.authoring.hooks", "BaseHook")
_EMAIL = _from("brisa.operators.email", "EmailOperator")
_HTTP = _from("brisa.operators.http", "HttpOperator")
_SIMPLE_HTTP = _from("brisa.operators.http", "SimpleHttpOperator")
_HTTP_SENSOR = _from("brisa.operators.http", "HttpSensor")
_SQL = _from("brisa.operators.sql", "BaseSQLOperator", "BranchSQLOperator", "SQLExecuteQueryOperator") | _from(
    "brisa.operators.sql_checks",
    "SQLCheckOperator",
    "SQLColumnCheckOperator",
    "SQLIntervalCheckOperator",
    "SQLTableCheckOperator",
    "SQLThresholdCheckOperator",
    "SQLValueCheckOperator",
)
_SQL_SENSOR = _from("brisa.operators.sql", "SqlSensor")
_SQLITE = _from("brisa.operators.sql", "SqliteOperator")
_SQLITE_HOOK = _from("brisa.operators.sql_hooks", "SqliteHook")
_HANDLERS = _from("brisa.operators.sql_hooks", "fetch_all_handler", "fetch_one_handler")

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
    | _ASSET_DECORATOR
    | _METADATA
    | _CRON_TIMETABLES
    | _TRIGGER_TIMETABLES
    | _EVENTS_TIMETABLE
    | _ASSET_TIMETABLE
    | _NEVER_EXPIRE
    | _DEADLINES
    | _DEADLINE_CALLBACKS
    | _SENSOR
    | _from("brisa.compat.misc", "Context")
)

_TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "airflow": _from("brisa.authoring.dag", "DAG") | _XCOM_ARG | _from("brisa.authoring.assets", "Dataset"),
    "airflow.configuration": _CONF,
    "airflow.contrib.sensors.bash_sensor": _BASH_SENSOR,
    "airflow.contrib.sensors.file_sensor": _FILE_SENSOR,
    "airflow.contrib.sensors.python_sensor": _PYTHON_SENSOR,
    "airflow.contrib.sensors.weekday_sensor": _WEEKDAY_SENSOR,
    "airflow.contrib.utils.weekday": _WEEKDAY,
    "airflow.datasets": _DATASET,
    "airflow.datasets.metadata": _METADATA,
    "airflow.decorators": _TASK | _from("brisa.authoring.dag", "dag") | _TASK_GROUP_DECORATOR,
    "airflow.decorators.task_group": _TASK_GROUP_DECORATOR,
    "airflow.exceptions": _EXCEPTIONS,
    "airflow.hooks.base_hook": _HOOK,
    "airflow.hooks.dbapi": _from("brisa.operators.sql_hooks", "DbApiHook"),
    "airflow.hooks.dbapi_hook": _from("brisa.operators.sql_hooks", "DbApiHook"),
    "airflow.hooks.http_hook": _from("brisa.operators.http", "HttpHook"),
    "airflow.hooks.mysql_hook": _from("brisa.operators.sql_hooks", "MySqlHook"),
    "airflow.hooks.postgres_hook": _from("brisa.operators.sql_hooks", "PostgresHook"),
    "airflow.hooks.sqlite_hook": _SQLITE_HOOK,
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
    "airflow.operators.dagrun_operator": _TRIGGER_DAG_RUN,
    "airflow.operators.datetime": _BRANCH_DATETIME,
    "airflow.operators.dummy": _DUMMY | _EMPTY,
    "airflow.operators.dummy_operator": _DUMMY | _EMPTY,
    "airflow.operators.email": _EMAIL,
    "airflow.operators.email_operator": _EMAIL,
    "airflow.operators.empty": _EMPTY,
    "airflow.operators.http_operator": _SIMPLE_HTTP,
    "airflow.operators.latest_only": _LATEST_ONLY,
    "airflow.operators.latest_only_operator": _LATEST_ONLY,
    "airflow.operators.mysql_operator": _from("brisa.operators.sql", "MySqlOperator"),
    "airflow.operators.postgres_operator": _from("brisa.operators.sql", "PostgresOperator"),
    "airflow.operators.python": _PYTHON | _CONTEXT | _from("brisa.operators.taskflow", "task"),
    "airflow.operators.python_operator": _PYTHON,
    "airflow.operators.smooth": _SMOOTH,
    "airflow.operators.sql": _SQL,
    "airflow.operators.sqlite_operator": _SQLITE,
    "airflow.operators.subdag": _SUBDAG,
    "airflow.operators.subdag_operator": _SUBDAG,
    "airflow.operators.trigger_dagrun": _TRIGGER_DAG_RUN,
    "airflow.operators.weekday": _BRANCH_WEEKDAY | _WEEKDAY,
    "airflow.providers.common.compat.sdk": _SDK | _HOOK | _CONNECTION | _EXCEPTIONS | _SKIP_MIXIN | _CONF,
    "airflow.providers.common.compat.sdk.timezone": _TIMEZONE,
    "airflow.providers.common.sql.hooks.handlers": _HANDLERS,
    "airflow.providers.common.sql.hooks.sql": _from("brisa.operators.sql_hooks", "DbApiHook") | _HANDLERS,
    "airflow.providers.common.sql.operators.sql": _SQL,
    "airflow.providers.common.sql.sensors.sql": _SQL_SENSOR,
    "airflow.providers.google.cloud.hooks.bigquery": _BIGQUERY_HOOK,
    "airflow.providers.google.cloud.hooks.gcs": _GCS_HOOK,
    "airflow.providers.google.cloud.operators.bigquery": _BIGQUERY,
    "airflow.providers.google.cloud.operators.gcs": _GCS,
    "airflow.providers.google.cloud.sensors.bigquery": _BIGQUERY_SENSORS,
    "airflow.providers.google.cloud.sensors.gcs": _GCS_SENSORS,
    "airflow.providers.google.cloud.transfers.bigquery_to_bigquery": _BIGQUERY_TO_BIGQUERY,
    "airflow.providers.google.cloud.transfers.bigquery_to_gcs": _BIGQUERY_TO_GCS,
    "airflow.providers.google.cloud.transfers.gcs_to_bigquery": _GCS_TO_BIGQUERY,
    "airflow.providers.google.cloud.transfers.gcs_to_gcs": _GCS_TO_GCS,
    "airflow.providers.google.cloud.transfers.gcs_to_local": _GCS_TO_LOCAL,
    "airflow.providers.google.cloud.transfers.local_to_gcs": _LOCAL_TO_GCS,
    "airflow.providers.google.common.hooks.base_google": _GOOGLE_HOOK,
    "airflow.providers.http.hooks.http": _from("brisa.operators.http", "HttpHook"),
    "airflow.providers.http.operators.http": _HTTP | _SIMPLE_HTTP,
    "airflow.providers.http.sensors.http": _HTTP_SENSOR,
    "airflow.providers.microsoft.mssql.hooks.mssql": _from("brisa.operators.sql_hooks", "MsSqlHook"),
    "airflow.providers.microsoft.mssql.operators.mssql": _from("brisa.operators.sql", "MsSqlOperator"),
    "airflow.providers.mysql.hooks.mysql": _from("brisa.operators.sql_hooks", "MySqlHook"),
    "airflow.providers.mysql.operators.mysql": _from("brisa.operators.sql", "MySqlOperator"),
    "airflow.providers.oracle.hooks.oracle": _from("brisa.operators.sql_hooks", "OracleHook"),
    "airflow.providers.oracle.operators.oracle": _from("brisa.operators.sql", "OracleOperator"),
    "airflow.providers.postgres.hooks.postgres": _from("brisa.operators.sql_hooks", "PostgresHook"),
    "airflow.providers.postgres.operators.postgres": _from("brisa.operators.sql", "PostgresOperator"),
    "airflow.providers.smtp.hooks.smtp": _from("brisa.operators.email", "SmtpHook"),
    "airflow.providers.smtp.operators.smtp": _EMAIL,
    "airflow.providers.snowflake.hooks.snowflake": _from("brisa.operators.sql_hooks", "SnowflakeHook"),
    "airflow.providers.snowflake.operators.snowflake": _from("brisa.operators.sql", "SnowflakeOperator"),
    "airflow.providers.sqlite.hooks.sqlite": _SQLITE_HOOK,
    "airflow.providers.sqlite.operators.sqlite": _SQLITE,
    "airflow.providers.standard.exceptions": _EXTERNAL_TASK_EXCEPTIONS,
    "airflow.providers.standard.operators.bash": _BASH,
    "airflow.providers.standard.operators.branch": _BRANCH,
    "airflow.providers.standard.operators.datetime": _BRANCH_DATETIME,
    "airflow.providers.standard.operators.empty": _EMPTY,
    "airflow.providers.standard.operators.hitl": _HITL,
    "airflow.providers.standard.operators.latest_only": _LATEST_ONLY,
    "airflow.providers.standard.operators.python": _PYTHON | _CONTEXT,
    "airflow.providers.standard.operators.smooth": _SMOOTH,
    "airflow.providers.standard.operators.trigger_dagrun": _TRIGGER_DAG_RUN,
    "airflow.providers.standard.operators.weekday": _BRANCH_WEEKDAY,
    "airflow.providers.standard.sensors.bash": _BASH_SENSOR,
    "airflow.providers.standard.sensors.date_time": _DATETIME_SENSOR,
    "airflow.providers.standard.sensors.external_task": _EXTERNAL_TASK,
    "airflow.providers.standard.sensors.filesystem": _FILE_SENSOR,
    "airflow.providers.standard.sensors.python": _PYTHON_SENSOR,
    "airflow.providers.standard.sensors.time": _TIME_SENSOR,
    "airflow.providers.standard.sensors.time_delta": _DELTA_SENSOR,
    "airflow.providers.standard.sensors.weekday": _WEEKDAY_SENSOR,
    "airflow.providers.standard.triggers.external_task": _DAG_STATE_TRIGGER,
    "airflow.providers.standard.triggers.file": _FILE_TRIGGERS | _DIRECTORY_TRIGGER,
    "airflow.providers.standard.triggers.temporal": _TIME_TRIGGERS,
    "airflow.providers.standard.utils.skipmixin": _SKIP_MIXIN,
    "airflow.providers.standard.utils.weekday": _WEEKDAY,
    "airflow.sdk": _SDK,
    "airflow.sdk.bases.operator": _BASE_OPERATOR | _EDGES,
    "airflow.sdk.bases.sensor": _SENSOR,
    "airflow.sdk.bases.timetable": _from("brisa.authoring.timetable", BaseTimetable="Timetable"),
    "airflow.sdk.bases.trigger": _START_TRIGGER_ARGS,
    "airflow.sdk.configuration": _CONF,
    "airflow.sdk.definitions.asset": _ASSET | _ASSET_REFS,
    "airflow.sdk.definitions.asset.access_control": _ASSET_ACCESS,
    "airflow.sdk.definitions.asset.decorators": _ASSET_DECORATOR,
    "airflow.sdk.definitions.asset.metadata": _METADATA,
    "airflow.sdk.definitions.callback": _DEADLINE_CALLBACKS | _from("brisa.authoring.deadlines", "Callback"),
    "airflow.sdk.definitions.context": _from("brisa.compat.misc", "Context") | _CONTEXT,
    "airflow.sdk.definitions.dag": _DAG,
    "airflow.sdk.definitions.deadline": _DEADLINES | _DEADLINE_KINDS | _DEADLINE_CALLBACKS,
    "airflow.sdk.definitions.edges": _LABEL,
    "airflow.sdk.definitions.param": _PARAM,
    "airflow.sdk.definitions.taskgroup": _TASK_GROUP,
    "airflow.sdk.definitions.template": _TEMPLATES,
    "airflow.sdk.definitions.variable": _VARIABLE,
    "airflow.sdk.definitions.xcom_arg": _XCOM_ARG,
    "airflow.sdk.exceptions": _EXCEPTIONS,
    "airflow.sdk.execution_time.context": _NEVER_EXPIRE,
    "airflow.sdk.timezone": _TIMEZONE,
    "airflow.sensors.base": _SENSOR,
    "airflow.sensors.base_sensor_operator": _SENSOR,
    "airflow.sensors.bash": _BASH_SENSOR,
    "airflow.sensors.date_time": _DATETIME_SENSOR,
    "airflow.sensors.date_time_sensor": _DATETIME_SENSOR,
    "airflow.sensors.external_task": _EXTERNAL_TASK,
    "airflow.sensors.external_task_sensor": _EXTERNAL_TASK,
    "airflow.sensors.filesystem": _FILE_SENSOR,
    "airflow.sensors.http_sensor": _HTTP_SENSOR,
    "airflow.sensors.python": _PYTHON_SENSOR,
    "airflow.sensors.sql": _SQL_SENSOR,
    "airflow.sensors.sql_sensor": _SQL_SENSOR,
    "airflow.sensors.time_delta": _DELTA_SENSOR,
    "airflow.sensors.time_delta_sensor": _DELTA_SENSOR,
    "airflow.sensors.time_sensor": _TIME_SENSOR,
    "airflow.sensors.weekday": _WEEKDAY_SENSOR,
    "airflow.timetables.assets": _ASSET_TIMETABLE,
    "airflow.timetables.base": _BASE_TIMETABLE,
    "airflow.timetables.datasets": _from("brisa.authoring.timetables", "DatasetOrTimeSchedule"),
    "airflow.timetables.events": _EVENTS_TIMETABLE,
    "airflow.timetables.interval": _CRON_TIMETABLES,
    "airflow.timetables.simple": _SIMPLE_TIMETABLES,
    "airflow.timetables.trigger": _TRIGGER_TIMETABLES,
    "airflow.triggers.base": _TRIGGERS,
    "airflow.triggers.external_task": _DAG_STATE_TRIGGER,
    "airflow.triggers.file": _FILE_TRIGGERS,
    "airflow.triggers.temporal": _TIME_TRIGGERS,
    "airflow.utils.context": _from("brisa.compat.misc", "Context"),
    "airflow.utils.dates": _from(
        "brisa.compat.dates", "days_ago", "cron_presets", "parse_execution_date", "round_time"
    ),
    "airflow.utils.decorators": _from("brisa.compat.misc", "apply_defaults"),
    "airflow.utils.edgemodifier": _LABEL,
    "airflow.utils.email": _from("brisa.compat.email", "get_email_address_list", "send_email", "send_email_smtp"),
    "airflow.utils.helpers": _EDGES,
    "airflow.utils.log.logging_mixin": _from("brisa.compat.misc", "LoggingMixin"),
    "airflow.utils.log.secrets_masker": _SECRETS,
    "airflow.sdk.log": _SECRETS,
    "airflow.sdk.execution_time.secrets_masker": _SECRETS,
    "airflow.utils.state": _STATES | _from("brisa.compat.state", "State"),
    "airflow.utils.task_group": _TASK_GROUP,
    "airflow.utils.template": _TEMPLATES,
    "airflow.utils.timezone": _TIMEZONE,
    "airflow.utils.trigger_rule": _TRIGGER_RULE,
    "airflow.utils.types": _RUN_TYPE,
    "airflow.utils.weekday": _WEEKDAY,
    "airflow.utils.weight_rule": _WEIGHT_RULE,
}
TABLE: Final[Mapping[str, Mapping[str, str]]] = joined(_TABLE, PARTITIONS, NEEDED)

DEPRECATED: Final[Mapping[str, str]] = {
    "airflow.contrib.sensors.bash_sensor": "airflow.sensors.bash",
    "airflow.contrib.sensors.file_sensor": "airflow.sensors.filesystem",
    "airflow.contrib.sensors.python_sensor": "airflow.sensors.python",
    "airflow.contrib.sensors.weekday_sensor": "airflow.sensors.weekday",
    "airflow.contrib.utils.weekday": "airflow.utils.weekday",
    "airflow.hooks.base_hook": "airflow.hooks.base",
    "airflow.hooks.dbapi": "airflow.providers.common.sql.hooks.sql",
    "airflow.hooks.dbapi_hook": "airflow.providers.common.sql.hooks.sql",
    "airflow.hooks.http_hook": "airflow.providers.http.hooks.http",
    "airflow.hooks.mysql_hook": "airflow.providers.mysql.hooks.mysql",
    "airflow.hooks.postgres_hook": "airflow.providers.postgres.hooks.postgres",
    "airflow.hooks.sqlite_hook": "airflow.providers.sqlite.hooks.sqlite",
    "airflow.operators.bash_operator": "airflow.operators.bash",
    "airflow.operators.branch_operator": "airflow.operators.branch",
    "airflow.operators.dummy": "airflow.operators.empty",
    "airflow.operators.dummy_operator": "airflow.operators.empty",
    "airflow.operators.email_operator": "airflow.operators.email",
    "airflow.operators.http_operator": "airflow.providers.http.operators.http",
    "airflow.operators.latest_only_operator": "airflow.operators.latest_only",
    "airflow.operators.mysql_operator": "airflow.providers.common.sql.operators.sql",
    "airflow.operators.postgres_operator": "airflow.providers.common.sql.operators.sql",
    "airflow.operators.dagrun_operator": "airflow.operators.trigger_dagrun",
    "airflow.operators.python_operator": "airflow.operators.python",
    "airflow.operators.sql": "airflow.providers.common.sql.operators.sql",
    "airflow.operators.sqlite_operator": "airflow.providers.common.sql.operators.sql",
    "airflow.sensors.base_sensor_operator": "airflow.sensors.base",
    "airflow.sensors.external_task_sensor": "airflow.sensors.external_task",
    "airflow.sensors.date_time_sensor": "airflow.sensors.date_time",
    "airflow.sensors.http_sensor": "airflow.providers.http.sensors.http",
    "airflow.sensors.sql": "airflow.providers.common.sql.sensors.sql",
    "airflow.sensors.sql_sensor": "airflow.providers.common.sql.sensors.sql",
    "airflow.sensors.time_delta_sensor": "airflow.sensors.time_delta",
    "airflow.utils.dates": "a fixed start_date, such as datetime(2024, 1, 1)",
    "airflow.utils.decorators": "no decorator at all",
}
"""Old paths that warn, and what to use instead. (Paths that Airflow 3 moved are not among them: 2.x files are fine.)"""

PACKAGES: Final = frozenset(
    ".".join(parts[: length + 1]) for parts in (path.split(".") for path in TABLE) for length in range(len(parts))
)
"""Every module and package that can be imported."""
