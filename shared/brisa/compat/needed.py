"""Names of Airflow's core that provider packages import, beside those that DAG files do: rows for the table.

They are written against Airflow 3's paths, and against a few of ``airflow.utils`` that both versions have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from brisa.compat.rows import names_from

_ARGUMENTS = names_from("brisa.compat.arguments", "ArgNotSet", "NOTSET")
_DECORATORS = names_from("brisa.authoring.taskflow", "TaskDecorator") | names_from(
    "brisa.compat.decorators",
    "DecoratedOperator",
    "KeywordParameters",
    "get_unique_task_id",
    "is_async_callable",
    "task_decorator_factory",
)
_DETERMINE = names_from("brisa.compat.helpers", "determine_kwargs")
_LINKS = names_from("brisa.compat.links", "BaseOperatorLink")
_KEY = names_from("brisa.authoring.running", "TaskInstanceKey")
_XCOM = names_from("brisa.compat.links", "XCom", "BaseXCom", "XCOM_RETURN_KEY")
_NOTIFIER = names_from("brisa.compat.notifier", "BaseNotifier")
_PLUGIN = names_from("brisa.compat.extensions", "AirflowPlugin")
_STATS = names_from("brisa.compat.extensions", "Stats")
_HOOK = names_from("brisa.authoring.hooks", "BaseHook")
_CONNECTION = names_from("brisa.authoring.connections", "Connection")
_POKE_ONLY = names_from("brisa.compat.operators", "poke_mode_only")
_TIMEOUT = names_from("brisa.compat.timeout", "timeout")
_IMPORTING = names_from("brisa.compat.helpers", "import_string", "iter_namespace", "qualname")
_FEATURE = names_from("brisa.compat.exceptions", "AirflowOptionalProviderFeatureException")
_LINEAGE = names_from(
    "brisa.compat.lineage",
    "AssetLineageInfo",
    "HookLineage",
    "HookLineageCollector",
    "HookLineageReader",
    "NoOpCollector",
    "get_hook_lineage_collector",
)

NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "airflow.exceptions": _FEATURE,
    "airflow.hooks.base": _HOOK,
    "airflow.models": _LINKS | _CONNECTION,
    "airflow.models.baseoperatorlink": _LINKS,
    "airflow.models.connection": _CONNECTION,
    "airflow.models.taskinstancekey": _KEY,
    "airflow.models.xcom": _XCOM,
    "airflow.notifications.basenotifier": _NOTIFIER,
    "airflow.plugins_manager": _PLUGIN,
    "airflow.providers_manager": names_from("brisa.authoring.installed", "ProvidersManager"),
    "airflow.sdk": _NOTIFIER | _LINKS | _HOOK | _CONNECTION,
    "airflow.sdk._shared.listeners": names_from("brisa.compat.extensions", "hookimpl"),
    "airflow.sdk.bases.decorator": _DECORATORS | _DETERMINE,
    "airflow.sdk.bases.hook": _HOOK,
    "airflow.sdk.bases.notifier": _NOTIFIER,
    "airflow.sdk.bases.operator": names_from("brisa.compat.operators", "BaseAsyncOperator"),
    "airflow.sdk.bases.sensor": _POKE_ONLY,
    "airflow.sdk.bases.xcom": names_from("brisa.compat.links", "BaseXCom"),
    "airflow.sdk.definitions._internal.types": _ARGUMENTS
    | names_from("brisa.compat.arguments", "SET_DURING_EXECUTION", "is_arg_set"),
    "airflow.sdk.definitions.context": names_from("brisa.compat.helpers", "context_merge"),
    "airflow.sdk.definitions.connection": _CONNECTION,
    "airflow.sdk.exceptions": _FEATURE,
    "airflow.sdk.execution_time.timeout": _TIMEOUT,
    "airflow.sdk.execution_time.xcom": _XCOM,
    "airflow.sdk.lineage": _LINEAGE,
    "airflow.sdk.module_loading": _IMPORTING,
    "airflow.sdk.observability.stats": _STATS,
    "airflow.sdk.plugins_manager": _PLUGIN,
    "airflow.sdk.types": _KEY,
    "airflow.stats": _STATS,
    "airflow.utils.file": names_from("brisa.compat.helpers", "correct_maybe_zipped"),
    "airflow.utils.hashlib_wrapper": names_from("brisa.compat.helpers", "md5"),
    "airflow.utils.helpers": names_from(
        "brisa.compat.helpers", "at_most_one", "convert_camel_to_snake", "exactly_one", "merge_dicts"
    ),
    "airflow.utils.module_loading": _IMPORTING,
    "airflow.utils.operator_helpers": _DETERMINE | names_from("brisa.compat.helpers", "make_kwargs_callable"),
    "airflow.utils.platform": names_from("brisa.compat.helpers", "getuser"),
    "airflow.utils.process_utils": names_from("brisa.compat.helpers", "patch_environ"),
    "airflow.utils.session": names_from("brisa.compat.helpers", "NEW_SESSION", "provide_session"),
    "airflow.utils.strings": names_from("brisa.compat.helpers", "to_boolean"),
    "airflow.utils.timeout": _TIMEOUT,
    "airflow.utils.types": _ARGUMENTS,
    "airflow.utils.yaml": names_from("yaml", "YAMLError", "dump", "safe_load"),
}
