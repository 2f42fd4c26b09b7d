"""Mappers of keys as they are: the same, one of a list, a fixed one, several parts, several steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from brisa.schedule.partitions.described import Described, is_key


class PartitionMapper(Described):
    """Base of all mappers: from the key of an asset's event to the key, or keys, of the runs that consume it."""

    is_rollup: ClassVar[bool] = False
    expected_decoded_type: ClassVar[type] = str
    """What :meth:`decode_downstream` gives, and the window of a rollup has to take."""

    def __init__(self, *, max_downstream_keys: int | None = None) -> None:
        """``max_downstream_keys``: an event that maps to more starts no run; ``None`` leaves it to the scheduler."""
        if max_downstream_keys is not None and max_downstream_keys < 1:
            raise ValueError(f"max_downstream_keys must be a positive integer or None, not {max_downstream_keys!r}")
        self.max_downstream_keys = max_downstream_keys

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        decodes = cls.decode_downstream is not PartitionMapper.decode_downstream
        encodes = cls.encode_upstream is not PartitionMapper.encode_upstream
        if decodes is not encodes:
            raise TypeError(f"{cls.__name__} must override both of decode_downstream and encode_upstream, or neither")

    def to_downstream(self, key: str) -> str | Iterable[str]:
        """The consumer's key, or keys; :class:`ValueError` for a key that it can't take."""
        raise NotImplementedError(f"{type(self).__name__} does not override to_downstream()")

    def decode_downstream(self, downstream_key: str) -> Any:
        """What a consumer's key stands for: the start of its period, or the key itself."""
        return downstream_key

    def encode_upstream(self, decoded: Any) -> str:
        """The producer's key of one member of the window around what :meth:`decode_downstream` gave."""
        return str(decoded)

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """The moment at which the period of a consumer's key begins; ``None`` if the key means no time."""
        return None


class IdentityMapper(PartitionMapper):
    """The same key."""

    def to_downstream(self, key: str) -> str:
        """``key``."""
        return key


class AllowedKeyMapper(PartitionMapper):
    """The same key, if it is one of ``allowed_keys``."""

    def __init__(self, allowed_keys: Iterable[str], *, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.allowed_keys = list(allowed_keys)

    def to_downstream(self, key: str) -> str:
        """``key``; :class:`ValueError` for any other."""
        if key not in self.allowed_keys:
            raise ValueError(f"the partition key {key!r} is none of the allowed keys {self.allowed_keys}")
        return key


class FixedKeyMapper(PartitionMapper):
    """``downstream_key``, whatever the producer's key is."""

    def __init__(self, downstream_key: str, *, max_downstream_keys: int | None = None) -> None:
        if not is_key(downstream_key):
            raise ValueError(f"FixedKeyMapper needs a key that is a text and not empty, not {downstream_key!r}")
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.downstream_key = downstream_key

    def to_downstream(self, key: str) -> str:
        """The fixed key."""
        return self.downstream_key


class _Several(PartitionMapper):
    def __init__(
        self,
        first: PartitionMapper,
        second: PartitionMapper,
        /,
        *more: PartitionMapper,
        max_downstream_keys: int | None = None,
    ) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.mappers = [first, second, *more]


class ProductMapper(_Several):
    """A key of several parts: each part has a mapper of its own."""

    def __init__(
        self,
        first: PartitionMapper,
        second: PartitionMapper,
        /,
        *more: PartitionMapper,
        delimiter: str = "|",
        max_downstream_keys: int | None = None,
    ) -> None:
        super().__init__(first, second, *more, max_downstream_keys=max_downstream_keys)
        self.delimiter = delimiter

    def to_downstream(self, key: str) -> str:
        """Each part mapped; :class:`ValueError` for another number of parts, :class:`TypeError` for a part that
        becomes several keys."""
        parts = key.split(self.delimiter)
        if len(parts) != len(self.mappers):
            raise ValueError(
                f"the partition key {key!r} has {len(parts)} parts between {self.delimiter!r}, not {len(self.mappers)}"
            )
        mapped = [_keys(mapper, part) for mapper, part in zip(self.mappers, parts, strict=True)]
        for mapper, part in zip(self.mappers, mapped, strict=True):
            if not isinstance(part, str):
                raise TypeError(f"a part of a ProductMapper must map to one key, but {mapper!r} gives several")
        return self.delimiter.join(map(str, mapped))

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """The moment of the one part that means a time; ``None`` if none does, or several do."""
        parts = downstream_key.split(self.delimiter)
        if len(parts) != len(self.mappers):
            return None
        dates = [mapper.to_partition_date(part) for mapper, part in zip(self.mappers, parts, strict=True)]
        found = [date for date in dates if date is not None]
        return found[0] if len(found) == 1 else None


class ChainMapper(_Several):
    """One mapper after the other."""

    def to_downstream(self, key: str) -> str | Sequence[str]:
        """What the last one gives; a list unless it is one key."""
        keys = [key]
        for mapper in self.mappers:
            given = [_keys(mapper, one) for one in keys]
            keys = [text for some in given for text in ([some] if isinstance(some, str) else some)]
        return keys[0] if len(keys) == 1 else keys

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """As the last mapper says, which has made the key."""
        return self.mappers[-1].to_partition_date(downstream_key)


def _keys(mapper: PartitionMapper, key: str) -> str | list[str]:
    """What ``mapper`` gives; :class:`TypeError` unless it is a text, or several."""
    mapped: Any = mapper.to_downstream(key)
    if isinstance(mapped, str):
        return mapped
    if isinstance(mapped, Iterable):
        texts = list(mapped)
        if all(isinstance(text, str) for text in texts):
            return texts
    raise TypeError(f"{type(mapper).__name__}.to_downstream() must return a text or several, not {mapped!r:.80}")
