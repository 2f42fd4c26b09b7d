"""An emulator's life as a process: what it is asked for, how it says where it listens, what ends it."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

from brisa.errors import EmulatorError


def grpc_options(name: str, description: str) -> argparse.ArgumentParser:
    """A parser of what every gRPC emulator takes: ``--port``, ``--data``, ``--while-stdin``."""
    parser = argparse.ArgumentParser(prog=f"brisa.emulators.{name}", description=description)
    parser.add_argument("--port", type=port_number, default=0, help="gRPC, on 127.0.0.1; 0 for a free one")
    parser.add_argument("--data", type=Path, help="SQLite file that outlives the emulator; default: memory")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input does: with its parent")
    return parser


def port_number(text: str) -> int:
    """The port of an option; ``ValueError`` for what is none."""
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError(text)
    return number


def live(
    emulator: AbstractContextManager[Mapping[str, int] | None], *, while_stdin: bool = False, verbose: bool = False
) -> NoReturn:
    """Open ``emulator``, keep it so until SIGTERM or SIGINT, close it, and end the process.

    ``while_stdin``: the end of standard input ends it too. The ports that the emulator gives, if any, are printed as
    one line of JSON; :class:`EmulatorError` is printed in its own words, and ends the process with status 1.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with emulator as ports:
            if ports is not None:
                sys.stdout.write(json.dumps(ports) + "\n")
                sys.stdout.flush()
            if while_stdin:
                threading.Thread(target=_at_end_of_input, args=(stop,), daemon=True).start()
            stop.wait()
    except EmulatorError as error:
        sys.exit(str(error))
    # What is under way may last half an hour yet, and nobody waits for it: the next process makes it again.
    os._exit(0)


def _at_end_of_input(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()
