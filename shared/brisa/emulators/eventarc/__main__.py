"""``python -m brisa.emulators.eventarc --port P --data FILE …``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …, "http_port": …}``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager

from brisa.emulators.eventarc.deliveries import Deliveries
from brisa.emulators.eventarc.ledger import Ledger
from brisa.emulators.eventarc.publisher import NAME, Publisher
from brisa.emulators.grpc_service import served
from brisa.emulators.health import Health
from brisa.emulators.life import grpc_options, live, port_number
from brisa.emulators.post import Caller, loopback

DEADLINE = 540.0
"""Seconds that a function may take for an event, as on Cloud Run."""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = grpc_options("eventarc", "A local Eventarc.")
    parser.add_argument("--http-port", type=port_number, default=0, help="health; 0 for a free one")
    parser.add_argument("--url", type=loopback, required=True, help="the function that gets the events")
    parser.add_argument("--account", required=True, help="the trigger's service account")
    parser.add_argument("--token-url", type=loopback, required=True, help="who signs: the Cloud Tasks emulator")
    parser.add_argument("--threads", type=int, default=8, help="events under way at most")
    parser.add_argument("--duplicates", type=int, default=0, help="deliver each event so many times more")
    parser.add_argument("--first-pause", type=_positive, default=0.5, help="seconds before a second attempt")
    parser.add_argument("--verbose", action="store_true", help="a line for each event that is delivered again")
    return parser.parse_args()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


@contextmanager
def emulator(options: argparse.Namespace) -> Iterator[dict[str, int]]:
    """Serves while the block lasts; :class:`EmulatorError` for a port or a file that can't be used."""
    caller = Caller(url=options.url, account=options.account, google=options.token_url, timeout=DEADLINE)
    deliveries = Deliveries(
        Ledger(options.data),
        caller,
        time.time,
        threads=options.threads,
        copies=options.duplicates,
        least=options.first_pause,
    )
    health = Health(options.http_port, lambda: deliveries.alive)
    with served(NAME, Publisher(deliveries.accept), options.port, emulator="Eventarc") as port:
        deliveries.start()
        health.start()
        yield {"port": port, "http_port": health.server_port}
    deliveries.stop()


if __name__ == "__main__":
    chosen = arguments()
    live(emulator(chosen), while_stdin=chosen.while_stdin, verbose=chosen.verbose)
