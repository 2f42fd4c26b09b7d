"""``EmailOperator`` and ``SmtpHook``: e-mail as a task."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

from brisa.authoring.hooks import BaseHook
from brisa.authoring.operator import BaseOperator
from brisa.compat.email import DEFAULT_CONNECTION, Addresses, get_email_address_list, mail_server, send_email


class EmailOperator(BaseOperator):
    """Sends ``html_content`` to ``to``, ``cc`` and ``bcc``: lists, or texts with commas or semicolons.

    - ``conn_id``: the connection with the mail server; :mod:`brisa.compat.email` says what holds without one.
    - ``files``: paths of what is attached; ``mime_subtype="related"`` lets the HTML show them (``cid:NAME``).
    - ``from_email``: whom it is from, unless the settings' sender.

    A content that ends in ``.html`` is a file beside the DAG file. The e-mail's Message-ID is that of the try: if brisa
    has to repeat a try whose worker was lost, mail systems can tell that it is the same e-mail.
    """

    template_fields: Sequence[str] = (
        "to",
        "subject",
        "html_content",
        "from_email",
        "files",
        "cc",
        "bcc",
        "mime_subtype",
        "mime_charset",
        "conn_id",
        "custom_headers",
    )
    template_fields_renderers = {"html_content": "html"}  # noqa: RUF012  as Airflow
    template_ext: Sequence[str] = (".html",)
    ui_color = "#e6faf9"

    def __init__(
        self,
        *,
        to: str | list[str] | Any,
        subject: str | Any = None,
        html_content: str | Any = None,
        from_email: str | None = None,
        files: list[str] | Any = None,
        cc: str | list[str] | Any = None,
        bcc: str | list[str] | Any = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        conn_id: str | None = None,
        custom_headers: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.to = to
        self.subject = subject
        self.html_content = html_content
        self.from_email = from_email
        self.files = files or []
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.conn_id = conn_id
        self.custom_headers = custom_headers

    def execute(self, context: Mapping[str, Any]) -> None:
        """Send it."""
        send_email(
            self.to,
            self.subject or "",
            self.html_content or "",
            files=self.files,
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            conn_id=self.conn_id,
            custom_headers=self.custom_headers,
            from_email=self.from_email,
            identity=_identity(context.get("ti")),
        )
        self.log.info("Sent to %s", ", ".join(get_email_address_list(self.to)))


def _identity(ti: Any) -> str | None:
    """A name for the only e-mail of this try."""
    if ti is None:
        return None
    parts = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index, getattr(ti, "generation", 0), ti.try_number)
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).hexdigest()


class SmtpHook(BaseHook):
    """Sends e-mail through the server of a connection: ``with SmtpHook() as hook: hook.send_email_smtp(…)``."""

    conn_name_attr = "smtp_conn_id"

    def __init__(self, smtp_conn_id: str = DEFAULT_CONNECTION, auth_type: str = "basic") -> None:
        super().__init__()
        self.smtp_conn_id = smtp_conn_id
        self.auth_type = auth_type

    def __enter__(self) -> Self:
        return self.get_conn()

    def __exit__(self, *exc_info: object) -> None:
        """Nothing is open between two e-mails."""

    def get_conn(self) -> Self:
        """The hook itself, when there is a server to use."""
        mail_server(self.smtp_conn_id)
        return self

    def send_email_smtp(self, *, to: Addresses, subject: str = "", html_content: str = "", **options: Any) -> None:
        """Send one; the options are those of :func:`brisa.compat.email.send_email`."""
        send_email(to, subject, html_content, conn_id=self.smtp_conn_id, **options)
