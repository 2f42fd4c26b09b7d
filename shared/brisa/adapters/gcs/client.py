"""Google's client of Cloud Storage, or the same client of an emulator."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.storage import Client


def connect(project: str | None = None) -> Client:
    """A client with this process's own credentials; of the emulator at ``$STORAGE_EMULATOR_HOST``, without any.

    ``project`` by default is ``$GOOGLE_CLOUD_PROJECT``. Objects are reached without one; it is for creating buckets.
    """
    # Else the client asks each bucket, in a thread, for what it would write into traces that nobody reads.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    from google.cloud.storage import Client

    # It reads the emulator's address itself, and then looks for no credentials.
    return Client(project=project or os.environ.get("GOOGLE_CLOUD_PROJECT"))
