"""Exceptions of Airflow that its provider packages raise and brisa itself has no use for."""

from __future__ import annotations

from brisa.authoring.exceptions import AirflowException


class AirflowOptionalProviderFeatureException(AirflowException):
    """A part of a provider package needs another package, which is not installed."""
