"""``python -m brisa.emulators.eventarc --port P --data FILE …``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …, "http_port": …}``.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from brisa.emulators.eventarc.deliveries import Deliveries
from brisa.emulators.eventarc.ledger import Ledger
from brisa.emulators.eventarc.publisher import serve
from brisa.emulators.health import Health
from brisa.emulators.post import Caller, loopback
from brisa.errors import EmulatorError

DEADLINE = 540.0
"""Seconds that a function may take for an event, as on Cloud Run."""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="brisa.emulators.eventarc", description="A local Eventarc.")
    parser.add_argument("--port", type=int, default=0, help="gRPC, on 127.0.0.1; 0 for a free one")
    parser.add_argument("--http-port", type=int, default=0, help="health; 0 for a free one")
    parser.add_argument("--data", type=Path, help="SQLite file that outlives the emulator; default: memory")
    parser.add_argument("--url", type=loopback, required=True, help="the function that gets the events")
    parser.add_argument("--account", required=True, help="the trigger's service account")
    parser.add_argument("--token-url", type=loopback, required=True, help="who signs: the Cloud Tasks emulator")
    parser.add_argument("--threads", type=int, default=8, help="events under way at most")
    parser.add_argument("--duplicates", type=int, default=0, help="deliver each event so many times more")
    parser.add_argument("--first-pause", type=_positive, default=0.5, help="seconds before a second attempt")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input does: with its parent")
    parser.add_argument("--verbose", action="store_true", help="a line for each event that is delivered again")
    return parser.parse_args()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def main(options: argparse.Namespace) -> None:
    """Serve until a signal. :class:`EmulatorError` for a port or a file that can't be used."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    caller = Caller(url=options.url, account=options.account, google=options.token_url, timeout=DEADLINE)
    deliveries = Deliveries(
        Ledger(options.data),
        caller,
        time.time,
        threads=options.threads,
        copies=options.duplicates,
        least=options.first_pause,
    )
    try:
        health = Health(options.http_port, lambda: deliveries.alive)
    except OSError as error:
        raise EmulatorError(f"Port {options.http_port} can't be used: {error.strerror}") from error
    server, port = serve(deliveries.accept, options.port)
    deliveries.start()
    threading.Thread(target=health.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"port": port, "http_port": health.server_address[1]}) + "\n")
    sys.stdout.flush()
    if options.while_stdin:
        threading.Thread(target=_at_end_of_input, args=(stop,), daemon=True).start()
    stop.wait()
    server.stop(grace=0.5).wait()
    deliveries.stop()
    health.shutdown()


def _at_end_of_input(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    chosen = arguments()
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.WARNING)
    try:
        main(chosen)
    except EmulatorError as error:
        sys.exit(str(error))
    # A delivery under way may last minutes yet; the next emulator makes it again.
    os._exit(0)
