"""Secrets in Secret Manager: what is left there, what happens when it is away, and that no value is ever told."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc  # type: ignore[import-untyped] # grpcio has no types
import pytest
from google.cloud.secretmanager import AccessSecretVersionResponse, SecretVersion

from brisa.adapters.memory import FakeClock
from brisa.adapters.secretmanager import SecretManagerSecrets, connect
from brisa.errors import StorageError, UnavailableError
from tests.emulators.local_secret_manager import secret_manager
from tests.support.program import environment

State = SecretVersion.State
Status = grpc.StatusCode
TRANSIENT = [
    Status.UNAVAILABLE,
    Status.DEADLINE_EXCEEDED,
    Status.ABORTED,
    Status.RESOURCE_EXHAUSTED,
    Status.INTERNAL,
    Status.CANCELLED,
    Status.UNKNOWN,
]
VALUE = "the very secret text"
LONGEST = 16 * 1024 - len("brisa-name") - 1
"""Characters of a name: all annotations together have less than 16 KiB."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How a call goes wrong."""

    status: grpc.StatusCode = Status.UNAVAILABLE
    words: str = "on purpose"
    done: bool = False
    """The service has done it: the answer alone is lost."""
    answer: bytes | None = None
    """What is answered instead."""
    before: Callable[[], object] | None = None
    """What happens before the service hears of the call, which then goes right."""


class Between(grpc.GenericRpcHandler):  # type: ignore[misc] # the same
    """A gRPC server that hands every call on to the emulator, but for those that shall go wrong."""

    def __init__(self):
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Fault]] = {}
        self._onward = grpc.insecure_channel(f"127.0.0.1:{secret_manager().port}")
        self._threads = ThreadPoolExecutor(4)
        self._server = grpc.server(self._threads)
        self._server.add_generic_rpc_handlers((self,))
        self.client = connect(f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}")
        self._server.start()

    def fail(self, call, *faults):
        """What becomes of the next calls of that name."""
        self.faults.setdefault(call, []).extend(faults)

    def close(self):
        """Let go of all; everything that should go wrong has."""
        self.client.transport.close()
        self._server.stop(None).wait()
        self._threads.shutdown()
        self._onward.close()
        assert not any(self.faults.values())

    def service(self, handler_call_details):
        """Any method there is."""
        method = handler_call_details.method
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._answer(method, request, context))

    def _answer(self, method, request, context):
        call = method.rpartition("/")[2]
        self.calls[call] += 1
        fault = self.faults[call].pop(0) if self.faults.get(call) else None
        if fault and fault.answer is not None:
            return fault.answer
        if fault and fault.before:
            fault.before()
        if fault and not fault.before and not fault.done:
            context.abort(fault.status, fault.words)
        try:
            answer = self._onward.unary_unary(method)(request)
        except grpc.RpcError as error:
            return context.abort(error.code(), error.details())
        return context.abort(fault.status, fault.words) if fault and fault.done else answer


@pytest.fixture
def clock():
    """The time by which pauses pass."""
    return FakeClock()


@pytest.fixture
def between():
    """What stands between the adapter and the service."""
    server = Between()
    yield server
    server.close()


class Project:
    """A project: brisa's view of it, and the owner's."""

    def __init__(self, between, clock):
        self.id = secret_manager().project()
        self.parent = f"projects/{self.id}"
        self.owner = secret_manager().client
        self.secrets = SecretManagerSecrets(between.client, self.id, clock=clock)

    def all(self):
        """Every secret in it, whoever made it."""
        return list(self.owner.list_secrets(parent=self.parent))

    def stranger(self, secret_id, **fields):
        """Make a secret that is not brisa's."""
        secret = {"replication": {"automatic": {}}, **fields}
        self.owner.create_secret(request={"parent": self.parent, "secret_id": secret_id, "secret": secret})

    def only(self):
        """The name of its one secret."""
        (secret,) = self.all()
        return secret.name

    def states(self):
        """The states of the versions of its one secret, the oldest first."""
        return [version.state for version in self.owner.list_secret_versions(parent=self.only())][::-1]


@pytest.fixture
def project(between, clock):
    """A new project."""
    return Project(between, clock)


def told(error):
    """All that an error and those behind it say."""
    seen, left = [], [error]
    while left:
        one = left.pop()
        if one is not None and one not in seen:
            seen.append(one)
            left += [one.__cause__, one.__context__]
    return " ".join(f"{one} {one!r} {vars(one)}" for one in seen)


def test_one_version_that_costs_money_remains(project):
    """The happy path: each put adds a version, and destroys those before it."""
    for value in ("one", "two", "three"):
        project.secrets.put("connections/warehouse", value)
    assert project.secrets.get("connections/warehouse") == "three"
    assert project.states() == [State.DESTROYED, State.DESTROYED, State.ENABLED]


def test_a_version_that_a_person_has_disabled_is_destroyed_too(project):
    """It could be enabled again, and costs as much."""
    project.secrets.put("a", "one")
    project.owner.disable_secret_version(name=f"{project.only()}/versions/1")
    project.secrets.put("a", "two")
    assert project.states() == [State.DESTROYED, State.ENABLED]


def test_a_person_finds_what_is_whose(project):
    """The id is plain, the name is beside it, the label finds them all, and Google chooses the regions."""
    project.secrets.put("connections/Almacén 100%", "one")
    (secret,) = project.all()
    assert secret.name.startswith(f"{project.parent}/secrets/brisa-")
    assert dict(secret.labels) == {"brisa": "secret"}
    assert dict(secret.annotations) == {"brisa-name": "connections/Almac%C3%A9n 100%25"}
    assert "automatic" in secret.replication


def test_others_secrets_are_not_seen(project):
    """Not even one with brisa's label, or with a name that its id doesn't belong to."""
    project.secrets.put("ours", "one")
    [ours] = project.all()
    for secret_id, fields in {
        "brisa-theirs": {},
        "labelled": {"labels": ours.labels},
        "both": {"labels": ours.labels, "annotations": ours.annotations},
        "noise": {"labels": ours.labels, "annotations": {"brisa-name": "%FF"}},
    }.items():
        project.stranger(secret_id, **fields)
    assert project.secrets.names() == ["ours"]
    assert project.secrets.get("theirs") is None
    project.secrets.delete("theirs")
    assert len(project.all()) == 5


def test_others_secrets_are_not_even_sent(project, between):
    """However many they are, brisa's few come at once."""
    project.secrets.put("ours", "one")
    for number in range(200):
        project.stranger(f"s-{number}")
    assert project.secrets.names() == ["ours"]
    assert between.calls["ListSecrets"] == 1


def test_the_longest_names_are_listed(project):
    """In pages that are small enough for gRPC, which takes 4 MiB."""
    names = [f"{number:04d}".ljust(LONGEST, "x") for number in range(270)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(project.secrets.put, names, names))
    assert project.secrets.names() == names


def test_a_name_that_is_too_long_is_refused_before_anything_is_made(project):
    """Just below the limit it is kept; there is no secret of a longer one, and that is no error."""
    longest = "x" * LONGEST
    project.secrets.put(longest, "one")
    assert project.secrets.names() == [longest]
    for name in (longest + "x", "ñ" * 3000):
        with pytest.raises(StorageError, match=r"too long for Secret Manager.*choose a shorter one") as caught:
            project.secrets.put(name, VALUE)
        assert VALUE not in told(caught.value)
        assert len(str(caught.value)) < 1500
        assert project.secrets.get(name) is None
        project.secrets.delete(name)
    assert len(project.all()) == 1


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb on a project where "a" is "before"."""

    act: Callable[[SecretManagerSecrets], object]
    call: str
    """The call of the service that goes wrong."""
    role: str
    """Whoever has it may make the call."""
    answer: object = None
    name: str = "a"
    after: str | None = VALUE
    """What the secret of that name is when the verb has been done."""


READER, WRITER, LISTER = (f"roles/secretmanager.{role}" for role in ("secretAccessor", "admin", "viewer"))
VERBS = {
    "get": Verb(act=lambda it: it.get("a"), call="AccessSecretVersion", role=READER, answer="before", after="before"),
    "put": Verb(act=lambda it: it.put("a", VALUE), call="AddSecretVersion", role=WRITER),
    "put, new": Verb(act=lambda it: it.put("new", VALUE), call="CreateSecret", role=WRITER, name="new"),
    "put, looking": Verb(act=lambda it: it.put("a", VALUE), call="ListSecretVersions", role=WRITER),
    "put, tidying": Verb(act=lambda it: it.put("a", VALUE), call="DestroySecretVersion", role=WRITER),
    "delete": Verb(act=lambda it: it.delete("a"), call="DeleteSecret", role=WRITER, after=None),
    "names": Verb(act=lambda it: it.names(), call="ListSecrets", role=LISTER, answer=["a"], after="before"),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)


@every_verb
@pytest.mark.parametrize("status", TRANSIENT, ids=lambda status: status.name)
def test_what_passes_is_waited_for(project, between, clock, verb, status):
    """Three failures, with pauses; then it is done, once."""
    project.secrets.put("a", "before")
    between.calls.clear()
    between.fail(verb.call, *[Fault(status=status)] * 3)
    began = clock.now()
    assert verb.act(project.secrets) == verb.answer
    assert between.calls[verb.call] == 4
    assert 0 < clock.now() - began <= 0.2 + 0.4 + 0.8
    assert project.secrets.get(verb.name) == verb.after


@every_verb
def test_a_lost_answer_does_no_harm(project, between, verb):
    """The service had done it: the repeated call finds it done, and what was made twice is tidied."""
    project.secrets.put("a", "before")
    between.fail(verb.call, Fault(done=True))
    assert verb.act(project.secrets) == verb.answer
    assert project.secrets.get(verb.name) == verb.after
    for secret in project.all():
        states = [version.state for version in project.owner.list_secret_versions(parent=secret.name)]
        assert states == [State.ENABLED] + [State.DESTROYED] * (len(states) - 1)


@every_verb
def test_patience_ends(project, between, clock, verb):
    """After so many seconds it is unavailable; the error names the verb and the secret, and quotes nothing."""
    project.secrets.put("a", "before")
    between.fail(verb.call, *[Fault(words=f"{VALUE}?" if verb.call == "AddSecretVersion" else "away")] * 8)
    began = clock.now()
    named = "" if verb.act is VERBS["names"].act else f"secret '{verb.name}'"
    with pytest.raises(UnavailableError, match=rf"^Secret Manager could not .*{named}.*8 times over") as caught:
        verb.act(project.secrets)
    assert clock.now() - began <= 30
    assert VALUE not in told(caught.value)


def test_patience_may_be_shorter(between, clock):
    """No try is begun that would end after it."""
    secrets = SecretManagerSecrets(between.client, secret_manager().project(), clock=clock, patience=0.0)
    between.fail("ListSecrets", Fault())
    with pytest.raises(UnavailableError, match="1 times over: ServiceUnavailable: 503 on purpose"):
        secrets.names()
    assert between.calls["ListSecrets"] == 1


@every_verb
@pytest.mark.parametrize("status", [Status.PERMISSION_DENIED, Status.UNAUTHENTICATED], ids=lambda status: status.name)
def test_who_may_not_is_told_the_role(project, between, verb, status):
    """At once, and without a word of the value, though the service should quote it."""
    project.secrets.put("a", "before")
    quoted = base64.b64encode(VALUE.encode()).decode()
    carries = verb.call == "AddSecretVersion"
    between.calls.clear()
    between.fail(verb.call, Fault(status=status, words=f"no: {VALUE} {quoted}" if carries else "no: because"))
    with pytest.raises(StorageError, match=rf"^Secret Manager refuses to .*{verb.role}") as caught:
        verb.act(project.secrets)
    assert between.calls[verb.call] == 1
    assert VALUE not in told(caught.value)
    assert quoted not in told(caught.value)
    assert ("because" in str(caught.value)) is not carries
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("status", [Status.INVALID_ARGUMENT, Status.UNIMPLEMENTED, Status.DATA_LOSS, Status.NOT_FOUND])
def test_what_is_refused_is_not_tried_again(project, between, status):
    """A person must act."""
    between.fail("ListSecrets", Fault(status=status))
    with pytest.raises(StorageError, match="refuses to list the secrets"):
        project.secrets.names()
    assert between.calls["ListSecrets"] == 1


def test_a_latest_that_lags_behind_is_not_believed(project, between):
    """The service still takes the destroyed version for the latest: the newest that can be read is looked for."""
    project.secrets.put("a", "one")
    project.owner.add_secret_version(request={"parent": project.only(), "payload": {"data": b"two"}})
    lagging = Fault(status=Status.FAILED_PRECONDITION, words="Secret Version [1] is in DESTROYED state.")
    between.fail("AccessSecretVersion", lagging)
    assert project.secrets.get("a") == "two"
    between.fail("AccessSecretVersion", *[lagging] * 4)
    assert project.secrets.get("a") == "two"
    between.fail("AccessSecretVersion", lagging)
    between.fail("ListSecretVersions", Fault(status=Status.NOT_FOUND))
    assert project.secrets.get("a") is None


def test_who_may_read_but_not_look_for_the_newest_is_told_that_role(project, between):
    """It is another one, and needed only then."""
    project.secrets.put("a", "one")
    between.fail("AccessSecretVersion", Fault(status=Status.FAILED_PRECONDITION))
    between.fail("ListSecretVersions", Fault(status=Status.PERMISSION_DENIED))
    with pytest.raises(StorageError, match=LISTER):
        project.secrets.get("a")


def test_a_new_secret_that_lags_behind_is_waited_for(project, between, clock):
    """It was created, and for a while can't be found to write to."""
    between.fail("AddSecretVersion", *[Fault(status=Status.NOT_FOUND)] * 5)
    began = clock.now()
    project.secrets.put("a", "one")
    assert clock.now() > began
    assert project.states() == [State.ENABLED]
    assert project.secrets.get("a") == "one"


def test_a_secret_that_was_disabled_is_said_to_be(project):
    """It is not the same as none."""
    project.secrets.put("a", "one")
    project.owner.disable_secret_version(name=f"{project.only()}/versions/1")
    with pytest.raises(StorageError, match=r"secret 'a' is disabled.*enable its newest version, or set it again"):
        project.secrets.get("a")
    project.secrets.put("a", "two")
    assert project.secrets.get("a") == "two"


def test_a_secret_without_a_version_is_none(project):
    """A person has destroyed the last one, or a put ended half-way; the next put mends it."""
    project.secrets.put("a", "one")
    project.owner.destroy_secret_version(name=f"{project.only()}/versions/1")
    assert project.secrets.get("a") is None
    project.secrets.put("a", "two")
    assert project.secrets.get("a") == "two"


def test_a_put_leaves_a_secret_alone_that_was_made_anew_meanwhile(project, between):
    """Deleted and set again by others, after the older versions were listed, or before: theirs stays."""
    theirs = SecretManagerSecrets(project.owner, project.id, clock=FakeClock())

    def meanwhile():
        theirs.delete("a")
        theirs.put("a", "one")
        theirs.put("a", "theirs")

    for call in ("ListSecretVersions", "DestroySecretVersion"):
        project.secrets.delete("a")
        project.secrets.put("a", "one")
        project.secrets.put("a", "two")
        between.fail(call, Fault(before=meanwhile))
        project.secrets.put("a", "three")
        assert project.secrets.get("a") == "theirs"
        assert project.states() == [State.DESTROYED, State.ENABLED]


def test_a_payload_that_was_damaged_on_its_way_is_read_again(project, between):
    """Its checksum tells."""
    project.secrets.put("a", "one")
    damaged = AccessSecretVersionResponse(payload={"data": b"onf", "data_crc32c": 1})
    between.fail("AccessSecretVersion", Fault(answer=AccessSecretVersionResponse.serialize(damaged)))
    assert project.secrets.get("a") == "one"


def test_a_payload_that_is_no_text_is_said_to_be_and_not_told(project):
    """Somebody else has added a version."""
    project.secrets.put("a", "one")
    project.owner.add_secret_version(request={"parent": project.only(), "payload": {"data": b"\xfe hidden"}})
    with pytest.raises(StorageError, match=r"secret 'a' is no text in UTF-8.*set it again") as caught:
        project.secrets.get("a")
    assert "hidden" not in told(caught.value)


def test_no_log_holds_a_value(project, between, monkeypatch, caplog):
    """Not at the finest level: Google's client would log each request and each answer with its payload."""
    logger = logging.getLogger(type(between.client.transport).__module__)
    monkeypatch.setattr(logger, "disabled", False)
    google = logging.getLogger("google")
    monkeypatch.setattr(google, "handlers", [caplog.handler])
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "google")

    def written():
        return " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)

    encoded = base64.b64encode(VALUE.encode()).decode()
    between.client.list_secrets(parent=project.parent)
    assert "ListSecrets" in written(), "what Google's client logs is seen here"
    caplog.clear()
    secrets = SecretManagerSecrets(between.client, project.id, clock=FakeClock())
    between.fail("AddSecretVersion", Fault(), Fault(done=True))
    secrets.put("a", VALUE)
    secrets.put("a", VALUE)
    assert secrets.get("a") == VALUE
    between.fail("AddSecretVersion", Fault(status=Status.PERMISSION_DENIED))
    with pytest.raises(StorageError):
        secrets.put("a", VALUE)
    secrets.delete("a")
    assert VALUE not in written()
    assert encoded not in written()


def test_importing_the_adapter_imports_nothing_of_google():
    """Cold start: only who connects pays."""
    code = (
        "import sys, brisa.adapters.secretmanager; "
        "heavy = ('google.api_core', 'google.auth', 'google.cloud.secret', 'google_crc32c', 'grpc'); "
        "sys.exit(' '.join(name for name in sys.modules if name.startswith(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
