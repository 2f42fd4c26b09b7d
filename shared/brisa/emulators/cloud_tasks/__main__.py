"""``python -m brisa.emulators.cloud_tasks --port P --data FILE``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …, "http_port": …}``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.clock import EmulatorClock
from brisa.emulators.cloud_tasks.delivery import deliver
from brisa.emulators.cloud_tasks.dispatcher import Dispatcher
from brisa.emulators.cloud_tasks.identity import Signer
from brisa.emulators.cloud_tasks.ledger import Ledger
from brisa.emulators.cloud_tasks.service import NAME, Service
from brisa.emulators.cloud_tasks.side_door import SideDoor
from brisa.emulators.grpc_service import served
from brisa.emulators.life import grpc_options, live, port_number


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = grpc_options("cloud_tasks", "A local Cloud Tasks.")
    parser.add_argument("--http-port", type=port_number, default=0, help="public keys and health; 0 for a free one")
    parser.add_argument("--duplicates", type=int, default=0, help="deliver each task so many times more")
    parser.add_argument("--threads", type=int, default=64, help="attempts under way at most, over all queues")
    parser.add_argument("--manual-clock", action="store_true", help="time stands still until PUT /clock")
    parser.add_argument("--verbose", action="store_true", help="a line for each attempt")
    return parser.parse_args()


@contextmanager
def emulator(options: argparse.Namespace) -> Iterator[dict[str, int]]:
    """Serves while the block lasts; :class:`EmulatorError` for a port or a file that can't be used."""
    clock = EmulatorClock(manual=options.manual_clock)
    ledger = Ledger(options.data)
    signer = Signer(ledger)
    broker = Broker(ledger, clock.now, copies=options.duplicates)
    dispatcher = Dispatcher(broker, clock, lambda dispatch: deliver(dispatch, signer.token), threads=options.threads)
    door = SideDoor(options.http_port, signer, clock, broker, dispatcher)
    with served(NAME, Service(broker), options.port, emulator="Cloud Tasks") as port:
        door.start()
        dispatcher.start()
        yield {"port": port, "http_port": door.server_port}
    dispatcher.stop()
    with broker.changed:
        ledger.close()


if __name__ == "__main__":
    chosen = arguments()
    live(emulator(chosen), while_stdin=chosen.while_stdin, verbose=chosen.verbose)
