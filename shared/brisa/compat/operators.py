"""Kinds of operators that Airflow 3's core has for provider packages."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn, TypeVar

from brisa.authoring.exceptions import AirflowFailException
from brisa.authoring.operator import BaseOperator

Sensor = TypeVar("Sensor", bound=type)


class BaseAsyncOperator(BaseOperator):
    """Base of operators whose work is a coroutine: override ``aexecute``."""

    @property
    def is_async(self) -> bool:
        """Whether its work is a coroutine: always."""
        return True

    async def aexecute(self, context: Any) -> Any:
        """The task's work; what it returns becomes its XCom."""
        raise NotImplementedError(f"{type(self).__name__} does not override aexecute()")

    def execute(self, context: Any) -> Any:
        """Run it to its end."""
        return asyncio.run(self.aexecute(context))


def poke_mode_only(cls: Sensor) -> Sensor:
    """Airflow's mark of a sensor that remembers one look at the next one. brisa's sensors don't, so it can't run."""

    def execute(self: Any, context: Any) -> NoReturn:
        raise AirflowFailException(
            f"{type(self).__name__} remembers between two looks what it saw, and brisa looks in a new process each time"
        )

    cls.execute = execute  # type: ignore[attr-defined]
    return cls
