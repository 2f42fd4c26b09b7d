"""E-mail when a task fails or is tried again: to whom, when, what it says, and that it never changes an outcome."""

from datetime import UTC, datetime

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.operators.python import PythonOperator
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task
from tests.support.mail_box import mail_box

RUN = "scheduled__2024-01-15T00:00:00+00:00"


@pytest.fixture
def box():
    """A mail server."""
    with mail_box() as one:
        yield one


def knowing(box):
    """A channel that knows the mail server as ``smtp_default``."""
    return MemoryChannel(connections={"smtp_default": server(box)})


def server(box):
    """The connection of a mail server."""
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "brisa@example.com"}
    return {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}


def attempt(box, error=None, *, channel=None, changes=None, **kwargs):
    """Run a task whose code raises ``error``; its outcome."""

    def work():
        if error is not None:
            raise error

    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=work, **{"email": "ana@example.com"} | kwargs)
    outcome, _ = run_task(dag, channel=channel or knowing(box), **(changes or {}))
    return outcome


def test_a_failure_is_told(box):
    """Given a task with ``email``, when its last try fails, an e-mail says which task, run and try, and why."""
    outcome = attempt(box, ValueError("<b>bad</b>"), changes={"hostname": "h1", "log": "logs/d/t.log"})
    (letter,) = box.letters

    assert outcome.kind is OutcomeKind.FAILED
    assert letter.recipients == ["ana@example.com"]
    assert letter.message["From"] == "brisa@example.com"
    assert letter.message["Subject"] == f"Airflow alert: <TaskInstance: d.t {RUN} [failed]>"
    text, html = letter.part("text/plain"), letter.part("text/html")
    assert "DAG: d\nTask: t\n" in text
    assert f"Run: {RUN}\nTry: 1 of 1, not to be tried again\nException: ValueError: <b>bad</b>\n" in text
    assert "Host: h1\nLog: logs/d/t.log" in text
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_retry_is_told(box):
    """As a retry, while there are tries left; Airflow's default tells both."""
    attempt(box, ValueError("bad"), changes={"try_number": 1, "max_tries": 3})
    (letter,) = box.letters
    assert letter.message["Subject"].endswith("[up_for_retry]>")
    assert "Try: 1 of 3, to be tried again" in letter.part("text/plain")


@pytest.mark.parametrize(
    ("error", "options", "tries", "told"),
    [
        (ValueError(), {"email_on_failure": False}, 1, False),
        (ValueError(), {"email_on_failure": False}, 2, True),
        (ValueError(), {"email_on_retry": False}, 2, False),
        (ValueError(), {"email_on_retry": False}, 1, True),
        (ValueError(), {"email": None}, 1, False),
        (ValueError(), {"email": []}, 1, False),
        (AirflowFailException(), {"email_on_retry": False}, 2, True),
        (AirflowTaskTimeout(), {}, 1, True),
        (SystemExit(1), {}, 1, True),
        (AirflowSkipException(), {}, 1, False),
        (None, {}, 1, False),
    ],
    ids=str,
)
def test_when_it_is_told(box, error, options, tries, told):
    """The task's flags decide, and whether it is tried again; a skip and a success are no failures."""
    attempt(box, error, changes={"max_tries": tries}, **options)
    assert len(box.letters) == told


def test_it_is_told_to_several_after_the_callback(box):
    """All of ``email`` get one e-mail; the callback comes first, and may change what is told."""
    seen = []
    attempt(
        box,
        ValueError("bad"),
        email=["ana@example.com", "bob@example.com, eva@example.com"],
        on_failure_callback=lambda context: seen.append(len(box.letters)),
    )
    assert seen == [0]
    assert [letter.recipients for letter in box.letters] == [["ana@example.com", "bob@example.com", "eva@example.com"]]


def lines(caplog):
    """What the log says of e-mail."""
    return [message for message in caplog.messages if "e-mail" in message]


@pytest.mark.parametrize("kind", ["nothing listens", "no server", "refused", "wants a login", "nonsense"])
def test_whatever_happens_to_the_email_the_outcome_is_the_tasks(box, caplog, monkeypatch, kind):
    """One line in the log says why there is no e-mail."""
    caplog.set_level("INFO")
    channel, words = knowing(box), ""
    email: object = "ana@example.com"
    if kind == "nothing listens":
        with mail_box() as gone:
            pass
        channel, words = knowing(gone), f"127.0.0.1:{gone.port} can't be reached: Connection refused"
    elif kind == "no server":
        channel, words = MemoryChannel(), "set BRISA_SMTP_HOST"
    elif kind == "refused":
        box.refused.add("ana@example.com")
        words = "did not take the e-mail"
    elif kind == "wants a login":
        box.closed = True
        words = "log in first"
    else:
        email = 5
        words = "a list of texts"
    outcome = attempt(box, ValueError("bad"), channel=channel, email=email)

    assert outcome == Outcome(kind=OutcomeKind.FAILED, error="ValueError: bad")
    assert box.letters == []
    (line,) = lines(caplog)
    assert words in line
    assert "Traceback" not in "\n".join(caplog.messages).partition("e-mail")[2]


def test_the_end_of_the_log_is_in_it(box, scratch):
    """In a real attempt: what the task printed and its traceback, in text and HTML, but not all of a long log."""
    scratch.write(
        "mailing.py",
        "@task(email='ana@example.com')\n"
        "def fail():\n"
        "    print('the first line ' + 'x' * 9000)\n"
        "    print('<i>almost</i> there')\n"
        "    print('no end', end='')\n"
        "    raise ValueError('bad')\n"
        "with dag:\n"
        "    fail()\n",
    )

    def answer(verb, payload):
        assert (verb, payload) == ("connection", {"conn_id": "smtp_default"})
        return server(box)

    ended = scratch.run("fail", file="mailing.py", answer=answer)
    (letter,) = box.letters
    text, html = letter.part("text/plain"), letter.part("text/html")

    assert (ended.kind, ended.error) == ("failed", "ValueError: bad")
    assert "Sent an e-mail to ana@example.com" in ended.log
    assert "| <i>almost</i> there\n" in text
    assert "no end" in text
    assert "    raise ValueError('bad')" in text
    assert "&lt;i&gt;almost&lt;/i&gt; there\n" in html
    assert "the first line" not in text
