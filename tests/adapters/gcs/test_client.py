"""How the client is made."""

from __future__ import annotations

import json
import subprocess
import sys

from google.auth.credentials import AnonymousCredentials

from brisa.adapters.gcs import connect
from tests.adapters.gcs.local_gcs import local_gcs
from tests.support.program import environment


def test_an_emulator_needs_no_credentials(monkeypatch):
    """Its address is in the environment, as all of Google's tools have it."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", local_gcs().url)
    with connect("some-project") as client:
        assert client.project == "some-project"
        assert isinstance(client._credentials, AnonymousCredentials)
        assert client.bucket(local_gcs().bucket()).exists()


def test_the_cloud_gets_the_credentials_of_this_process(monkeypatch, tmp_path):
    """The application default ones; the project is that of the environment."""
    told = {"type": "authorized_user", "client_id": "id", "client_secret": "no secret", "refresh_token": "token"}
    (tmp_path / "credentials.json").write_text(json.dumps(told))
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "its-project")
    with connect() as client:
        assert client.project == "its-project"
        assert client._credentials.refresh_token == "token"
        assert client.api_endpoint == "https://storage.googleapis.com"


def test_googles_libraries_load_only_when_a_client_is_made():
    """To import the adapters costs a cold start nothing."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, brisa.adapters.gcs; print(*sys.modules)"],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = told.stdout.split()
    assert "brisa.adapters.gcs.bundle" in loaded
    assert not {"google.cloud.storage", "google.auth", "google.api_core", "requests"}.intersection(loaded)
