"""One attempt over HTTP."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from brisa.emulators.cloud_tasks.requests import Dispatch

Sign = Callable[[str, str], str]
"""(service account, audience) → a signed token."""


def deliver(dispatch: Dispatch, sign: Sign) -> int | None:
    """Send it and give the status of the answer: ``None`` when none came before its deadline, 0 when nobody answers.

    Redirects are answers like any other: the service does not follow them. After the deadline nobody listens, and
    the worker may still be working.
    """
    ends = time.monotonic() + dispatch.deadline
    parts = urlsplit(dispatch.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = dict(dispatch.headers)
    if dispatch.email:
        headers["Authorization"] = f"Bearer {sign(dispatch.email, dispatch.audience)}"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=dispatch.deadline)
    try:
        connection.request(dispatch.method, path, body=dispatch.body or None, headers=headers)
        if connection.sock is not None:
            connection.sock.settimeout(max(0.001, ends - time.monotonic()))
        return connection.getresponse().status
    except TimeoutError:
        return None
    except (OSError, http.client.HTTPException, ValueError):  # ValueError: a header that HTTP can't carry
        return 0
    finally:
        connection.close()
