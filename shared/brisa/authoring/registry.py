"""What a DAG file makes while it is being loaded: its DAGs, and what its author should be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Recordable(Protocol):
    """What a recording needs to know of a DAG."""

    auto_register: bool

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        ...


class Recording:
    """The DAGs that one file made, in the order in which it made them."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        """The file being loaded, as its code objects name it; empty when unknown."""
        self.created: list[Recordable] = []
        """Every DAG object."""
        self.entered: list[Recordable] = []
        """Those used as a context manager, or made by ``@dag``."""
        self.notices: list[str] = []
        """What was accepted and translated, each once."""
        self.assets: dict[str, object] = {}
        """The assets that the file makes, by name."""

    def __iter__(self) -> Iterator[Recordable]:
        return iter(self.created)

    def __len__(self) -> int:
        return len(self.created)

    def found(self, namespace: Mapping[str, object]) -> list[Recordable]:
        """The DAGs that count, each once: those that ``namespace`` (the module's globals) names, and those used as a
        context manager unless their ``auto_register`` is False. Airflow's rule: a DAG that a function makes and throws
        away, without ``with``, is not found."""
        named = {id(value) for value in namespace.values()}
        entered = {id(dag) for dag in self.entered if dag.auto_register}
        return [dag for dag in self.created if id(dag) in named or id(dag) in entered]


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording(file: str = "") -> Iterator[Recording]:
    """Record what is authored inside; ``file`` makes error messages name its lines rather than a helper module's."""
    record = Recording(file)
    token = _recording.set(record)
    try:
        yield record
    finally:
        _recording.reset(token)


def current_recording() -> Recording | None:
    """The recording that is open, if any."""
    return _recording.get()


def created(dag: Recordable) -> None:
    """A DAG object was made."""
    record = _recording.get()
    if record is not None:
        record.created.append(dag)


def entered(dag: Recordable) -> None:
    """A DAG was used as a context manager."""
    record = _recording.get()
    if record is not None and not any(dag is other for other in record.entered):
        record.entered.append(dag)


def known_assets() -> dict[str, object]:
    """The assets by name of the file that is being loaded; it grows with the file. Empty, if none is."""
    record = _recording.get()
    return {} if record is None else record.assets


def notice(text: str) -> None:
    """Tell the author, once per file, that something was accepted and translated, or has no effect."""
    record = _recording.get()
    if record is not None and text not in record.notices:
        record.notices.append(text)
