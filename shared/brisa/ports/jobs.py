"""Jobs of their own, for attempts that are too long or too large for a worker."""

from __future__ import annotations

from typing import Protocol

from brisa.model.run import Message


class Jobs(Protocol):
    """Runs attempts as jobs: each begins a process somewhere that claims, executes and finishes as a worker does."""

    def start(self, job: str, message: Message, *, seconds: float) -> None:
        """Begin an execution of ``job`` for ``message``, which may last so many ``seconds``; it need not have begun
        when this returns.

        The same message may be given again, since an answer may be lost, and may then begin a second execution. That is
        harmless: the claim is the lock, and whoever comes second goes away.

        Raises :class:`~brisa.errors.UnavailableError` (try again later) or :class:`~brisa.errors.JobError` (a person
        must act).
        """
        ...
