"""An Eventarc emulator with what stands around it, for tests: Cloud Storage, the local Google, a function."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage import Bucket

from brisa.emulators.catalogue import SERVICES
from brisa.emulators.installed import PROJECT
from brisa.emulators.layout import Layout
from brisa.emulators.ports import choose
from brisa.emulators.service import Site
from tests.adapters.cloudtasks.local_cloud_tasks import CloudTasks, Worker, real_cloud
from tests.emulators.emulator_process import EmulatorProcess
from tests.support.waiting import until

ACCOUNT = "events@test.iam.gserviceaccount.com"


class Eventarc(EmulatorProcess):
    """One emulator process, that delivers to ``function``."""

    def __init__(self, function: str, google: str, *options: str) -> None:
        whom = ("--url", function, "--account", ACCOUNT, "--token-url", google)
        super().__init__("eventarc", "--first-pause", "0.05", *whom, *options)


@dataclass
class Cloud:
    """A Cloud Storage whose notifications go to an Eventarc emulator, and the function that they reach."""

    storage: storage.Client
    function: Worker
    eventarc: Eventarc
    google: CloudTasks

    @property
    def audience(self) -> str:
        """The function's address."""
        return self.function.url

    def bucket(self, name: str) -> Bucket:
        """A new bucket."""
        bucket: Bucket = self.storage.create_bucket(name)
        return bucket


@contextmanager
def cloud(folder: Path, *options: str) -> Iterator[Cloud]:
    """All of it, until the block ends."""
    google, function = real_cloud(), Worker()
    eventarc = Eventarc(function.url, google.url, "--data", str(folder / "events.db"), *options)
    # It has its ports by now, which it found itself: one that is chosen before it is used may be taken by then.
    held = {"eventarc": eventarc.port, "eventarc-http": eventarc.ports["http_port"]}
    site = Site(layout=Layout(folder), ports={**choose(["gcs"], {}), **held})
    gcs = SERVICES["gcs"]
    server = subprocess.Popen(gcs.command(site), env={**os.environ, **gcs.environment(site)}, stdin=subprocess.DEVNULL)
    client = storage.Client(
        project=PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": site.url("gcs")}
    )
    try:
        until(lambda: gcs.answers(site, 1.0), what="Cloud Storage")
        yield Cloud(client, function, eventarc, google)
    finally:
        client.close()
        server.kill()
        server.wait()
        eventarc.end(kill=True)
        function.close()
