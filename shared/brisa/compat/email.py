"""``airflow.utils.email``: e-mail through an SMTP server, for operators, for callbacks, and for brisa's own alerts.

Which server: the connection, if it is defined, then ``BRISA_SMTP_…``, then Airflow's ``AIRFLOW__SMTP__SMTP_…``. A
connection that has a host says all about that server, with the extras of Airflow's SMTP provider (``disable_ssl``,
``disable_tls``, ``from_email``, ``timeout``, ``ssl_context``) and its defaults: TLS from the first byte. One without a
host brings the login alone, as in Airflow 2. The settings' defaults are Airflow 2's: STARTTLS, no TLS before.

Airflow goes on with localhost where nothing is set; here that is an error, for nobody is on a function's localhost.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from smtplib import SMTP, SMTP_SSL, SMTPAuthenticationError, SMTPException
from typing import Any, Final

from brisa.authoring.connections import Connection, find_connection, not_defined
from brisa.authoring.exceptions import AirflowConfigException, AirflowException
from brisa.compat.misc import conf

DEFAULT_CONNECTION: Final = "smtp_default"
Addresses = str | Iterable[str] | None
"""One or several, in a text with commas or semicolons between them, or in a list."""

log: Final = logging.getLogger("airflow.utils.email")
_SETTINGS: Final = {
    "host": ("BRISA_SMTP_HOST", "smtp_host"),
    "port": ("BRISA_SMTP_PORT", "smtp_port"),
    "login": ("BRISA_SMTP_USER", "smtp_user"),
    "password": ("BRISA_SMTP_PASSWORD", "smtp_password"),
    "starttls": ("BRISA_SMTP_STARTTLS", "smtp_starttls"),
    "ssl": ("BRISA_SMTP_SSL", "smtp_ssl"),
    "sender": ("BRISA_SMTP_MAIL_FROM", "smtp_mail_from"),
    "timeout": ("BRISA_SMTP_TIMEOUT", "smtp_timeout"),
}
"""Setting → brisa's environment variable, and the key in Airflow's section ``smtp``."""
_TRUE: Final = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
_PORTS: Final = {"ssl": 465, "starttls": 587, "plain": 25}


class NoMailServerError(AirflowConfigException):
    """No setting and no connection names a mail server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where e-mail is handed in, and how. ``timeout`` is in seconds, for each step."""

    host: str
    port: int
    login: str = ""
    password: str = field(default="", repr=False)
    ssl: bool = False
    """TLS from the first byte."""
    starttls: bool = True
    """TLS from the second step on; a server that has none is refused."""
    verified: bool = True
    """Whether the server has to prove who it is."""
    sender: str = ""
    timeout: float = 30.0


def mail_server(conn_id: str | None = None) -> MailServer:
    """The server to use; :class:`NoMailServerError` if none is named anywhere."""
    connection = find_connection(conn_id or DEFAULT_CONNECTION)
    if connection is None and conn_id not in (None, DEFAULT_CONNECTION):
        raise not_defined(str(conn_id))
    if connection is not None and connection.host:
        return _of_connection(connection)
    host = _setting("host")
    if not host:
        raise NoMailServerError(
            f"no mail server is set: set BRISA_SMTP_HOST, or define the connection {DEFAULT_CONNECTION!r}"
        )
    secured = _true("ssl", _setting("ssl"), False)
    starttls = not secured and _true("starttls", _setting("starttls"), True)
    server = MailServer(
        host=host,
        port=_number("port", _setting("port"), _port(secured, starttls), int),
        login=_setting("login"),
        password=_setting("password"),
        ssl=secured,
        starttls=starttls,
        sender=_setting("sender"),
        timeout=_number("timeout", _setting("timeout"), 30.0, float),
    )
    if connection is not None and connection.login:
        server = replace(server, login=connection.login, password=connection.password or "")
    return server


def _of_connection(connection: Connection) -> MailServer:
    extra = connection.extra_dejson
    extra = extra if isinstance(extra, dict) else {}
    secured = not _true("disable_ssl", extra.get("disable_ssl"), False)
    starttls = not secured and not _true("disable_tls", extra.get("disable_tls"), False)
    return MailServer(
        host=connection.host or "",
        port=connection.port or _port(secured, starttls),
        login=connection.login or "",
        password=connection.password or "",
        ssl=secured,
        starttls=starttls,
        verified=extra.get("ssl_context") != "none",
        sender=extra.get("from_email") or _setting("sender"),
        timeout=_number("timeout", extra.get("timeout"), 30.0, float),
    )


def _port(secured: bool, starttls: bool) -> int:
    return _PORTS["ssl" if secured else "starttls" if starttls else "plain"]


def _setting(name: str) -> str:
    """A setting as text; empty if there is none."""
    own, airflows = _SETTINGS[name]
    return os.environ.get(own) or str(conf.get("smtp", airflows, fallback=""))


def _true(name: str, value: Any, otherwise: bool) -> bool:
    if isinstance(value, bool) or value in (None, ""):
        return otherwise if value in (None, "") else bool(value)
    found = _TRUE.get(str(value).strip().lower())
    if found is None:
        raise AirflowConfigException(f"the mail server's setting {name} is to be true or false, not {value!r}")
    return found


def _number(name: str, value: Any, otherwise: Any, kind: type[int | float]) -> Any:
    if value in (None, ""):
        return otherwise
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise AirflowConfigException(f"the mail server's setting {name} is to be a number, not {value!r}") from None


def get_email_address_list(addresses: Addresses) -> list[str]:
    """The single addresses; blanks around them are dropped, and empty ones."""
    several = [addresses] if isinstance(addresses, str) else addresses
    try:
        found = [one.strip() for text in several or () for one in re.split("[,;]", text)]
    except TypeError:
        raise TypeError("e-mail addresses are a text, or a list of texts") from None
    return [one for one in found if one]


def compose(
    *,
    sender: str,
    to: Addresses,
    subject: str,
    html_content: str,
    text: str | None = None,
    files: Iterable[str | os.PathLike[str]] | None = None,
    cc: Addresses = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    custom_headers: Mapping[str, Any] | None = None,
    identity: str | None = None,
) -> EmailMessage:
    """An e-mail, not sent yet.

    ``text`` is for readers without HTML. Each of ``files`` is attached, and can be shown as ``cid:NAME``.
    ``identity``: what makes the e-mail this one; sent twice, mail systems can tell by its Message-ID.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(get_email_address_list(to))
    if get_email_address_list(cc):
        message["Cc"] = ", ".join(get_email_address_list(cc))
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{identity}@{domain}>" if identity else make_msgid(domain=domain)
    if text is not None:
        message.set_content(text)
        message.add_alternative(html_content, subtype="html", charset=mime_charset)
    else:
        message.set_content(html_content, subtype="html", charset=mime_charset)
    _attach(message, [Path(file) for file in files or ()], mime_subtype)
    for name, value in (custom_headers or {}).items():
        del message[name]
        message[name] = str(value)
    return message


def _attach(message: EmailMessage, files: list[Path], subtype: str) -> None:
    kinds = {"mixed": "make_mixed", "related": "make_related", "alternative": "make_alternative"}
    if subtype not in kinds:
        raise AirflowException(f"mime_subtype is one of {', '.join(kinds)}, not {subtype!r}")
    if files:
        getattr(message, kinds[subtype])()
    for file in files:
        part = EmailMessage()
        part.set_content(
            file.read_bytes(), "application", "octet-stream", disposition="attachment", filename=file.name,
            cid=f"<{file.name}>",
        )  # fmt: skip
        message.attach(part)


def deliver(message: EmailMessage, server: MailServer, bcc: Addresses = None) -> None:
    """Hand an e-mail in; :class:`AirflowException` if the server can't be reached or takes it for nobody."""
    recipients = [
        *(one for name in ("To", "Cc") for one in get_email_address_list(message[name])),
        *get_email_address_list(bcc),
    ]
    if not recipients:
        raise AirflowException("the e-mail has no recipients")
    with _errors(server), _connected(server) as client:
        refused = client.send_message(message, to_addrs=recipients)
        with contextlib.suppress(SMTPException, OSError):  # it has been accepted: what follows can't change that
            client.quit()
    if refused:
        log.warning("The mail server %s refused the recipients %s", server.host, ", ".join(refused))


@contextlib.contextmanager
def _connected(server: MailServer) -> Iterator[SMTP]:
    context = ssl.create_default_context()
    if not server.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    client = (
        SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        if server.ssl
        else SMTP(server.host, server.port, timeout=server.timeout)
    )
    try:
        if server.starttls and not server.ssl:
            client.starttls(context=context)
        if server.login:
            client.login(server.login, server.password)
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def _errors(server: MailServer) -> Iterator[None]:
    """The errors of one delivery in words. What a server answers to a login is not repeated: it may quote it."""
    place = f"the mail server {server.host}:{server.port}"
    try:
        yield
    except SMTPAuthenticationError as error:
        raise AirflowException(f"{place} refused the login (status {error.smtp_code})") from None
    except UnicodeEncodeError:
        raise AirflowException(f"{place} can't be told a login or password that is not ASCII") from None
    except SMTPException as error:
        raise AirflowException(f"{place} did not take the e-mail: {type(error).__name__}: {error}") from error
    except OSError as error:
        raise AirflowException(f"{place} can't be reached: {error.strerror or error}") from error


def send_email(
    to: Addresses,
    subject: str,
    html_content: str,
    files: Iterable[str | os.PathLike[str]] | None = None,
    dryrun: bool = False,
    cc: Addresses = None,
    bcc: Addresses = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = None,
    custom_headers: Mapping[str, Any] | None = None,
    *,
    from_email: str | None = None,
    identity: str | None = None,
    **_: Any,
) -> None:
    """Send an e-mail; ``dryrun`` only composes it. ``bcc`` is in no header."""
    server = mail_server(conn_id)
    message = compose(
        sender=from_email or sender_of(server),
        to=to,
        subject=subject,
        html_content=html_content,
        files=files,
        cc=cc,
        mime_subtype=mime_subtype,
        mime_charset=mime_charset,
        custom_headers=custom_headers,
        identity=identity,
    )
    if dryrun:
        return
    log.info("Sending an e-mail through %s", server.host)
    deliver(message, server, bcc)


send_email_smtp: Final = send_email
"""Airflow's name for the same with SMTP, which is all that brisa has."""


def sender_of(server: MailServer) -> str:
    """Whom the e-mail is from: the server's setting, else the login if that is an address."""
    airflows = str(conf.get("email", "from_email", fallback=""))
    found = server.sender or airflows or (server.login if "@" in server.login else "")
    if not found:
        raise AirflowConfigException("whom e-mail is from is not set: set BRISA_SMTP_MAIL_FROM")
    return found
