"""Objects of Cloud Storage by name, prefix and glob."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from brisa.operators.google.errors import in_words


def names(
    client: Any, bucket: str, prefixes: Iterable[str], delimiter: str | None = None, match_glob: str | None = None
) -> list[str]:
    """Names of the objects that begin with one of ``prefixes`` (none: all objects), without those twice.

    ``delimiter`` keeps, as in Airflow's provider, those that end with it; ``match_glob`` those that match it
    (https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob).
    """
    found: dict[str, None] = {}
    for prefix in list(prefixes) or [""]:
        with in_words(f"list gs://{bucket}/{prefix}"):
            for blob in client.list_blobs(bucket, prefix=prefix or None, match_glob=match_glob):
                found[blob.name] = None
    # Emulators return objects that do not match the glob; the service does not.
    wanted = [name for name in found if match_glob is None or glob_pattern(match_glob).fullmatch(name)]
    return [name for name in wanted if not delimiter or name.endswith(delimiter)]


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
