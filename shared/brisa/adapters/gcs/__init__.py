"""Blobs and the DAG bundle in Cloud Storage. Google's libraries are imported when a client is made, not before."""

from brisa.adapters.gcs.blobs import GcsBlobs
from brisa.adapters.gcs.bundle import GcsBundle
from brisa.adapters.gcs.client import connect

__all__ = ["GcsBlobs", "GcsBundle", "connect"]
