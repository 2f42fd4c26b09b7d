"""Errors of Google's client, translated once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brisa.errors import BrisaError, QueueError, UnavailableError


@contextmanager
def translated(queue: str) -> Iterator[None]:
    """Raise what Google's client raises as brisa's own errors, which name the queue."""
    from google.api_core import exceptions as google
    from google.auth import exceptions as auth

    try:
        yield
    except (google.GoogleAPIError, auth.GoogleAuthError) as error:
        raise _ours(error, queue) from error


def _ours(error: Exception, queue: str) -> BrisaError:
    from google.api_core import exceptions as google
    from google.auth import exceptions as auth

    for_a_person = {
        google.NotFound: "it does not exist: create it, or correct its name",
        google.PermissionDenied: "this service account may not add tasks: give it roles/cloudtasks.enqueuer on the "
        "queue, and roles/iam.serviceAccountUser on the account that the tasks name",
        google.Unauthenticated: "the credentials are not accepted",
        google.InvalidArgument: "the service does not take the task",
        google.FailedPrecondition: "the queue does not take tasks",
        auth.GoogleAuthError: "there are no usable credentials",
    }
    if isinstance(error, auth.TransportError):
        return UnavailableError(f"Cloud Tasks queue {queue}: no token: {error}")
    for kind, advice in for_a_person.items():
        if isinstance(error, kind):
            return QueueError(f"Cloud Tasks queue {queue}: {advice} ({error})")
    return UnavailableError(f"Cloud Tasks queue {queue}: {error}")
