"""What Secret Manager's client raises, in brisa's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brisa.adapters.retrying import words
from brisa.errors import BrisaError, StorageError

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.api_core.exceptions import GoogleAPICallError

READER = "roles/secretmanager.secretAccessor"
LISTER = "roles/secretmanager.viewer"
WRITER = "roles/secretmanager.admin"


def refusal(role: str) -> Callable[[str, Exception], BrisaError]:
    """Makes the error for a call that is not worth another try, and that who has ``role`` may make."""

    def refused(what: str, error: Exception) -> BrisaError:
        return StorageError(f"Secret Manager refuses to {what} ({words(error)}): {_advice(role, error)}")

    return refused


def _advice(role: str, error: Exception) -> str:
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    match error:
        case exceptions.Forbidden() | exceptions.Unauthorized() | GoogleAuthError():
            return (
                f"let the service account that brisa runs as have the role {role}, and see that the API "
                "secretmanager.googleapis.com is enabled"
            )
        case exceptions.NotFound() | exceptions.InvalidArgument():
            return "check the project"
        case _:
            return "see Google's message"


def without_words(error: GoogleAPICallError) -> GoogleAPICallError:
    """The same error, silent: a service may quote what it was sent, and that was a secret."""
    return type(error)("its words are left out, as they might quote the secret")


def not_yet(what: str) -> GoogleAPICallError:
    """The error that has a call made again: the service lags behind itself."""
    from google.api_core import exceptions

    again: GoogleAPICallError = exceptions.Aborted(what)  # type: ignore[no-untyped-call] # not typed throughout
    return again
