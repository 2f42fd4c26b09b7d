"""The ways in which a connection holds Google's credentials, or points to them.

Each is a function of (its value, scopes, what it is in words) → (credentials, their project or ``None``). No error
quotes a key.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from brisa.authoring.exceptions import AirflowException

Found = tuple[Any, str | None]


def _of_account(value: Any, scopes: list[str], what: str) -> Found:
    """The service account of a key: a dict, or its JSON."""
    from google.oauth2 import service_account

    key = _object(value, what)
    if "private_key" in key:  # typed into a form, its ends of line come as two characters
        key["private_key"] = str(key["private_key"]).replace("\\n", "\n")
    try:
        found = service_account.Credentials.from_service_account_info(key, scopes=scopes)  # type: ignore[no-untyped-call]  # annotated in part
    except ValueError:
        raise AirflowException(f"{what} is no service account's key") from None
    return found, key.get("project_id")


def _of_file(value: Any, scopes: list[str], what: str) -> Found:
    """The service account of the key in a file."""
    try:
        text = Path(str(value)).read_text("utf-8")
    except OSError as error:
        raise AirflowException(f"{what}: {error.strerror}: {value}") from None
    except ValueError:
        raise AirflowException(f"{what}: {value} is not a text; a key has to be JSON") from None
    return _of_account(text, scopes, what)


def _of_secret(value: Any, scopes: list[str], what: str) -> Found:
    """The service account of the key in Secret Manager: ``projects/…/secrets/…/versions/…``."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud import secretmanager

    try:
        secret = secretmanager.SecretManagerServiceClient().access_secret_version(name=value)
    except GoogleAPICallError as error:
        raise AirflowException(f"{what}: cannot read {value}: {error.message}") from error
    return _of_account(secret.payload.data.decode("utf-8", "replace"), scopes, what)


def _of_any_kind(value: Any, scopes: list[str], what: str) -> Found:
    """Whatever google-auth reads, as workload identity: a file's name, or JSON."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    with warnings.catch_warnings():
        # Of configurations that strangers wrote. Who writes Connections decides whom tasks log in as anyway.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            if isinstance(value, Mapping) or str(value).lstrip().startswith("{"):
                found = google.auth.load_credentials_from_dict(_object(value, what), scopes=scopes)  # type: ignore[no-untyped-call]  # in part
            else:
                found = google.auth.load_credentials_from_file(value, scopes=scopes)  # type: ignore[no-untyped-call]  # in part
        except (GoogleAuthError, ValueError):
            raise AirflowException(f"{what} has no credentials that google-auth can read") from None
    return found[0], found[1]


def _object(value: Any, what: str) -> dict[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise AirflowException(f"{what} is not a JSON object")
    return dict(found)


KEYS: Final[Mapping[str, Callable[[Any, list[str], str], Found]]] = {
    "key_path": _of_file,
    "keyfile_dict": _of_account,
    "keyfile_json": _of_account,
    "key_secret_name": _of_secret,
    "credential_config_file": _of_any_kind,
}
"""Name of the extra → how it becomes credentials."""
