"""One local cloud for all tests of a session: started by the first that needs it, ended with the session."""

from __future__ import annotations

import atexit
import fcntl
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from brisa.emulators import Emulators

HAS_BIGQUERY = sys.version_info[:2] == (3, 13)


@cache
def local_cloud() -> tuple[Emulators, dict[str, str]]:
    """The emulators and the environment by which clients find them; BigQuery only where there is one."""
    home = Path(tempfile.mkdtemp(prefix="brisa-cloud-"))
    lock = (home / "brisa.lock").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    emulators = Emulators(home, bigquery=HAS_BIGQUERY)

    def end() -> None:
        lock.close()
        emulators.stop()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)
    return emulators, emulators.start()
