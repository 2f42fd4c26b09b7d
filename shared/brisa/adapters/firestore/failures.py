"""What Firestore's client raises, in brisa's words, and what may be tried again."""

from __future__ import annotations

from enum import Enum

from brisa.errors import BrisaError, StorageError, UnavailableError


class Verdict(Enum):
    """What a failed call means."""

    UNDONE = "nothing was done; try again"
    UNKNOWN = "it may have been done, and the answer lost; try again"
    CONFLICT = "a precondition failed, if there was one"
    REFUSED = "trying again does not help"


def judge(error: Exception) -> Verdict:
    """What ``error``, raised by a call of Firestore, means."""
    from google.api_core import exceptions
    from google.auth.exceptions import TransportError

    match error:
        case exceptions.Aborted() | exceptions.TooManyRequests() | TransportError():
            return Verdict.UNDONE
        case exceptions.MethodNotImplemented() | exceptions.DataLoss():
            return Verdict.REFUSED
        case exceptions.ServerError() | exceptions.Cancelled():
            return Verdict.UNKNOWN
        case exceptions.AlreadyExists() | exceptions.FailedPrecondition() | exceptions.NotFound():
            return Verdict.CONFLICT
        case _:
            return Verdict.REFUSED


def unavailable(what: str, tries: int, error: Exception) -> UnavailableError:
    """The error for a call that was tried often enough."""
    return UnavailableError(f"Firestore could not {what}, {tries} times over: {_text(error)}")


def refused(what: str, error: Exception) -> BrisaError:
    """The error for a call that is not worth another try; says what to do."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    match error:
        case exceptions.Forbidden() | exceptions.Unauthorized() | GoogleAuthError():
            advice = "let the service account that brisa runs as have the role roles/datastore.user"
        case exceptions.FailedPrecondition() if "index" in str(error):
            advice = "create the indexes of brisa/adapters/firestore/indexes.json"
        case exceptions.NotFound():
            advice = "check the project and the name of the database, and create it in native mode"
        case exceptions.InvalidArgument():
            advice = "see whether something in it is too large"
        case _:
            advice = "see Google's message"
    return StorageError(f"Firestore refuses to {what} ({_text(error)}): {advice}")


def google_errors() -> tuple[type[Exception], ...]:
    """What to catch around a call of Firestore."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError

    return GoogleAPICallError, GoogleAuthError


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]
