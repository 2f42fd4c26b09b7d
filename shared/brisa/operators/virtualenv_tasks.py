"""What ``@task.virtualenv`` and its like make."""

from __future__ import annotations

from brisa.operators.virtualenv import (
    BranchExternalPythonOperator,
    BranchPythonVirtualenvOperator,
    ExternalPythonOperator,
    PythonVirtualenvOperator,
)


class VirtualenvTask(PythonVirtualenvOperator):
    """``@task.virtualenv``."""

    custom_operator_name = "@task.virtualenv"


class ExternalPythonTask(ExternalPythonOperator):
    """``@task.external_python``."""

    custom_operator_name = "@task.external_python"


class BranchVirtualenvTask(BranchPythonVirtualenvOperator):
    """``@task.branch_virtualenv``."""

    custom_operator_name = "@task.branch_virtualenv"


class BranchExternalPythonTask(BranchExternalPythonOperator):
    """``@task.branch_external_python``."""

    custom_operator_name = "@task.branch_external_python"
