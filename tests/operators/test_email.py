"""E-mail through a real server on loopback: EmailOperator, its settings, and what goes wrong."""

import importlib
import json
from datetime import UTC, datetime

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.running import executing
from brisa.compat import active
from brisa.compat.email import get_email_address_list, mail_server, send_email
from brisa.model.states import OutcomeKind
from brisa.operators.email import EmailOperator, SmtpHook
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task
from tests.support.mail_box import mail_box, self_signed


@pytest.fixture
def box(monkeypatch):
    """A mail server, which the settings name."""
    with mail_box() as one:
        monkeypatch.setenv("BRISA_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("BRISA_SMTP_PORT", str(one.port))
        monkeypatch.setenv("BRISA_SMTP_STARTTLS", "false")
        monkeypatch.setenv("BRISA_SMTP_MAIL_FROM", "brisa@example.com")
        yield one


def mail(channel=None, changes=None, **kwargs):
    """Run one EmailOperator; its outcome."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        EmailOperator(task_id="t", **{"to": "ana@example.com", "subject": "s", "html_content": "<b>x</b>"} | kwargs)
    outcome, _ = run_task(dag, channel=channel, **(changes or {}))
    return outcome


def test_an_email_arrives(box):
    """Recipients, subject and body are templates; HTML arrives as HTML."""
    outcome = mail(
        to="{{ params.who }}@example.com; bob@example.com",
        subject="Ventas de {{ ds }}: ñ",
        html_content="<b>{{ run_id }}</b> €",
        params={"who": "ana"},
    )
    (letter,) = box.letters

    assert outcome.kind is OutcomeKind.SUCCESS
    assert letter.recipients == ["ana@example.com", "bob@example.com"]
    assert letter.message["From"] == "brisa@example.com"
    assert letter.message["To"] == "ana@example.com, bob@example.com"
    assert letter.message["Subject"] == "Ventas de 2024-01-15: ñ"
    assert letter.message["Date"]
    assert letter.part("text/html").strip() == "<b>scheduled__2024-01-15T00:00:00+00:00</b> €"


def test_copies_files_and_headers(box, tmp_path):
    """``cc`` is seen, ``bcc`` is not; a file is attached under its name; the sender can be set."""
    (tmp_path / "2024-01-15.csv").write_bytes(b"a,b\n1,2\n")
    mail(
        cc=["c@example.com"],
        bcc="d@example.com, e@example.com",
        files=[str(tmp_path / "{{ ds }}.csv")],
        mime_subtype="related",
        from_email="Ana <ana@example.org>",
        custom_headers={"Reply-To": "r@example.com", "Subject": "other"},
    )
    (letter,) = box.letters
    (attached,) = [part for part in letter.message.walk() if part.get_filename()]

    assert letter.recipients == ["ana@example.com", "c@example.com", "d@example.com", "e@example.com"]
    assert (letter.message["Cc"], letter.message["Bcc"]) == ("c@example.com", None)
    assert "d@example.com" not in letter.message.as_string()
    assert (letter.message["Reply-To"], letter.message["Subject"]) == ("r@example.com", "other")
    assert (letter.message["From"], letter.message.get_content_type()) == ("Ana <ana@example.org>", "multipart/related")
    assert (attached.get_filename(), attached.get_content()) == ("2024-01-15.csv", b"a,b\n1,2\n")
    assert attached["Content-ID"] == "<2024-01-15.csv>"


def test_a_try_that_is_repeated_sends_the_same_email(box):
    """The Message-ID is the try's: the same after a lost worker, another one in the next try."""
    for changes in ({"seq": 0}, {"seq": 1}, {"try_number": 2}):
        mail(changes=changes)
    first, again, retried = (letter.message["Message-ID"] for letter in box.letters)

    assert first == again != retried
    assert first.endswith("@example.com>")


def test_a_subject_of_several_lines_is_one_line(box):
    """So nothing in it becomes a header."""
    mail(subject="one\nBcc: x@example.com")
    (letter,) = box.letters
    assert (letter.message["Subject"], letter.message["Bcc"]) == ("one Bcc: x@example.com", None)


def test_send_email_in_a_function(box):
    """Airflow's function for callbacks; ``dryrun`` sends nothing."""
    send_email(["ana@example.com"], "s", "x", dryrun=True)
    assert box.letters == []
    send_email(["ana@example.com"], "s", "x")
    assert [letter.recipients for letter in box.letters] == [["ana@example.com"]]


def test_a_recipient_who_is_refused(box, caplog):
    """The others get it, and the log says who does not; if it is nobody, the task fails."""
    box.refused.add("bob@example.com")
    assert mail(to="ana@example.com, bob@example.com").kind is OutcomeKind.SUCCESS
    assert box.letters[0].recipients == ["ana@example.com"]
    assert "refused the recipients bob@example.com" in caplog.text
    outcome = mail(to="bob@example.com")
    assert outcome.kind is OutcomeKind.FAILED
    assert "no such mailbox" in outcome.error


def connection(box, **extra):
    """A channel that knows ``smtp_default``: a server with a login."""
    fields = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "login": "ana@example.com"}
    return MemoryChannel(connections={"smtp_default": {**fields, "password": "s3cret", "extra": json.dumps(extra)}})


def test_the_connection_says_all_about_the_server():
    """Its host, login and sender, with the SMTP provider's extras."""
    with mail_box(login=("ana@example.com", "s3cret")) as box:
        channel = connection(box, disable_ssl=True, disable_tls=True, from_email="team@example.com")
        assert mail(channel).kind is OutcomeKind.SUCCESS
        with executing({}, channel), SmtpHook() as hook:
            hook.send_email_smtp(to="bob@example.com", subject="s", html_content="x", from_email="c@example.com")
    assert [letter.login for letter in box.letters] == ["ana@example.com"] * 2
    assert [letter.message["From"] for letter in box.letters] == ["team@example.com", "c@example.com"]


@pytest.mark.parametrize("tls_first", [True, False])
def test_tls(tmp_path, monkeypatch, tls_first):
    """At once or by STARTTLS, with a server that can prove who it is; the login is the sender where none is set."""
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_box(login=("ana@example.com", "s3cret"), certificate=certificate, tls_first=tls_first) as box:
        assert mail(connection(box, disable_ssl=not tls_first)).kind is OutcomeKind.SUCCESS
    assert box.letters[0].message["From"] == "ana@example.com"


def test_a_server_that_can_not_prove_who_it_is(tmp_path):
    """Nothing is sent to it, unless the connection says that this is fine."""
    with mail_box(certificate=self_signed(tmp_path), tls_first=True) as box:
        outcome = mail(connection(box))
        assert outcome.kind is OutcomeKind.FAILED
        assert "certificate" in outcome.error.lower()
        channel = connection(box, ssl_context="none")
        channel.connections["smtp_default"] = {**channel.connections["smtp_default"], "login": "", "password": ""}
        assert mail(channel, from_email="a@example.com").kind is OutcomeKind.SUCCESS
    assert len(box.letters) == 1


def test_a_server_without_starttls_is_refused(box, monkeypatch):
    """Nothing goes out in the clear by itself: neither login nor e-mail."""
    monkeypatch.setenv("BRISA_SMTP_STARTTLS", "true")
    outcome = mail()
    assert outcome.kind is OutcomeKind.FAILED
    assert "STARTTLS" in outcome.error
    assert box.letters == []


def test_a_wrong_login_tells_no_password(monkeypatch, caplog):
    """The error has the server and its status alone."""
    with mail_box(login=("ana@example.com", "other")) as box:
        outcome = mail(connection(box, disable_ssl=True, disable_tls=True))
    assert outcome.kind is OutcomeKind.FAILED
    assert "refused the login (status 535)" in outcome.error
    assert "s3cret" not in outcome.error + caplog.text


def test_a_server_that_is_away(monkeypatch):
    """The task fails, and says which server it was."""
    with mail_box() as box:
        pass
    monkeypatch.setenv("BRISA_SMTP_MAIL_FROM", "a@example.com")
    outcome = mail(connection(box, disable_ssl=True, disable_tls=True))
    assert outcome.kind is OutcomeKind.FAILED
    assert f"127.0.0.1:{box.port} can't be reached: Connection refused" in outcome.error


def test_without_any_server_the_error_says_what_to_set():
    """brisa does not try localhost; a connection that is named must be there; a sender is needed."""
    assert "set BRISA_SMTP_HOST, or define the connection 'smtp_default'" in mail().error
    assert "The conn_id `other` isn't defined" in mail(conn_id="other").error
    channel = MemoryChannel(connections={"smtp_default": {"host": "127.0.0.1", "port": 1}})
    assert "set BRISA_SMTP_MAIL_FROM" in mail(channel).error


SETTINGS = [
    ({}, {"port": 587, "starttls": True, "ssl": False, "login": "", "sender": "", "timeout": 30.0}),
    ({"BRISA_SMTP_SSL": "true"}, {"port": 465, "starttls": False, "ssl": True}),
    ({"BRISA_SMTP_STARTTLS": "0"}, {"port": 25, "starttls": False, "ssl": False}),
    ({"BRISA_SMTP_PORT": "2525", "BRISA_SMTP_TIMEOUT": "2.5"}, {"port": 2525, "timeout": 2.5}),
    ({"BRISA_SMTP_USER": "u", "BRISA_SMTP_PASSWORD": "p"}, {"login": "u", "password": "p"}),
    (
        {"AIRFLOW__SMTP__SMTP_HOST": "a", "AIRFLOW__SMTP__SMTP_PORT": "26", "AIRFLOW__SMTP__SMTP_USER": "v"},
        {"host": "h", "port": 26, "login": "v"},
    ),
    ({"AIRFLOW__SMTP__SMTP_STARTTLS": "False", "AIRFLOW__SMTP__SMTP_MAIL_FROM": "f"}, {"port": 25, "sender": "f"}),
]


@pytest.mark.parametrize(("variables", "server"), SETTINGS)
def test_settings(monkeypatch, variables, server):
    """brisa's variables come before Airflow's; the port follows from the security."""
    monkeypatch.setenv("BRISA_SMTP_HOST", "h")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = mail_server()
    assert {name: getattr(found, name) for name in server} == server
    assert "password" not in repr(found)


def test_airflows_variables_are_enough(monkeypatch):
    """No variable of brisa's is needed; a connection without a host brings the login alone."""
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "a")
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", '{"conn_type": "smtp", "login": "u", "password": "p"}')
    assert (mail_server().host, mail_server().login, mail_server().password) == ("a", "u", "p")


@pytest.mark.parametrize(("name", "value"), [("BRISA_SMTP_PORT", "x"), ("BRISA_SMTP_SSL", "maybe")])
def test_a_setting_that_can_not_be(monkeypatch, name, value):
    """The error has the setting and what it is."""
    monkeypatch.setenv("BRISA_SMTP_HOST", "h")
    monkeypatch.setenv(name, value)
    assert repr(value) in mail().error


def test_addresses():
    """Commas, semicolons, lists; anything else is an error."""
    assert get_email_address_list("a@x, b@y;c@z,") == ["a@x", "b@y", "c@z"]
    assert get_email_address_list(["a@x", "b@y, c@z"]) == ["a@x", "b@y", "c@z"]
    assert get_email_address_list(None) == []
    with pytest.raises(TypeError, match="addresses"):
        get_email_address_list([1])  # type: ignore[list-item]  # what is tested
    assert (
        "no recipients" in mail(MemoryChannel(connections={"smtp_default": {"host": "h"}}), to="", from_email="a").error
    )


@pytest.mark.parametrize(
    "name",
    [
        "airflow.operators.email:EmailOperator",
        "airflow.operators.email_operator:EmailOperator",
        "airflow.providers.smtp.operators.smtp:EmailOperator",
        "airflow.providers.smtp.hooks.smtp:SmtpHook",
        "airflow.utils.email:send_email",
    ],
)
def test_airflows_names(name):
    """Each of Airflow's import paths has it, where no provider package is installed."""
    module, _, attribute = name.partition(":")
    with active():
        found = getattr(importlib.import_module(module), attribute)
    assert found.__module__.startswith("brisa.")
