"""What a secret is called in Secret Manager: ids are short and plain, names are any text.

An id is a hash of the name. The name itself, for people and for lists, is an annotation, percent-encoded: so that what
is not valid Unicode survives too. (JSON would join two halves of a surrogate pair into one character.)
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from brisa.errors import StorageError

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.secretmanager import Secret

LABELS = {"brisa": "secret"}
OURS = "labels.brisa=secret"
"""The filter that lists brisa's secrets, and no others of the project."""

_ANNOTATION = "brisa-name"
_PLAIN = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_MOST_ANNOTATED = 16 * 1024
"""Bytes of all keys and values must stay below this: the reference of ``Secret.annotations``."""


def secret_id(name: str) -> str:
    """The id of the secret ``name``, within its project."""
    return "brisa-" + hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def annotated(name: str) -> dict[str, str]:
    """Where the name is kept. :class:`~brisa.errors.StorageError` for one that is too long to be."""
    text = quote(name, safe=_PLAIN, errors="surrogatepass")
    if len(_ANNOTATION) + len(text) >= _MOST_ANNOTATED:
        raise StorageError(
            f"the name of secret {shown(name)} is too long for Secret Manager ({len(text)} characters when it is "
            f"percent-encoded, and at most {_MOST_ANNOTATED - len(_ANNOTATION) - 1} are allowed): choose a shorter one"
        )
    return {_ANNOTATION: text}


def name_of(secret: Secret) -> str | None:
    """The name of a secret of the project; ``None`` for one that this adapter can't have made."""
    try:
        name = unquote(secret.annotations.get(_ANNOTATION, ""), errors="surrogatepass")
    except UnicodeDecodeError:
        return None
    return name if secret_id(name) == secret.name.rpartition("/")[2] else None


def shown(name: str) -> str:
    """The name as an error quotes it."""
    return repr(name[:200])
