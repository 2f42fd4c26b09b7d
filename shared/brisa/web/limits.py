"""What every request and every answer goes through: how large a body may be, and headers for browsers."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1 << 20
"""Bytes: as much as a Firestore document holds."""
_TOO_LARGE = "a request may have a body of 1 MiB"
_ANSWER = f'{{"detail":"{_TOO_LARGE}"}}'.encode()
HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
"""Of every answer: what it says is nobody else's to keep, and no browser is to guess what it is."""


class Limits:
    """ASGI middleware: 413 for a body that is too large, told by its header or found while it is read."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > self._largest:
            await _refuse(send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise HTTPException(413, _TOO_LARGE)
            return message

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                more = [header for header in HEADERS if header[0] not in named]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, counted, headed)


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})
