"""Adapters that keep everything in this process's memory: for tests, and for runs that leave nothing behind."""

from brisa.adapters.memory.blobs import MemoryBlobs
from brisa.adapters.memory.bundle import MemoryBundle
from brisa.adapters.memory.clock import FakeClock
from brisa.adapters.memory.jobs import MemoryJobs
from brisa.adapters.memory.queue import MemoryQueue
from brisa.adapters.memory.secrets import MemorySecrets
from brisa.adapters.memory.store import MemoryStore
from brisa.adapters.memory.telemetry import MemoryTelemetry

__all__ = [
    "FakeClock",
    "MemoryBlobs",
    "MemoryBundle",
    "MemoryJobs",
    "MemoryQueue",
    "MemorySecrets",
    "MemoryStore",
    "MemoryTelemetry",
]
