"""Assets (Airflow 2 calls them Datasets): names of data that tasks produce and schedules wait for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from brisa.authoring.asset_access import AssetAccessControl
from brisa.authoring.registry import known_assets, notice
from brisa.authoring.source import here
from brisa.errors import AuthoringError

_RESERVED = ("self", "context")


def is_json(value: Any) -> bool:
    """Whether ``value`` can be kept, and read back, as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def is_name(value: Any) -> TypeGuard[str]:
    """Whether ``value`` can name an asset: a text that is not blank, of characters that UTF-8 has."""
    return isinstance(value, str) and bool(value.strip()) and not any("\ud800" <= one <= "\udfff" for one in value)


class AssetExpression:
    """Assets joined with ``&`` and ``|``."""

    def __and__(self, other: Any) -> AssetAll:
        return AssetAll(self, other)

    def __or__(self, other: Any) -> AssetAny:
        return AssetAny(self, other)

    def to_spec(self) -> Any:
        """As JSON: ``{"asset": uri}``, ``{"alias": name}``, ``{"all": […]}`` or ``{"any": […]}``.

        With an asset's ``name``, ``group`` and ``extra`` where they are not the usual ones.
        """
        raise NotImplementedError

    def assets(self) -> Iterator[Asset]:
        """Every asset in it."""
        yield from ()


class Asset(AssetExpression):
    """One asset: ``Asset("s3://bucket/key")``, ``Asset(name="orders", uri="…")``."""

    def __init__(
        self,
        name: str | None = None,
        uri: str | None = None,
        *,
        group: str = "asset",
        extra: dict[str, Any] | None = None,
        watchers: Iterable[Any] | None = None,
        access_control: AssetAccessControl | None = None,
    ) -> None:
        """``watchers`` and ``access_control`` are kept; brisa makes nothing of them yet."""
        first = name if name is not None else uri
        place = uri if uri is not None else name
        if not is_name(first) or not is_name(place):
            given = place if is_name(first) else first
            raise AuthoringError(f"an Asset needs a name or a uri, and {given!r:.80} is none", here())
        self.name = first
        if first in _RESERVED:
            raise AuthoringError(
                f"an Asset can't have the name {first!r}: in an @asset function it means something", here()
            )
        self.uri = place
        self.group = group
        self.extra = dict(extra or {})
        if not is_json(self.extra):
            raise AuthoringError(f"the extra of an Asset must be JSON, and {self.extra!r:.80} is not", here())
        self.watchers = list(watchers or ())
        self.access_control = access_control or AssetAccessControl()
        if self.watchers:
            notice("the watchers of assets are kept, and nothing watches with them yet")
        known = known_assets()
        named = known.get(self.name)
        if not isinstance(named, Asset) or named.uri == self.name:  # a uri of its own says more than the name again
            known[self.name] = self

    @staticmethod
    def ref(*, name: str = "", uri: str = "") -> AssetRef:
        """An asset that is told elsewhere, by its name or by its uri."""
        if bool(name) == bool(uri):
            raise AuthoringError("Asset.ref() takes either a name or a uri", here())
        return AssetNameRef(name) if name else AssetUriRef(uri)

    def to_spec(self) -> Any:
        told = {"name": self.name if self.name != self.uri else "", "group": self.group, "extra": self.extra}
        return {"asset": self.uri, **{name: value for name, value in told.items() if value not in ("", "asset", {})}}

    def assets(self) -> Iterator[Asset]:
        yield self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __fspath__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"Asset({self.uri!r})"


class AssetRef(AssetExpression):
    """An asset that is told elsewhere. One of the same file is found, wherever in the file it is made.

    Nothing is known here of an asset of another file: its name is taken to be its uri, too.
    """

    name: str
    uri: str

    def __init__(self) -> None:
        self._known = known_assets()

    def asset(self) -> Asset:
        """The asset itself."""
        raise NotImplementedError

    def to_spec(self) -> Any:
        return self.asset().to_spec()

    def assets(self) -> Iterator[Asset]:
        yield self.asset()


class AssetNameRef(AssetRef):
    """An asset by its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    @property
    def uri(self) -> str:  # type: ignore[override]  # found when it is asked for
        """Its uri."""
        return self.asset().uri

    def asset(self) -> Asset:
        found = self._known.get(self.name)
        return found if isinstance(found, Asset) else Asset(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetNameRef) and self.name == other.name

    def __hash__(self) -> int:
        return hash(("name", self.name))

    def __repr__(self) -> str:
        return f"Asset.ref(name={self.name!r})"


class AssetUriRef(AssetRef):
    """An asset by its uri."""

    def __init__(self, uri: str) -> None:
        super().__init__()
        self.uri = uri

    @property
    def name(self) -> str:  # type: ignore[override]  # found when it is asked for
        """Its name."""
        return self.asset().name

    def asset(self) -> Asset:
        for known in self._known.values():
            if isinstance(known, Asset) and known.uri == self.uri:
                return known
        return Asset(uri=self.uri)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetUriRef) and self.uri == other.uri

    def __hash__(self) -> int:
        return hash(("uri", self.uri))

    def __repr__(self) -> str:
        return f"Asset.ref(uri={self.uri!r})"


@dataclass
class Metadata:
    """What a task with outlets yields to tell ``extra`` of one of them, or of an ``alias``."""

    asset: Any
    extra: dict[str, Any] = field(default_factory=dict)
    alias: Any = None


Dataset = Asset
"""Airflow 2's name."""


class AssetAlias(AssetExpression):
    """A name under which a task may announce assets while it runs."""

    def __init__(self, name: str, *, group: str = "asset") -> None:
        if not is_name(name):
            raise AuthoringError(f"an AssetAlias needs a name, and {name!r:.80} is none", here())
        self.name = name
        self.group = group

    def to_spec(self) -> Any:
        return {"alias": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self) -> int:
        return hash((AssetAlias, self.name))

    def __repr__(self) -> str:
        return f"AssetAlias({self.name!r})"


DatasetAlias = AssetAlias
"""Airflow 2's name."""


class _Joined(AssetExpression):
    _word = ""

    def __init__(self, *members: Any) -> None:
        for member in members:
            if not isinstance(member, AssetExpression):
                raise AuthoringError(
                    f"a schedule of assets may hold assets only, not {type(member).__name__} ({member!r:.80})", here()
                )
        self.members = members

    def to_spec(self) -> Any:
        return {self._word: [member.to_spec() for member in self.members]}

    def assets(self) -> Iterator[Asset]:
        for member in self.members:
            yield from member.assets()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.members))})"


class AssetAll(_Joined):
    """All of these must have been updated."""

    _word = "all"


class AssetAny(_Joined):
    """One of these must have been updated."""

    _word = "any"


DatasetAll, DatasetAny = AssetAll, AssetAny
