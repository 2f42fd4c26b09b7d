"""The hooks, for functions of one's own."""

from __future__ import annotations

from brisa.operators.google.base_hook import GoogleBaseHook
from brisa.operators.google.bigquery_hook import BigQueryHook
from brisa.operators.google.gcs_hook import GCSHook

__all__ = ["BigQueryHook", "GCSHook", "GoogleBaseHook"]
