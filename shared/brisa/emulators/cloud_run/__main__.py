"""``python -m brisa.emulators.cloud_run --port P --job NAME… [-- COMMAND…]``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …}``. What executions print goes to standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from brisa.emulators.cloud_run.checks import JOB
from brisa.emulators.cloud_run.executions import GRACE, Executions
from brisa.emulators.cloud_run.service import Service
from brisa.emulators.life import live, port_number

COMMAND = (sys.executable, "-m", "brisa.handlers.job")
"""What brisa's jobs run."""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="brisa.emulators.cloud_run", description="Local Cloud Run jobs.")
    parser.add_argument("--port", type=port_number, default=0, help="HTTP, on 127.0.0.1; 0 for a free one")
    parser.add_argument("--job", type=_job, action="append", default=[], help="the full name of a job; again for more")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds that an execution may take")
    parser.add_argument("--grace", type=float, default=GRACE, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input does: with its parent")
    parser.add_argument("command", nargs="*", default=COMMAND, help="what every job runs")
    return parser.parse_args()


def _job(text: str) -> str:
    if not JOB.fullmatch(text):
        raise ValueError(text)
    return text


@contextmanager
def emulator(options: argparse.Namespace) -> Iterator[dict[str, int]]:
    """Serves while the block lasts; :class:`EmulatorError` for a port that can't be used."""
    executions = Executions(options.job, options.command, timeout=options.timeout, grace=options.grace)
    service = Service(options.port, executions)
    service.start()
    yield {"port": service.server_port}
    executions.stop()


if __name__ == "__main__":
    chosen = arguments()
    live(emulator(chosen), while_stdin=chosen.while_stdin)
