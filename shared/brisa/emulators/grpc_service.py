"""One of Google's APIs over gRPC on loopback, with the official client's own types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, get_type_hints

import grpc  # type: ignore[import-untyped] # grpcio has no types

from brisa.emulators.refused import Refused
from brisa.emulators.service import HOST
from brisa.errors import EmulatorError

Metadata = dict[str, str]
"""What comes with a call beside its request."""
# One process to a port; and what is too large for an API comes as far as the API, which says so in its own words.
_OPTIONS = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 8 * 2**20))


@contextmanager
def served(api: str, service: object, port: int, *, emulator: str) -> Iterator[int]:
    """Answer the calls of ``api`` while the block lasts, on ``port`` (0: a free one), which is what it gives.

    Each public method of ``service`` is a call, ``create_queue`` CreateQueue. The annotation of its parameter
    ``request`` is the request's type; if it has a parameter ``metadata``, it gets the call's. Its result is the answer,
    ``None`` an empty one, and :class:`Refused` an error. :class:`EmulatorError` for a port that is taken.
    """
    handlers = {_camel(name): _handler(getattr(service, name)) for name in dir(service) if not name.startswith("_")}
    server = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="grpc"), options=_OPTIONS)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(api, handlers),))
    try:
        bound = server.add_insecure_port(f"{HOST}:{port}")
    except RuntimeError as error:
        raise EmulatorError(f"Port {port} is taken: the {emulator} emulator can't listen on it.") from error
    server.start()
    try:
        yield int(bound)
    finally:
        server.stop(grace=0.5).wait()


def _camel(name: str) -> str:
    return "".join(map(str.capitalize, name.split("_")))


def _handler(method: Callable[..., Any]) -> Any:
    types = get_type_hints(method)

    def answer(request: Any, context: Any) -> Any:
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        try:
            return method(request, metadata) if "metadata" in types else method(request)
        except Refused as refused:
            return context.abort(grpc.StatusCode[refused.status], str(refused))

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=types["request"].deserialize, response_serializer=_serialized
    )


def _serialized(answer: Any) -> bytes:
    return b"" if answer is None else bytes(type(answer).serialize(answer))
