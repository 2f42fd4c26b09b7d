"""Tokens of the local Google: the Cloud Tasks emulator has the one key on this machine, and signs for the others."""

from __future__ import annotations

import json
import urllib.request

from brisa.errors import EmulatorError

_PATIENCE = 10.0


def token(google: str, email: str, audience: str) -> str:
    """A JWT in which ``google`` (the emulator's ``http://host:port``) says that its bearer is ``email``.

    Good for ``audience`` alone, and for 50 minutes at least. :class:`EmulatorError` when there is no answer.
    """
    body = json.dumps({"email": email, "audience": audience}).encode()
    request = urllib.request.Request(f"{google}/token", data=body, headers={"Content-Type": "application/json"})  # noqa: S310 (http to loopback)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
            return str(json.load(response)["token"])
    except (OSError, ValueError, KeyError) as error:
        raise EmulatorError(f"The Cloud Tasks emulator at {google} gives no token: {error}") from error
