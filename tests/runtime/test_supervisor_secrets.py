"""Nobody sees in logs, errors or rendered fields what a task has looked up that is secret."""

import os
import stat
from pathlib import Path

import pytest

from brisa.runtime.masking import Masker
from brisa.runtime.watch import hide
from brisa.runtime.xcom_values import from_json

CONNECTION = {
    "conn_type": "http",
    "host": "host.example",
    "login": "loginname",
    "password": "hunter2/secret",
    "schema": None,
    "port": None,
    "extra": '{"token": "t0ken value", "plain": "plainextra", "nested": {"api_key": "nested-key"}}',
    "description": None,
}
SECRETS = ("hunter2", "t0ken", "nested-key", "varsecret", "said-by-hand", "from-the-env")
DAG_FILE = r"""
import logging, subprocess, urllib.parse
from brisa import BaseOperator
from brisa.authoring.connections import Connection
from brisa.authoring.secrets import mask_secret
from brisa.authoring.variables import Variable

def secrets():
    found = Connection.get("c")
    os.environ["AIRFLOW_CONN_E"] = "http://u:from-the-env@h"
    mask_secret("said-by-hand")
    return [found.password, found.extra, Variable.get("my_secret"), "said-by-hand", Connection.get("e").password]

@task
def speak():
    for secret in secrets():
        print("printed", secret, repr(secret), urllib.parse.quote(secret, safe=""))
        logging.getLogger("mine").warning("logged %s", secret)
        os.write(1, f"raw {secret} bytes\n".encode())
        subprocess.run(["sh", "-c", 'printf "sub %s" "$0"; printf "%s\\n" "$1"', secret[:3], secret[3:]], check=True)
    print("uri", Connection.get("c").get_uri())
    print("plain", Variable.get("plain"), Connection.get("c").host)
    sys.stdout.write("split hunter2/")
    sys.stdout.flush()
    sys.stdout.write("secret end\n")
    return secrets()[0]

@task
def fail():
    raise ValueError("denied to " + " ".join(secrets()))

@task
def vanish():
    os.write(1, f"raw {secrets()[0]}\n".encode())
    os._exit(3)

class Show(BaseOperator):
    template_fields = ("shown", "password")
    def __init__(self, *, shown, password, **kwargs):
        super().__init__(**kwargs)
        self.shown, self.password = shown, password
    def execute(self, context):
        return self.shown

with dag:
    speak(), fail(), vanish()
    Show(task_id="show", shown=["{{ conn.c.password }}", {"token": "literal", "x": "{{ var.value.my_secret }} y"}],
         password="{{ conn.c.host }}")
    Show(task_id="long", shown="x" * 4090 + "{{ conn.c.password }}", password="")
"""


def answer(verb, payload):
    """Knows a connection and two Variables."""
    if verb == "connection":
        return CONNECTION
    return {"my_secret": "varsecret-value", "plain": "plainvalue"}[payload["key"]]


@pytest.fixture(scope="module")
def run(scratch):
    """Runs a task of the file."""
    scratch.write("secrets_of_tasks.py", DAG_FILE)
    return lambda task_id: scratch.run(task_id, file="secrets_of_tasks.py", answer=answer)


def test_a_log_hides_secrets_however_they_are_written(run):
    """Printed, logged, written by other programs, in pieces, in a URL; what is not secret stands; XComs stand too."""
    ended = run("speak")
    assert ended.kind == "success", ended.log
    assert from_json(ended.report.xcoms["return_value"]) == CONNECTION["password"]
    assert not [secret for secret in SECRETS if secret in ended.log], ended.log
    for text in ("printed *** '***' ***", "logged ***", "raw *** bytes", "sub ***", "plainextra"):
        assert text in ended.log
    assert "http://loginname:***@host.example" in ended.log
    assert "plain plainvalue host.example" in ended.log
    assert "| *** end" in ended.log


def test_an_error_hides_secrets(run):
    """The error line of the attempt, and the traceback in its log."""
    ended = run("fail")
    assert ended.error.startswith("ValueError: denied to *** {")
    assert not [secret for secret in SECRETS if secret in ended.log + ended.error]


def test_a_process_that_ends_itself_leaves_no_secret_behind(run):
    """What it wrote directly is hidden by its supervisor."""
    ended = run("vanish")
    assert "raw ***" in ended.log
    assert "hunter2" not in ended.log
    assert "exited with status 3" in ended.log


def test_rendered_fields_hide_secrets(run):
    """Those that were looked up, and whatever has the name of one."""
    rendered = run("show").report.rendered
    assert rendered == {"shown": '["***", {"token": "***", "x": "*** y"}]', "password": "***"}
    assert run("long").report.rendered["shown"] == "x" * 4090 + "… (4104 characters in all)"


def test_a_log_that_is_no_file_is_left_alone(tmp_path: Path):
    """A device, say: it is not replaced by a file, and nobody waits for what may never come."""
    masker = Masker()
    masker.add("hunter2/secret")
    log = tmp_path / "pipe"
    os.mkfifo(log)
    hide(log, masker)
    assert stat.S_ISFIFO(log.stat().st_mode)
    assert [*tmp_path.iterdir()] == [log]
