"""What Firestore's refusals mean for a person."""

from __future__ import annotations

from brisa.adapters.retrying import words
from brisa.errors import BrisaError, StorageError


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
    return StorageError(f"Firestore refuses to {what} ({words(error)}): {advice}")
