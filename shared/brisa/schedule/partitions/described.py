"""What is made from a name and arguments, and can be made from them again: mappers, windows and wait policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from brisa.errors import DecodeError
from brisa.model.json import JsonObject


class Described:
    """Keeps each argument of its constructor as an attribute of the same name; ``mappers`` are positional ones."""

    _kinds: ClassVar[dict[str, type[Described]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith(f"{__package__}."):
            Described._kinds[cls.__name__] = cls

    def to_spec(self) -> JsonObject:
        """As JSON: ``{"kind": class, argument: value}``, without the arguments that are ``None``.

        A class of the user's own is named by its path alone: nobody but its DAG file can make one of it.
        """
        cls = type(self)
        if self._kinds.get(cls.__name__) is not cls:
            return {"kind": f"{cls.__module__}.{cls.__qualname__}"}
        arguments = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {"kind": cls.__name__} | {name: _plain(value) for name, value in arguments.items() if value is not None}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"{type(self).__name__}({given})"


def _plain(value: Any) -> Any:
    if isinstance(value, Described):
        return value.to_spec()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def described(spec: Mapping[str, Any]) -> Any:
    """What ``spec`` tells of (:meth:`Described.to_spec`); :class:`DecodeError` for a kind that brisa does not have."""
    arguments = {name: _made(value) for name, value in spec.items() if name != "kind"}
    try:
        kind = Described._kinds[spec["kind"]]  # noqa: SLF001  the same module
    except KeyError:
        raise DecodeError(f"there is no partition mapper, window or wait policy {spec.get('kind')!r}") from None
    return kind(*arguments.pop("mappers", ()), **arguments)


def _made(value: Any) -> Any:
    if isinstance(value, Mapping):
        return described(value)
    if isinstance(value, list):
        return [_made(item) for item in value]
    return value


def is_key(value: Any) -> bool:
    """Whether ``value`` can be a partition's key: a text, and not empty."""
    return isinstance(value, str) and value != ""
