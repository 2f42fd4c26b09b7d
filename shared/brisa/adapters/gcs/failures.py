"""What Cloud Storage's client raises, in brisa's words, and what may be tried again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from brisa.adapters.retrying import Retrying, Verdict
from brisa.errors import StorageError
from brisa.ports.clock import Clock

ONCE: Final[dict[str, Any]] = {"retry": None, "timeout": 20.0}
"""Keywords for the client's methods: no retries of its own, which go by the machine's clock and leave most uploads
out, and a limit, in seconds, to the silence of the other side."""
_WORTH_ANOTHER_TRY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


def retrying(clock: Clock, patience: float) -> Retrying:
    """Makes calls of Cloud Storage again and again; all of ours may be repeated."""
    return Retrying(clock, patience, service="Cloud Storage", refused=refused, judge=_judge, errors=storage_errors)


def storage_errors() -> tuple[type[Exception], ...]:
    """What to catch around a call of Cloud Storage: some errors of the layers below come as they are."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    layers = (RequestException, HTTPError, ConnectionError, TimeoutError)
    return GoogleAPICallError, InvalidResponse, DataCorruption, GoogleAuthError, *layers


def _judge(error: Exception) -> Verdict:
    return Verdict.UNKNOWN if transient(error) else Verdict.REFUSED


def transient(error: Exception) -> bool:
    """Whether the same call may succeed in a moment.

    Such are the answers that Google's page "Retry strategy" lists (408, 429, 5xx), connections that fail, answers that
    do not come or are cut off, and content whose checksum is wrong.
    """
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.cloud.storage.exceptions import InvalidResponse

    match error:
        case TransportError():
            return True
        case GoogleAuthError():
            return bool(error.retryable)
        case GoogleAPICallError():
            return _status_is_transient(error.code)
        case InvalidResponse():
            return _status_is_transient(error.response.status_code)
        case _:
            return True


def refused(what: str, error: Exception) -> StorageError:
    """The error for a call that is not worth another try; says what to do."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    match error:
        case GoogleAuthError() | exceptions.Unauthorized():
            advice = "see that this process has credentials of a service account that still exists"
        case exceptions.Forbidden():
            advice = (
                "unless Google's message names another reason, let the service account that brisa runs as have the "
                "role roles/storage.objectUser on the bucket (to read DAG files, roles/storage.objectViewer)"
            )
        case exceptions.NotFound():
            advice = "create the bucket, or correct its name"
        case _:
            advice = "see Google's message"
    return StorageError(f"Cloud Storage refuses to {what} ({_text(error)}): {advice}")


def _status_is_transient(status: int | None) -> bool:
    return status is not None and (status in _WORTH_ANOTHER_TRY or status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:1000]
