"""Calls that change nothing, whatever comes of them: callbacks, e-mails, ``on_kill``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from brisa.authoring.exceptions import AirflowTaskTimeout
from brisa.runtime.alarm import alarm
from brisa.runtime.request import CALLBACK_LIMIT

log: Final = logging.getLogger("brisa.task")
_AGAIN = 1.0
"""Seconds after which a callback that has taken too long, and has not ended, is told again."""


def guarded(what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call it; what it raises, or takes too long for, is logged as a failure of ``what``."""
    try:
        with alarm(CALLBACK_LIMIT, _took_too_long, again=_AGAIN):
            function(*args, **kwargs)
    except (Exception, SystemExit, AirflowTaskTimeout):
        log.exception("The %s failed", what)


def _took_too_long() -> AirflowTaskTimeout:
    return AirflowTaskTimeout(f"it took longer than {CALLBACK_LIMIT:g} s, and was ended")
