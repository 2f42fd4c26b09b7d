"""``python -m brisa.emulators.secret_manager --port P --data FILE``: runs until SIGTERM or SIGINT.

Once it listens it prints one line of JSON: ``{"port": …}``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from brisa.emulators.grpc_service import served
from brisa.emulators.life import grpc_options, live
from brisa.emulators.secret_manager.ledger import Ledger
from brisa.emulators.secret_manager.service import NAME, Service
from brisa.emulators.secret_manager.vault import Vault


@contextmanager
def emulator(options: argparse.Namespace) -> Iterator[dict[str, int]]:
    """Serves while the block lasts; :class:`EmulatorError` for a port or a file that can't be used."""
    vault = Vault(Ledger(options.data))
    with served(NAME, Service(vault), options.port, emulator="Secret Manager") as port:
        yield {"port": port}
    vault.close()


if __name__ == "__main__":
    chosen = grpc_options("secret_manager", "A local Secret Manager.").parse_args()
    live(emulator(chosen), while_stdin=chosen.while_stdin)
