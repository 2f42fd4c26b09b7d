"""Who may do what at the api function, by the settings of a deployment."""

from __future__ import annotations

import json

import pytest

from brisa.adapters.gcs.text import read_text
from brisa.adapters.memory import FakeClock
from brisa.adapters.oidc import IapVerifier, OidcVerifier, PlatformVerifier
from brisa.bootstrap.cloud import CloudStack, policy_text
from brisa.bootstrap.settings import CloudSettings, SettingsError
from brisa.errors import StorageError
from brisa.model.access import Role
from brisa.ports.identity import Caller
from brisa.services.policy import PolicyError
from tests.adapters.gcs.local_gcs import local_gcs

NEEDED = {
    "GOOGLE_CLOUD_PROJECT": "p",
    **{f"BRISA_{name}": "x" for name in ("SERVICE_ACCOUNT", "QUEUE", "WORKER_URL", "PLANNER_URL", "BUCKET", "DAGS")},
    "BRISA_AUDIENCE": "https://api.a.run.app",
}
OP = 'op: ["user:ana@example.com"]'
ANA, BOB = Caller(email="ana@example.com"), Caller(email="bob@example.com")


def stack(**more):
    """Of a deployment with these variables too."""
    return CloudStack(CloudSettings.read({**NEEDED, **more}), FakeClock())


def test_without_a_policy_the_callers_are_admins():
    """As before there were roles; without callers nobody may do anything."""
    made = stack(BRISA_CALLERS="ana@example.com, ci@p.iam.gserviceaccount.com")
    assert (made.role(ANA), made.role(BOB)) == (Role.ADMIN, None)
    assert made.role(Caller(email="ci@p.iam.gserviceaccount.com")) is Role.ADMIN
    assert stack().role(ANA) is None


def test_a_policy_takes_the_place_of_the_callers(tmp_path):
    """In the variable itself, or in a file that it names."""
    file = tmp_path / "roles.yaml"
    file.write_text(OP)
    for given in (OP, '{"op": ["user:ana@example.com"]}', f"{OP}\n", str(file)):
        made = stack(BRISA_CALLERS="bob@example.com", BRISA_POLICY=given)
        assert (made.role(ANA), made.role(BOB)) == (Role.OP, None)


def test_a_policy_in_a_bucket(monkeypatch):
    """An object, as people change it; what is no text, or not there, is said."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", local_gcs().url)
    bucket, clock = local_gcs().client.bucket(local_gcs().bucket()), FakeClock()
    blob = bucket.blob("conf/roles ñ.yaml")
    blob.upload_from_string(OP)
    given = f"gs://{bucket.name}/conf/roles ñ.yaml"
    assert policy_text(given, "p", clock) == OP
    assert stack(BRISA_POLICY=given).role(ANA) is Role.OP
    blob.upload_from_string(b"\xff\xfe")
    with pytest.raises(StorageError, match="UTF-8"):
        policy_text(given, "p", clock)
    for wrong, told in (
        (f"{given}x", "refuses to read"),
        (f"gs://{bucket.name}", "names no object"),
        ("gs://", "no obj"),
    ):
        with pytest.raises(StorageError, match=told):
            read_text(local_gcs().client, wrong, clock)


@pytest.mark.parametrize(
    ("given", "error"), [("/no/such/file", SettingsError), ("roles.yaml", SettingsError), ("nonsense", PolicyError)]
)
def test_a_policy_that_can_not_be_read_lets_nobody_in(given, error):
    """It is an error, which names what is wrong, and no open door."""
    with pytest.raises(error):
        stack(BRISA_CALLERS="ana@example.com", BRISA_POLICY=given).role(ANA)


def test_who_tells_who_calls():
    """By the setting: who checks signatures, and whether Identity-Aware Proxy is in front."""
    plain = stack()
    assert isinstance(plain.anybody, OidcVerifier)
    assert plain.iap is None
    behind = stack(BRISA_AUTH="platform", BRISA_IAP_AUDIENCE="/projects/1/apps/x")
    assert isinstance(behind.anybody, PlatformVerifier)
    assert isinstance(behind.iap, IapVerifier)


def test_the_jobs_of_a_deployment():
    """By name, with what each has; none unless said."""
    jobs = {"default": {"job": "projects/p/locations/l/jobs/d", "cpu": "2", "memory": "4Gi", "timeout": 7200}}
    (size,) = CloudSettings.read({**NEEDED, "BRISA_JOBS": json.dumps(jobs)}).jobs
    assert (size.name, size.job, size.cpu, size.memory, size.seconds) == (
        "default",
        "projects/p/locations/l/jobs/d",
        2.0,
        4 * 2**30,
        7200.0,
    )
    assert CloudSettings.read(NEEDED).jobs == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"a": {}}',
        '{"a": 3}',
        '{"a": {"job": "j", "cpu": "two", "memory": "4Gi"}}',
        '{"a": {"job": "j", "cpu": 2, "memory": "4Gi", "timeout": 900000}}',
    ],
)
def test_jobs_that_can_not_be_understood(text):
    """The error names the variable."""
    with pytest.raises(SettingsError, match="BRISA_JOBS"):
        CloudSettings.read({**NEEDED, "BRISA_JOBS": text})


def test_where_the_dag_files_are(tmp_path):
    """In a bucket; or in a folder of the source, with an object that tells of a release."""
    baked = {**NEEDED, "BRISA_DAGS": str(tmp_path), "BRISA_RELEASED": "gs://b/released"}
    settings = CloudSettings.read(baked)
    assert (settings.dags_location, settings.released_object) == (None, ("b", "released"))
    settings = CloudSettings.read({**NEEDED, "BRISA_DAGS": "gs://b/dags/"})
    assert (settings.dags_location, settings.released_object) == (("b", "dags"), None)
    (tmp_path / "a.py").write_text("from brisa import DAG")
    assert list(CloudStack(CloudSettings.read(baked)).bundle.files()) == ["a.py"]
