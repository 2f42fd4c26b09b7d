"""The state store of a process that goes on when there is room again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from brisa.adapters.sqlite.database import Database
from brisa.adapters.sqlite.store import SqliteStore
from brisa.errors import StorageError
from brisa.ports.store import Revision, Write


class PatientStore(SqliteStore):
    """A :class:`SqliteStore` whose commits wait out a full disk, instead of losing what a task has done.

    A commit that can't be written has written nothing, so it is made again. What only reads is not waited for.
    """

    def __init__(self, database: Database, trouble: Callable[[str], bool]) -> None:
        """``trouble`` says what is wrong and waits; when it returns False, the commit fails for good."""
        super().__init__(database)
        self._trouble = trouble

    def commit(self, *writes: Write) -> Sequence[Revision]:
        """As :meth:`brisa.ports.store.StateStore.commit`."""
        while True:
            try:
                return super().commit(*writes)
            except StorageError as error:
                if not self._trouble(str(error)):
                    raise
