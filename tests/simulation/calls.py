"""What each port call of a host goes through: it hands over to others, and may fail in every way that a call can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from brisa.errors import ConflictError, UnavailableError
from brisa.ports.store import Delete, Write
from tests.simulation.faults import Fault, Faults
from tests.simulation.stores import Store
from tests.simulation.world import Host


class Outages:
    """Until when which port does not answer anybody."""

    def __init__(self) -> None:
        self.until: dict[str, float] = {}


class Calls:
    """The calls of one host."""

    def __init__(
        self, host: Host, store: Store, faults: Faults, outages: Outages, tell: Callable[[str], None] | None
    ) -> None:
        self._host = host
        self._store = store
        self._faults = faults
        self._outages = outages
        self._tell = tell
        self._storm = 0
        """How many more commits meet a conflict, while there are faults."""

    def around(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the call, after others have had their turn, unless something happens to it."""
        world = self._host.world
        if world.process is None:
            return call(*args, **kwargs)
        self._host.sleep(self._faults.chance.random() * 0.02)
        fault = self._faults.at_call(world.now)
        if self._tell is not None:
            self._tell(f"{name} {_short(args)}{f'  *** {fault}' if fault else ''}")
        port, _, verb = name.partition(".")
        if fault is not None or self._outages.until or self._storm:
            self._before(fault, port, verb)
        if fault is Fault.ANSWER_LOST:
            return self._unheard(verb, call, *args, **kwargs)
        result = call(*args, **kwargs)
        if fault is Fault.CRASH_AFTER:
            self._strike(fault)
            self._host.crash()
        if self._faults.chance.random() < 0.2:
            self._host.sleep(self._faults.chance.random() * 0.1)
        return result

    def _strike(self, fault: Fault) -> None:
        self._faults.injected[fault] += 1

    def _before(self, fault: Fault | None, port: str, verb: str) -> None:
        chance, now = self._faults.chance, self._host.world.now
        match fault:
            case Fault.CRASH_BEFORE:
                self._strike(fault)
                self._host.crash()
            case Fault.REFUSED:
                self._strike(fault)
                raise UnavailableError("the call was refused")
            case Fault.OUTAGE:
                self._strike(fault)
                self._outages.until[port] = now + chance.uniform(1.0, 60.0)
            case Fault.CONFLICTS:
                self._strike(fault)
                self._storm = chance.choice((1, 5, 60))
            case Fault.FROZEN:
                self._strike(fault)
                self._host.sleep(chance.choice((30.0, 100.0, 400.0)))
            case Fault.CLOCK_SHIFTED:
                self._strike(fault)
                self._host.skew = chance.uniform(-1.0, 1.0) * chance.choice((2.0, 10.0, 90.0))
            case _:
                pass
        if self._outages.until.get(port, 0.0) > self._host.world.now:
            raise UnavailableError(f"{port} does not answer")
        if self._storm and verb == "commit" and now < self._faults.until:
            self._storm -= 1
            raise ConflictError("somebody else was first")

    def _unheard(self, verb: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The call is made, in part where it has parts, and its answer is lost.

        A commit that is sent again is recognised by the id that its documents bear, while one of them still does; else
        it is a conflict, as in :class:`~brisa.adapters.firestore.store.FirestoreStore`.
        """
        self._strike(Fault.ANSWER_LOST)
        chance = self._faults.chance
        if verb == "enqueue":
            (works,) = args
            call(works[: chance.randint(0, len(works))])
            raise UnavailableError("the queue's answer was lost")
        result = call(*args, **kwargs)
        if verb != "commit" or chance.random() < 0.4:
            raise UnavailableError("the answer was lost")
        self._host.sleep(chance.uniform(0.1, 20.0))
        if self._recognised(args, result):
            return result
        raise ConflictError("it was changed since")

    def _recognised(self, writes: tuple[Write, ...], revisions: list[object]) -> bool:
        """Whether a document still is as this commit wrote it."""
        return any(
            not isinstance(write, Delete) and self._store.revision(write.record) == revision
            for write, revision in zip(writes, revisions, strict=True)
        )


def _short(args: tuple[Any, ...]) -> str:
    """Arguments, for people."""
    texts = []
    for arg in args:
        record = getattr(arg, "record", None)
        texts.append(f"{type(arg).__name__} {type(record).__name__}" if record is not None else str(arg))
    return ", ".join(texts)[:200]
