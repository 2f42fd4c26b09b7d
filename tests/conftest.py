"""What holds for every test."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# Cloud Storage's client would ask each bucket something in a thread of its own, and go on trying when the emulator of a
# test has long gone.
os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
# A shell's job in the background ignores Ctrl-C, and so would every program that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
LONG = ("pipelines", "cloud", "embedded", "emulators", "simulation", "cli")
"""Folders whose files have few tests, that take long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: at the end, one process would work on one of them, and the others would wait for it."""
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONG)
