"""What is secret: of Connections and Variables that were looked up, and what user code says is.

The names that tell a secret, the least length, and what of a nested value counts were seen in Airflow 3.3.2; Airflow
2.11.2 knows fewer names, and hides shorter texts too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

SENSITIVE: Final = (
    *("access_key", "access_token", "api_key", "apikey", "auth_header", "authorization", "bearer"),
    *("connection_string", "dsn", "keyfile_dict", "passphrase", "passwd", "password", "private_key", "proxies"),
    *("proxy", "secret", "service_account", "service_key", "token", "webhook_url"),
)
"""Parts of a name, of an extra of a Connection or of a Variable, that tell that its value is secret."""
MASK: Final = "***"
"""What people see in its place."""
SHORTEST: Final = 5
"""Characters that a secret has at least: to hide shorter ones would hide half of what a log says."""
_NEVER: Final = frozenset({"airflow"})
_known: Final[dict[str, None]] = {}
_listeners: Final[list[Callable[[str], None]]] = []


def is_sensitive(name: str) -> bool:
    """Whether a value of that name is secret."""
    plain = name.strip().lower().replace("-", "_")
    return any(part in plain for part in SENSITIVE)


def secret_texts(value: Any, name: str | None = None) -> Iterator[str]:
    """The texts in a value that are secret.

    A text is if there is no ``name`` or it is sensitive; so is each of a list. In a dict the keys are the names.
    """
    if isinstance(value, str):
        if len(value) >= SHORTEST and value not in _NEVER and (name is None or is_sensitive(name)):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secret_texts(item, str(key))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from secret_texts(item, name)


def redacted(value: Any, name: str | None = None) -> Any:
    """``value`` with :data:`MASK` in the place of everything that a sensitive name tells to be secret, however short;
    in a dict the keys are the names, and a list's items have that of the list."""
    if name is not None and is_sensitive(name) and value not in (None, ""):
        return MASK
    if isinstance(value, Mapping):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, name) for item in value]
    return value


def restored(shown: Any, before: Any) -> Any:
    """``shown`` with what it has :data:`MASK` for, and ``before`` has in the same place, put back: somebody has got it
    :func:`redacted`, and sends it back."""
    if shown == MASK:
        return MASK if before is None else before
    if isinstance(shown, Mapping) and isinstance(before, Mapping):
        return {key: restored(item, before.get(key)) for key, item in shown.items()}
    if isinstance(shown, list) and isinstance(before, list) and len(shown) == len(before):
        return [restored(item, old) for item, old in zip(shown, before, strict=True)]
    return shown


def mask_secret(secret: Any, name: str | None = None) -> None:
    """From now on ``***`` stands for it in the task's log; see :func:`secret_texts` for what of it is secret."""
    for text in secret_texts(secret, name):
        if text not in _known:
            _known[text] = None
            for tell in _listeners:
                tell(text)


@contextmanager
def listening(tell: Callable[[str], None]) -> Iterator[None]:
    """While inside, ``tell`` is called with every secret, those that are known already first.

    What was learnt inside is forgotten after it.
    """
    before = dict(_known)
    for text in before:
        tell(text)
    _listeners.append(tell)
    try:
        yield
    finally:
        _listeners.remove(tell)
        _known.clear()
        _known.update(before)
