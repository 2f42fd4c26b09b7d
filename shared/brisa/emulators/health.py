"""``GET /`` says whether an emulator's threads are alive."""

from __future__ import annotations

from collections.abc import Callable

from brisa.emulators.http_side import Handler, HttpSide


class Health(HttpSide):
    """200 while ``well()``, else 503."""

    def __init__(self, port: int, well: Callable[[], bool]) -> None:
        super().__init__(port, _Handler)
        self.well = well


class _Handler(Handler):
    server: Health  # type: ignore[mutable-override] # nobody else makes one

    def do_GET(self) -> None:  # noqa: N802 (the base class names it)
        """The one thing to ask."""
        self.answer(200 if self.server.well() else 503, '{"service": "emulator"}')
