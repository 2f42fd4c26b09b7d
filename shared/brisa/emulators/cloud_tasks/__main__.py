"""``python -m brisa.emulators.cloud_tasks --port P --data FILE``: runs until SIGTERM or SIGINT.

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
from pathlib import Path

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.clock import EmulatorClock
from brisa.emulators.cloud_tasks.delivery import deliver
from brisa.emulators.cloud_tasks.dispatcher import Dispatcher
from brisa.emulators.cloud_tasks.identity import Signer
from brisa.emulators.cloud_tasks.ledger import Ledger
from brisa.emulators.cloud_tasks.service import serve
from brisa.emulators.cloud_tasks.side_door import SideDoor
from brisa.errors import EmulatorError


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="brisa.emulators.cloud_tasks", description="A local Cloud Tasks.")
    parser.add_argument("--port", type=_port, default=0, help="gRPC, on 127.0.0.1; 0 for a free one")
    parser.add_argument("--http-port", type=_port, default=0, help="public keys and health; 0 for a free one")
    parser.add_argument("--data", type=Path, help="SQLite file that outlives the emulator; default: memory")
    parser.add_argument("--duplicates", type=int, default=0, help="deliver each task so many times more")
    parser.add_argument("--threads", type=int, default=64, help="attempts under way at most, over all queues")
    parser.add_argument("--manual-clock", action="store_true", help="time stands still until PUT /clock")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input does: with its parent")
    parser.add_argument("--verbose", action="store_true", help="a line for each attempt")
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
    clock = EmulatorClock(manual=options.manual_clock)
    ledger = Ledger(options.data)
    signer = Signer(ledger)
    broker = Broker(ledger, clock.now, copies=options.duplicates)
    dispatcher = Dispatcher(broker, clock, lambda dispatch: deliver(dispatch, signer.token), threads=options.threads)
    try:
        door = SideDoor(options.http_port, signer, clock, broker, dispatcher)
    except OSError as error:
        raise EmulatorError(f"Port {options.http_port} can't be used: {error.strerror}") from error
    server, port = serve(broker, options.port)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    dispatcher.start()
    sys.stdout.write(json.dumps({"port": port, "http_port": door.server_address[1]}) + "\n")
    sys.stdout.flush()
    if options.while_stdin:
        threading.Thread(target=_at_end_of_input, args=(stop,), daemon=True).start()
    stop.wait()
    server.stop(grace=0.5).wait()
    dispatcher.stop()
    door.shutdown()
    with broker.changed:
        ledger.close()


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
    # An attempt under way may last half an hour yet; the next emulator makes it again.
    os._exit(0)
