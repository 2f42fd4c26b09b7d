"""A real mail server on loopback, that keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Letter:
    """One e-mail as it was handed in: for whom, and what it says."""

    recipients: list[str]
    message: EmailMessage
    login: str | None

    def part(self, kind: str) -> str:
        """The text of its first part of a content type."""
        found = next(part for part in self.message.walk() if part.get_content_type() == kind)
        text: str = found.get_content()
        return text.replace("\r\n", "\n")


@dataclass
class MailBox:
    """The server: its port, and what it has been given."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Recipients that it does not know."""
    closed: bool = False
    """Whether it takes e-mail only after a login."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient of an e-mail."""
        if self.closed and not session.authenticated:
            return "530 log in first"
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        """The e-mail itself."""
        message = email.message_from_bytes(envelope.original_content or b"", policy=policy.default)
        given: Any = session.auth_data
        login = given.login.decode() if session.authenticated else None
        self.letters.append(Letter(list(envelope.rcpt_tos), message, login))
        return "250 OK"


@contextlib.contextmanager
def mail_box(
    *, login: tuple[str, str] | None = None, certificate: Path | None = None, tls_first: bool = False
) -> Iterator[MailBox]:
    """A server that runs meanwhile; ``login``: it wants one; ``certificate``: it has STARTTLS, or TLS at once."""
    box = MailBox(closed=login is not None)
    options: dict[str, Any] = {"hostname": "mail.test"}
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        if not tls_first:
            options |= {"tls_context": context, "require_starttls": True}
    if login is not None:

        def authenticate(
            _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
        ) -> AuthResult:
            right = given == LoginPassword(*(one.encode() for one in login))
            return AuthResult(success=right, auth_data=given) if right else AuthResult(success=False, handled=False)

        options |= {"authenticator": authenticate, "auth_require_tls": False}
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0, ssl=context if tls_first else None)
    )
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def self_signed(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1 in one file, which is to be trusted by name (``SSL_CERT_FILE``)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
