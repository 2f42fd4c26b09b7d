"""A mail server that keeps what it is given: in memory, and as ``.eml`` files if it has a folder."""

from __future__ import annotations

import email
import itertools
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True, slots=True)
class Carta:
    """One e-mail as it was handed in."""

    para: tuple[str, ...]
    asunto: str
    html: str


class _Controlador(Controller):
    """aiosmtpd's controller, which makes sure of its server by calling it: where it listens, not at port 0."""

    def _trigger_server(self) -> None:
        servidor: Any = self.server
        self.port = int(servidor.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Buzon:
    """The server's memory. Use as ``with Buzon() as buzon``; ``puerto`` is where it listens on 127.0.0.1."""

    def __init__(self, puerto: int = 0, carpeta: Path | None = None) -> None:
        self.cartas: list[Carta] = []
        self._carpeta = carpeta
        self._numeros = itertools.count(1)
        self._controller = _Controlador(self, hostname="127.0.0.1", port=puerto)

    @property
    def puerto(self) -> int:
        """The port, once it has begun."""
        return int(self._controller.port)

    def __enter__(self) -> Buzon:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd calls it so
        """One e-mail."""
        mensaje: EmailMessage = email.message_from_bytes(envelope.original_content, policy=policy.default)
        if self._carpeta is not None:
            self._carpeta.mkdir(parents=True, exist_ok=True)
            (self._carpeta / f"{next(self._numeros):04d}.eml").write_bytes(envelope.original_content)
        parte = mensaje.get_body(("html", "plain"))
        texto = "" if parte is None else parte.get_content().replace("\r\n", "\n")
        self.cartas.append(Carta(tuple(envelope.rcpt_tos), str(mensaje["Subject"]), texto))
        return "250 OK"
