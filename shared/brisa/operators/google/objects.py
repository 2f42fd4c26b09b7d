"""Cloud Storage: objects by name, prefix and glob, and buckets to be made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from brisa.operators.google.errors import in_words


def names(
    client: Any,
    bucket: str,
    prefixes: Iterable[str],
    delimiter: str | None = None,
    match_glob: str | None = None,
    user_project: str | None = None,
) -> list[str]:
    """Names of the objects that begin with one of ``prefixes`` (none: all objects), without those twice.

    ``delimiter`` keeps, as in Airflow's provider, those that end with it; ``match_glob`` those that match it
    (https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob).
    """
    found: dict[str, None] = {}
    for prefix in list(prefixes) or [""]:
        with in_words(f"list gs://{bucket}/{prefix}"):
            place = client.bucket(bucket, user_project=user_project)
            for blob in client.list_blobs(place, prefix=prefix or None, match_glob=match_glob):
                found[blob.name] = None
    # Emulators return objects that do not match the glob; the service does not.
    wanted = [name for name in found if match_glob is None or glob_pattern(match_glob).fullmatch(name)]
    return [name for name in wanted if not delimiter or name.endswith(delimiter)]


def rewrite(source: Any, target: Any, **condition: Any) -> None:
    """Copy an object, of any size, within Cloud Storage."""
    token, _, _ = target.rewrite(source, **condition)
    while token is not None:
        token, _, _ = target.rewrite(source, token=token, **condition)


def check_retention(until: datetime | None, mode: str | None) -> None:
    """A :class:`ValueError` for a retention that can't be."""
    if mode is not None and (until is None or mode not in ("Locked", "Unlocked")):
        raise ValueError("retention_mode is Locked or Unlocked, and goes with a retain_until_time")


def retain(blob: Any, until: datetime | None, mode: str | None = None) -> None:
    """Protect an object ``until`` then (``None``: not at all), in a bucket that has retention of objects."""
    if until is not None:
        blob.retention.mode = mode or "Unlocked"
        blob.retention.retain_until_time = until
        blob.patch()


def new_bucket(
    client: Any,
    name: str,
    resource: Mapping[str, Any] | None,
    storage_class: str,
    labels: Mapping[str, str] | None,
) -> Any:
    """A bucket that is to be made; ``resource``: properties by the API's names."""
    bucket = client.bucket(name)
    bucket.storage_class = storage_class
    bucket.labels = {**(labels or {})}
    for key, value in (resource or {}).items():
        if key != "name":
            bucket._patch_property(key, value)  # noqa: SLF001  the client's only way for a property by its API name
    return bucket


@lru_cache(maxsize=64)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """Cloud Storage's globs as a regular expression: ``*`` and ``?`` within a folder, ``**`` across folders,
    ``[a-z]``, ``[!a]`` and ``{one,two}``."""
    pattern, depth, at = "", 0, 0
    while at < len(glob):
        sign = glob[at]
        if glob.startswith("**/", at):
            pattern, at = pattern + "(?:.*/)?", at + 3
        elif glob.startswith("**", at):
            pattern, at = pattern + ".*", at + 2
        elif sign == "[" and "]" in glob[at + 2 :]:
            end = glob.index("]", at + 2)
            inside = glob[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            pattern, at = pattern + "[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]", end + 1
        else:
            depth += (sign == "{") - (sign == "}" and depth > 0)
            pattern, at = pattern + _sign(sign, depth), at + 1
    return re.compile(pattern + ")" * depth, re.DOTALL)


def _sign(sign: str, depth: int) -> str:
    if sign == "," and depth:
        return "|"
    return {"*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}.get(sign) or re.escape(sign)
