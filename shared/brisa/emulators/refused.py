"""How an emulated API says no."""

from __future__ import annotations

from brisa.errors import BrisaError


class Refused(BrisaError):
    """A call is answered with an error; ``status`` is the name of the gRPC status."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def invalid(message: str) -> Refused:
    """The call itself is wrong, whatever the state."""
    return Refused("INVALID_ARGUMENT", message)
