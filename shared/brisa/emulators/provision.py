"""What Terraform makes in a real project, made here: ``python -m brisa.emulators.provision TASKS_ADDRESS SLOTS``.

Two queues and two buckets, through Google's own clients, which find Cloud Storage through ``STORAGE_EMULATOR_HOST``.
Idempotent.
"""

from __future__ import annotations

import contextlib
import sys
from datetime import timedelta

import grpc  # type: ignore[import-untyped] # grpcio has no types
from google.api_core.exceptions import Conflict
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage, tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from brisa.emulators import project
from brisa.emulators.installed import PROJECT


def queues(address: str, slots: int) -> None:
    """The queues of the worker and of the planner; as many tasks at a time as the worker has threads."""
    channel = grpc.insecure_channel(address)
    client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
    with contextlib.closing(channel):
        for name in (project.WORK_QUEUE, project.PLANNER_QUEUE):
            # An update makes the queue that is not there.
            client.update_queue(
                queue=tasks_v2.Queue(
                    name=name,
                    rate_limits={"max_concurrent_dispatches": slots},
                    retry_config={
                        "max_attempts": -1,
                        "min_backoff": timedelta(seconds=0.1),
                        "max_backoff": timedelta(seconds=10),
                    },
                )
            )


def buckets() -> None:
    """The buckets for logs and large XComs, and for DAG files."""
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call] # google-auth has annotations in part
    with contextlib.closing(storage.Client(project=PROJECT, credentials=anonymous)) as client:
        for name in (project.STATE_BUCKET, project.DAGS_BUCKET):
            with contextlib.suppress(Conflict):
                client.create_bucket(name)


if __name__ == "__main__":
    queues(sys.argv[1], int(sys.argv[2]))
    buckets()
