"""Moving data between this machine, Cloud Storage and BigQuery."""

from __future__ import annotations

from brisa.operators.google.copies import (
    GCSToGCSOperator,
    GCSToLocalFilesystemOperator,
    LocalFilesystemToGCSOperator,
)
from brisa.operators.google.loads import (
    BigQueryToBigQueryOperator,
    BigQueryToGCSOperator,
    GCSToBigQueryOperator,
)

__all__ = [
    "BigQueryToBigQueryOperator",
    "BigQueryToGCSOperator",
    "GCSToBigQueryOperator",
    "GCSToGCSOperator",
    "GCSToLocalFilesystemOperator",
    "LocalFilesystemToGCSOperator",
]
