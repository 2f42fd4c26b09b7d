"""What holds for every test."""

from __future__ import annotations

import os

# Cloud Storage's client would ask each bucket something in a thread of its own, and go on trying when the emulator of a
# test has long gone.
os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
