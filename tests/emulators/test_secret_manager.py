"""The Secret Manager emulator, as a process, through Google's own client."""

from __future__ import annotations

import json
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from google.api_core import exceptions
from google.cloud.secretmanager import SecretVersion
from google_crc32c import value as crc32c

from tests.emulators.emulator_process import failed
from tests.emulators.local_secret_manager import SecretManager, secret_manager

ENABLED, DISABLED, DESTROYED = SecretVersion.State.ENABLED, SecretVersion.State.DISABLED, SecretVersion.State.DESTROYED


@pytest.fixture
def client():
    """The official client of the session's emulator."""
    return secret_manager().client


@pytest.fixture
def project():
    """The name of an empty project."""
    return f"projects/{secret_manager().project()}"


@pytest.fixture
def start():
    """Starts an emulator of the test's own."""
    started = []

    def run(*options):
        started.append(SecretManager(*options))
        return started[-1]

    yield run
    for emulator in started:
        if emulator.process.returncode is None:
            emulator.end()


def create(client, project, secret_id="a", **fields):
    """A new secret's name."""
    request = {"parent": project, "secret_id": secret_id, "secret": {"replication": {"automatic": {}}, **fields}}
    return client.create_secret(request=request).name


def add(client, secret, data):
    """A new version."""
    return client.add_secret_version(request={"parent": secret, "payload": {"data": data}})


def read(client, secret, version="latest"):
    """A version's payload."""
    return client.access_secret_version(name=f"{secret}/versions/{version}").payload.data


def test_a_secret_is_created_written_and_read(client, project):
    """The happy path: the newest version is the latest, and each can be read by its number."""
    secret = create(client, project, labels={"env": "test"}, annotations={"note": "ñ"})
    assert secret == f"{project}/secrets/a"
    first = client.add_secret_version(
        request={"parent": secret, "payload": {"data": b"one", "data_crc32c": crc32c(b"one")}}
    )
    assert (first.name, first.state) == (f"{secret}/versions/1", ENABLED)
    assert first.client_specified_payload_checksum
    assert add(client, secret, b"two").name == f"{secret}/versions/2"
    answer = client.access_secret_version(name=f"{secret}/versions/latest")
    assert answer.name == f"{secret}/versions/2"
    assert answer.payload.data == b"two"
    assert answer.payload.data_crc32c == crc32c(b"two")
    assert read(client, secret, 1) == b"one"
    found = client.get_secret(name=secret)
    assert (dict(found.labels), dict(found.annotations)) == ({"env": "test"}, {"note": "ñ"})
    assert found.replication.automatic is not None
    assert found.create_time.timestamp() <= first.create_time.timestamp()
    client.delete_secret(name=secret)
    with pytest.raises(exceptions.NotFound):
        client.get_secret(name=secret)


def test_versions_are_disabled_enabled_and_destroyed(client, project):
    """``latest`` is the newest version, whatever its state; what is destroyed stays destroyed, and listed."""
    secret = create(client, project)
    one, two = add(client, secret, b"one").name, add(client, secret, b"two").name
    assert client.disable_secret_version(name=two).state == DISABLED
    for version in ("2", "latest"):
        with pytest.raises(exceptions.FailedPrecondition, match=r"versions/2\] is in DISABLED state"):
            read(client, secret, version)
    assert client.get_secret_version(name=f"{secret}/versions/latest").name == two
    assert client.enable_secret_version(name=two).state == ENABLED
    assert read(client, secret) == b"two"
    destroyed = client.destroy_secret_version(name=two)
    assert destroyed.state == DESTROYED
    assert destroyed.destroy_time.timestamp() >= destroyed.create_time.timestamp()
    with pytest.raises(exceptions.FailedPrecondition, match=r"versions/2\] is in DESTROYED state"):
        read(client, secret)
    for move in (client.enable_secret_version, client.disable_secret_version, client.destroy_secret_version):
        with pytest.raises(exceptions.FailedPrecondition, match="already DESTROYED"):
            move(name=two)
    assert [version.name for version in client.list_secret_versions(parent=secret)] == [two, one]
    assert add(client, secret, b"three").name == f"{secret}/versions/3"


def test_a_secret_made_again_begins_anew(client, project):
    """Numbers begin at 1, and the old versions are gone."""
    secret = create(client, project)
    for data in (b"one", b"two"):
        add(client, secret, data)
    client.delete_secret(name=secret)
    assert create(client, project) == secret
    with pytest.raises(exceptions.NotFound, match="no versions"):
        read(client, secret)
    assert add(client, secret, b"new").name == f"{secret}/versions/1"
    with pytest.raises(exceptions.NotFound):
        read(client, secret, 2)


def test_lists_come_in_pages_newest_first(client, project):
    """As large as asked for, and no item twice, though others come and go meanwhile."""
    names = [create(client, project, f"s-{number}") for number in range(7)]
    create(client, f"{project}-other")
    first = next(client.list_secrets(request={"parent": project, "page_size": 3}).pages)
    assert [secret.name for secret in first.secrets] == names[:3:-1]
    assert first.total_size == 7
    create(client, project, "newer")
    client.delete_secret(name=names[2])
    rest = client.list_secrets(request={"parent": project, "page_size": 3, "page_token": first.next_page_token})
    assert [secret.name for secret in rest] == [names[3], names[1], names[0]]
    for number in range(5):
        add(client, names[0], str(number).encode())
    pages = client.list_secret_versions(request={"parent": names[0], "page_size": 2}).pages
    numbers = [[version.name.rpartition("/")[2] for version in page.versions] for page in pages]
    assert numbers == [["5", "4"], ["3", "2"], ["1"]]


def test_a_list_without_a_page_size_has_pages_too(client, project):
    """A client that reads the first alone is found out."""
    names = {create(client, project, f"s-{number}") for number in range(101)}
    assert next(client.list_secrets(parent=project).pages).next_page_token
    assert {secret.name for secret in client.list_secrets(parent=project)} == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "cba"),
        ("labels.brisa=secret", "ba"),
        ("labels.brisa:sec", "ba"),
        ("labels.brisa=sec", ""),
        ("labels.env:*", "cb"),
        ("NOT labels.env:*", "a"),
        ("labels.brisa=secret AND labels.env=prod", "b"),
        ("labels.env=(prod OR test)", "cb"),
        ("name:secrets/A", "a"),
    ],
)
def test_secrets_are_filtered(client, project, text, found):
    """By labels and by names."""
    create(client, project, "a", labels={"brisa": "secret"})
    create(client, project, "b", labels={"brisa": "secret", "env": "prod"})
    create(client, project, "c", labels={"env": "test"})
    page = next(client.list_secrets(request={"parent": project, "filter": text}).pages)
    assert "".join(secret.name[-1] for secret in page.secrets) == found
    assert page.total_size == (0 if text else 3)


def test_versions_are_filtered_by_state(client, project):
    """Also by several, and by those that are not."""
    secret = create(client, project)
    for number in range(3):
        add(client, secret, str(number).encode())
    client.destroy_secret_version(name=f"{secret}/versions/1")
    client.disable_secret_version(name=f"{secret}/versions/2")

    def listed(text):
        found = client.list_secret_versions(request={"parent": secret, "filter": text})
        return "".join(version.name[-1] for version in found)

    assert listed("state:ENABLED") == "3"
    assert listed("state:(ENABLED OR DISABLED)") == "32"
    assert listed("NOT state:DESTROYED") == "32"
    assert listed("state:destroyed") == "1"


@pytest.mark.parametrize("text", ["labels.a>b", "create_time>2021-01-01T00:00:00Z", "a OR b", "state:(ENABLED", "x"])
def test_a_filter_that_is_not_understood_is_refused(client, project, text):
    """An answer that ignores it would be a wrong one."""
    with pytest.raises(exceptions.MethodNotImplemented, match="does not understand"):
        client.list_secrets(request={"parent": project, "filter": text})


@pytest.mark.parametrize(
    ("secret_id", "fields", "says"),
    [
        ("", {}, "secret_id"),
        ("a/b", {}, "secret_id"),
        ("a.b", {}, "secret_id"),
        ("ñ", {}, "secret_id"),
        ("x" * 256, {}, "secret_id"),
        ("a", {"replication": {}}, "replication"),
        ("a", {"labels": {"Upper": "x"}}, "label 'Upper'"),
        ("a", {"labels": {"x": "UPPER"}}, "label 'x'"),
        ("a", {"labels": {"x" * 64: ""}}, "label"),
        ("a", {"labels": {f"l{number}": "" for number in range(65)}}, "at most 64"),
        ("a", {"annotations": {"-x": ""}}, "annotation '-x'"),
        ("a", {"annotations": {"x": "y" * 16_383}}, "16384 bytes"),
    ],
)
def test_a_secret_that_the_service_refuses_is_refused(client, project, secret_id, fields, says):
    """By the service's own limits."""
    with pytest.raises(exceptions.InvalidArgument, match=says):
        create(client, project, secret_id, **fields)
    assert list(client.list_secrets(parent=project)) == []


def test_what_is_at_the_limits_is_taken(client, project):
    """One byte less of everything that is refused above."""
    create(client, project, "x" * 255, annotations={"x": "y" * 16_382}, labels={"x" * 63: "y" * 63})
    secret = create(client, project, "A-z_0", labels={f"l{number}": "" for number in range(64)})
    add(client, secret, b"x" * 65_536)
    assert read(client, secret) == b"x" * 65_536


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({}, "payload. is required"),
        ({"payload": {}}, "cannot be empty"),
        ({"payload": {"data": b"x" * 65_537}}, "65537 bytes"),
        ({"payload": {"data": b"hush", "data_crc32c": crc32c(b"push")}}, "data_crc32c"),
    ],
)
def test_a_payload_that_the_service_refuses_is_refused(client, project, request_, says):
    """Too large, none, or not what its sender sent; no version is made, and the message quotes nothing."""
    secret = create(client, project)
    with pytest.raises(exceptions.InvalidArgument, match=says) as caught:
        client.add_secret_version(request={"parent": secret, **request_})
    assert "hush" not in str(caught.value)
    assert list(client.list_secret_versions(parent=secret)) == []


def test_what_is_not_there_is_not_found(client, project):
    """Nor can what is there be created again."""
    secret = create(client, project)
    with pytest.raises(exceptions.AlreadyExists):
        create(client, project)
    missing = f"{project}/secrets/missing"
    calls = [
        lambda: client.get_secret(name=missing),
        lambda: client.delete_secret(name=missing),
        lambda: add(client, missing, b"x"),
        lambda: client.list_secret_versions(parent=missing),
        lambda: read(client, missing),
        lambda: read(client, secret),
        lambda: read(client, secret, 1),
        lambda: client.get_secret_version(name=f"{secret}/versions/1"),
        lambda: client.destroy_secret_version(name=f"{secret}/versions/1"),
    ]
    for call in calls:
        with pytest.raises(exceptions.NotFound):
            call()


def test_names_that_can_be_none_are_refused(client, project):
    """Before anything is looked up."""
    calls = [
        lambda: client.list_secrets(parent="projects/"),
        lambda: client.list_secrets(request={"parent": project, "page_size": -1}),
        lambda: client.list_secrets(request={"parent": project, "page_token": "mine"}),
        lambda: client.get_secret(name=f"{project}/secrets/"),
        lambda: client.get_secret(name=f"{project}/secrets/a/versions/1"),
        lambda: read(client, f"{project}/secrets/a", "newest"),
        lambda: read(client, f"{project}/secrets/a", "0"),
        lambda: read(client, f"{project}/secrets/a", "-1"),
    ]
    for call in calls:
        with pytest.raises(exceptions.InvalidArgument):
            call()


def test_an_etag_that_is_out_of_date_is_refused(client, project):
    """Every change makes a new one, also one that changes nothing else."""
    secret = create(client, project)
    old = add(client, secret, b"x")
    new = client.enable_secret_version(name=old.name)
    assert new.etag != old.etag
    for move in (client.destroy_secret_version, client.disable_secret_version, client.enable_secret_version):
        with pytest.raises(exceptions.FailedPrecondition, match="etag"):
            move(request={"name": old.name, "etag": old.etag})
    assert read(client, secret) == b"x"
    assert client.destroy_secret_version(request={"name": old.name, "etag": new.etag}).state == DESTROYED
    with pytest.raises(exceptions.FailedPrecondition, match="etag"):
        client.delete_secret(request={"name": secret, "etag": '"other"'})
    client.delete_secret(request={"name": secret, "etag": client.get_secret(name=secret).etag})


def test_versions_added_at_once_have_numbers_of_their_own(client, project):
    """None is lost, none is made twice."""
    secret = create(client, project)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: add(client, secret, str(number).encode()).name, range(40)))
    assert sorted(int(name.rpartition("/")[2]) for name in made) == list(range(1, 41))
    assert [read(client, secret, name.rpartition("/")[2]) for name in made] == [b"%d" % n for n in range(40)]


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
def test_everything_is_there_after_a_restart(start, tmp_path, kill):
    """However the first emulator ended; the file is its owner's alone."""
    file = tmp_path / "secrets.sqlite"
    emulator = start("--data", str(file))
    secret = create(emulator.client, "projects/p", labels={"a": "b"})
    for data in (b"one", b"two"):
        add(emulator.client, secret, data)
    emulator.client.disable_secret_version(name=f"{secret}/versions/1")
    before = emulator.client.get_secret(name=secret), list(emulator.client.list_secret_versions(parent=secret))
    emulator.end(kill=kill)
    client = start("--data", str(file)).client
    assert (client.get_secret(name=secret), list(client.list_secret_versions(parent=secret))) == before
    assert read(client, secret) == b"two"
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]


def test_a_destroyed_payload_is_in_no_file(start, tmp_path):
    """Nor is that of a secret that was deleted."""
    emulator = start("--data", str(tmp_path / "secrets.sqlite"))

    def on_disk(data):
        return any(data in path.read_bytes() for path in tmp_path.iterdir())

    one, two = (create(emulator.client, "projects/p", secret_id) for secret_id in "ab")
    version = add(emulator.client, one, b"to be destroyed").name
    add(emulator.client, two, b"to be deleted")
    assert on_disk(b"to be destroyed")
    assert on_disk(b"to be deleted")
    emulator.client.destroy_secret_version(name=version)
    emulator.client.delete_secret(name=two)
    assert not on_disk(b"to be destroyed")
    assert not on_disk(b"to be deleted")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_on_loopback_until_a_signal(start, number):
    """On one port, that of its only line of output."""
    emulator = start()
    assert json.loads(emulator.line) == {"port": emulator.port}
    connections = psutil.Process(emulator.process.pid).net_connections()
    (listening,) = [one.laddr for one in connections if one.status == psutil.CONN_LISTEN]
    assert (listening.ip.removeprefix("::ffff:"), listening.port) == ("127.0.0.1", emulator.port)
    emulator.process.send_signal(number)
    assert emulator.process.wait(20) == 0
    emulator.ended()


def test_it_ends_with_its_parent(start):
    """When standard input does."""
    emulator = start()
    assert emulator.ended() == 0


def test_a_port_or_a_file_that_cannot_be_used_is_said(tmp_path):
    """In a sentence, and no traceback; a file that is not its own is left alone."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        complaint = failed("secret_manager", "--port", str(port))
    assert complaint.splitlines()[-1] == f"Port {port} is taken: the Secret Manager emulator can't listen on it."
    assert "is taken" in failed("secret_manager", "--port", str(secret_manager().port))
    text = tmp_path / "text"
    text.write_text("not a database" * 100)
    for file, says in [(tmp_path, "can't write"), (text, "can't be used")]:
        complaint = failed("secret_manager", "--data", str(file))
        assert says in complaint
        assert str(file) in complaint
    assert text.read_text() == "not a database" * 100
