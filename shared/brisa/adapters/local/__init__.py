"""Adapters for one machine: folders, the system's clock, the lock of a home, and counters."""

from brisa.adapters.counts import Counts
from brisa.adapters.local.blobs import FolderBlobs
from brisa.adapters.local.bundle import FolderBundle
from brisa.adapters.local.clock import SystemClock
from brisa.adapters.local.counting import CountingQueue, CountingStore
from brisa.adapters.local.home import HomeLock

__all__ = ["CountingQueue", "CountingStore", "Counts", "FolderBlobs", "FolderBundle", "HomeLock", "SystemClock"]
