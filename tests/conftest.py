"""What holds for every test."""

from __future__ import annotations

import os
import signal

import pytest

# Cloud Storage's client would ask each bucket something in a thread of its own, and go on trying when the emulator of a
# test has long gone.
os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
# A shell's job in the background ignores Ctrl-C, and so would every program that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

_LONG = ("slow", "browser", "firestore")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with what takes long come first: no process is left alone with one of them in the end."""
    long = {item.path for item in items if any(map(item.get_closest_marker, _LONG))}
    items.sort(key=lambda item: item.path not in long)
