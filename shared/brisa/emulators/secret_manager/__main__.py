"""``python -m brisa.emulators.secret_manager --port P --data FILE``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …}``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from brisa.emulators.secret_manager.ledger import Ledger
from brisa.emulators.secret_manager.service import serve
from brisa.emulators.secret_manager.vault import Vault
from brisa.errors import EmulatorError


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="brisa.emulators.secret_manager", description="A local Secret Manager.")
    parser.add_argument("--port", type=_port, default=0, help="gRPC, on 127.0.0.1; 0 for a free one")
    parser.add_argument("--data", type=Path, help="SQLite file that outlives the emulator; default: memory")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input does: with its parent")
    return parser.parse_args()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError(text)
    return number


def main(options: argparse.Namespace) -> None:
    """Serve until a signal. :class:`EmulatorError` for a port or a file that can't be used."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    vault = Vault(Ledger(options.data))
    server, port = serve(vault, options.port)
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    if options.while_stdin:
        threading.Thread(target=_at_end_of_input, args=(stop,), daemon=True).start()
    stop.wait()
    server.stop(grace=0.5).wait()
    vault.close()


def _at_end_of_input(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    try:
        main(arguments())
    except EmulatorError as error:
        sys.exit(str(error))
