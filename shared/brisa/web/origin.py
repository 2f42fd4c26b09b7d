"""Whether a browser sends a request for a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
CSRF_HEADER = "X-CSRF-Token"
_OURS = ("same-origin", "none")
"""``none``: the person did it, such as by a bookmark."""


def check_same_origin(request: Request) -> None:
    """403 if a browser sends it for a page from elsewhere, as far as it says so.

    Browsers tell by Sec-Fetch-Site (Fetch Metadata), older ones by Origin alone; programs send neither.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = site in _OURS if site is not None else origin is None or _host(origin) == request.headers.get("host")
    if not ours:
        raise HTTPException(403, "a page from elsewhere has sent this")


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
