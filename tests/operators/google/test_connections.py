"""``gcp_conn_id`` decides whom a client is, and in which project; the connection is a URI or JSON of any source."""

from __future__ import annotations

import json
from functools import cache
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials

from brisa.authoring.connections import Connection
from brisa.authoring.exceptions import AirflowException, AirflowNotFoundException
from brisa.authoring.running import executing
from brisa.operators.google.bigquery import BigQueryInsertJobOperator, BigQueryTableExistenceSensor
from brisa.operators.google.clients import bigquery_client, storage_client
from brisa.operators.google.connections import SCOPE, GoogleConnection
from brisa.operators.google.gcs import GCSListObjectsOperator, GCSObjectExistenceSensor
from brisa.operators.google.hooks import BigQueryHook, GCSHook, GoogleBaseHook

ROBOT = "robot@theirs.iam.gserviceaccount.com"
ENVIRONMENT = (
    "STORAGE_EMULATOR_HOST",
    "BIGQUERY_EMULATOR_HOST",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT",
)


@cache
def key() -> dict[str, str]:
    """A service account's key, of nobody."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "theirs",
        "private_key_id": "1",
        "private_key": private.decode(),
        "client_email": ROBOT,
        "token_uri": "http://127.0.0.1:9/token",
    }


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch, tmp_path):
    """No emulator; the default credentials are those of another account."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    default = tmp_path / "default.json"
    default.write_text(json.dumps({**key(), "client_email": "default@d.iam.gserviceaccount.com", "project_id": "d"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(default))


@pytest.fixture
def connect(monkeypatch):
    """A function that defines the connection ``theirs`` by its extras, as JSON, as a URI, or with long names."""

    def define(extras, form="json"):
        if form != "json":
            long = "extra__google_cloud_platform__" if form == "long" else ""
            plain = {f"{long}{k}": v if isinstance(v, str) else json.dumps(v) for k, v in extras.items()}
            text = f"google-cloud-platform://?{urlencode(plain)}"
        else:
            text = json.dumps({"conn_type": "google_cloud_platform", "extra": extras})
        monkeypatch.setenv("AIRFLOW_CONN_THEIRS", text)

    return define


def account(client):
    return client._credentials.service_account_email


@pytest.mark.parametrize("form", ["json", "uri", "long"])
@pytest.mark.parametrize("how", ["key_path", "keyfile_dict", "keyfile_json", "credential_config_file"])
def test_a_key_says_whom_and_where(connect, tmp_path, form, how):
    """The key of the connection, in a file or in itself, is the client's account, and its project the client's."""
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key()))
    connect({how: str(path) if how in ("key_path", "credential_config_file") else key()}, form)
    for client in (storage_client(gcp_conn_id="theirs"), bigquery_client(gcp_conn_id="theirs")):
        assert (account(client), client.project) == (ROBOT, "theirs")
    found, _ = GoogleConnection.find("theirs").credentials()
    assert found.scopes == [SCOPE]


def test_everyone_who_has_a_connection_uses_it(connect):
    """Operators, sensors and hooks all make their clients with it."""
    connect({"keyfile_dict": key()})
    clients = [
        GCSListObjectsOperator(task_id="a", bucket="b", gcp_conn_id="theirs").storage(),
        GCSObjectExistenceSensor(task_id="b", bucket="b", object="o", google_cloud_conn_id="theirs").storage(),
        BigQueryInsertJobOperator(task_id="c", configuration={}, gcp_conn_id="theirs").bigquery(),
        BigQueryTableExistenceSensor(task_id="d", dataset_id="d", table_id="t", gcp_conn_id="theirs").bigquery(),
        GCSHook("theirs").get_conn(),
        GCSHook(gcp_conn_id="theirs").get_conn(),
        BigQueryHook(gcp_conn_id="theirs").get_client(),
        Connection.get("theirs").get_hook().storage(),
    ]
    assert {account(client) for client in clients} == {ROBOT}
    credentials, project = GoogleBaseHook("theirs").get_credentials_and_project_id()
    assert (credentials.service_account_email, project) == (ROBOT, "theirs")


@pytest.mark.parametrize(
    ("asked", "extras", "environment", "expected"),
    [
        (None, {}, None, "d"),
        (None, {}, "env", "env"),
        (None, {"keyfile_dict": True}, "env", "theirs"),
        (None, {"keyfile_dict": True, "project": "named"}, "env", "named"),
        (None, {"project": "named"}, "env", "named"),
        ("asked", {"keyfile_dict": True, "project": "named"}, "env", "asked"),
    ],
)
def test_which_project(connect, monkeypatch, asked, extras, environment, expected):
    """The operator's, else the connection's, else its key's, else the environment's, else the default credentials'."""
    connect({name: key() if value is True else value for name, value in extras.items()})
    if environment:
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", environment)
    assert storage_client(asked, gcp_conn_id="theirs").project == expected
    assert bigquery_client(asked, gcp_conn_id="theirs").project == expected


def test_the_default_connection_need_not_be_there(monkeypatch):
    """Without it the application default credentials count; with it, what it says; another id must exist."""
    assert account(storage_client()) == "default@d.iam.gserviceaccount.com"
    monkeypatch.setenv(
        "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT",
        json.dumps({"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": key()}}),
    )
    assert account(storage_client()) == ROBOT
    with pytest.raises(AirflowNotFoundException, match="`nobody` isn't defined"):
        storage_client(gcp_conn_id="nobody")


def test_scopes_impersonation_and_quota(connect):
    """The connection's scope and chain hold for its credentials; the operator's own chain goes before."""
    chain = "first@x.iam.gserviceaccount.com, last@x.iam.gserviceaccount.com"
    connect({"keyfile_dict": key(), "scope": "https://a, https://b", "impersonation_chain": chain}, "uri")
    found, _ = GoogleConnection.find("theirs").credentials()
    assert found.service_account_email == "last@x.iam.gserviceaccount.com"
    assert found._delegates == ["first@x.iam.gserviceaccount.com"]
    assert found._target_scopes == ["https://a", "https://b"]
    own = storage_client(None, "own@x.iam.gserviceaccount.com", "theirs")
    assert account(own) == "own@x.iam.gserviceaccount.com"
    connect({"quota_project_id": "payer", "scope": "https://a"})
    found, project = GoogleConnection.find("theirs").credentials()
    assert (found.quota_project_id, project, found.scopes) == ("payer", "d", ["https://a"])


@pytest.mark.parametrize(("text", "anonymous"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_anonymous(connect, text, anonymous):
    """is_anonymous means no credentials, also as the text that a URI has."""
    connect({"is_anonymous": text, "keyfile_dict": key()}, "uri")
    client = storage_client(gcp_conn_id="theirs")
    assert isinstance(client._credentials, AnonymousCredentials) is anonymous


def test_a_key_in_secret_manager(connect, monkeypatch):
    """key_secret_name is the newest version of that secret, in the project that the connection says."""
    from google.cloud import secretmanager

    asked = []

    class Client:
        def access_secret_version(self, name):
            asked.append(name)
            payload = secretmanager.SecretPayload(data=json.dumps(key()).encode())
            return secretmanager.AccessSecretVersionResponse(payload=payload)

    monkeypatch.setattr(secretmanager, "SecretManagerServiceClient", Client)
    connect({"key_secret_name": "robot", "key_secret_project_id": "vault"})
    assert account(storage_client(gcp_conn_id="theirs")) == ROBOT
    assert asked == ["projects/vault/secrets/robot/versions/latest"]


@pytest.mark.parametrize(
    ("extras", "told"),
    [
        ({"keyfile_dict": "{topsecret"}, "keyfile_dict of the connection 'theirs' is not a JSON object"),
        ({"keyfile_dict": {"private_key": "topsecret"}}, "keyfile_dict of the connection 'theirs' is no service acc"),
        ({"keyfile_dict": "[1]"}, "is not a JSON object"),
        ({"key_path": "/no/such/key.json"}, "key_path of the connection 'theirs': No such file.*: /no/such/key.json"),
        ({"credential_config_file": "/no/such.json"}, "credential_config_file of the connection 'theirs' has no cred"),
        ({"credential_config_file": '{"type": "topsecret"}'}, "has no credentials that google-auth can read"),
        ({"key_path": "a", "keyfile_dict": "{}"}, "has key_path and keyfile_dict: one of them has to go"),
        ({"idp_issuer_url": "https://x"}, "brisa has no credentials of an idp_issuer_url"),
    ],
)
def test_what_is_wrong_is_told_without_the_secret(connect, extras, told):
    """A connection that can't be used is named with what is wrong in it, and no key is quoted."""
    connect(extras)
    with pytest.raises(AirflowException, match=told) as error:
        storage_client(gcp_conn_id="theirs")
    assert "topsecret" not in str(error.value)
    assert "topsecret" not in repr(GoogleConnection.find("theirs"))


def test_an_emulator_wins(connect, monkeypatch):
    """With an emulator no key is read, and nobody is logged in; the project is the connection's all the same."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")
    connect({"key_path": "/no/such/key.json", "project": "named"})
    for client in (storage_client(gcp_conn_id="theirs"), bigquery_client(gcp_conn_id="theirs")):
        assert isinstance(client._credentials, AnonymousCredentials)
        assert client.project == "named"
    assert storage_client().project == "brisa-local"


def test_bigquerys_own_extras(connect):
    """location and use_legacy_sql of the connection hold for hooks that say nothing themselves."""
    connect({"location": "EU", "use_legacy_sql": "false", "labels": {"a": "b"}}, "uri")
    assert bigquery_client(gcp_conn_id="theirs").location == "EU"
    hook = BigQueryHook(gcp_conn_id="theirs")
    assert (hook.location, hook.use_legacy_sql) == ("EU", False)
    assert BigQueryHook(gcp_conn_id="theirs", location="US", use_legacy_sql=True).get_client().location == "US"
    assert BigQueryHook().use_legacy_sql is True


def test_num_retries(connect):
    """num_retries is read as a whole number, five if nothing is said."""
    connect({"num_retries": "7"}, "uri")
    assert (GoogleBaseHook("theirs").num_retries, GoogleBaseHook().num_retries) == (7, 5)
    connect({"num_retries": "many"})
    with pytest.raises(AirflowException, match="num_retries of the connection 'theirs'"):
        assert GoogleBaseHook("theirs").num_retries


def test_a_connection_among_the_secrets(connect):
    """Where the environment has no such connection, the one that the supervisor answers with counts."""
    asked = []

    class Supervisor:
        def ask(self, verb, /, **payload):
            asked.append((verb, payload))
            return {"conn_type": "google_cloud_platform", "extra": json.dumps({"keyfile_dict": key()})}

    with executing({}, Supervisor()):
        assert account(storage_client(gcp_conn_id="kept")) == ROBOT
    assert asked == [("connection", {"conn_id": "kept"})]
