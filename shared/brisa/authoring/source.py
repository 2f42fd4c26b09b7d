"""Where in the user's files the current call comes from, for messages that name a line."""

from __future__ import annotations

import inspect
import os

from brisa.authoring.registry import current_recording
from brisa.errors import Location

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - no pathlib here: it costs start-up time
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep  # noqa: PTH100, PTH120
_SITE = os.sep + "site-packages" + os.sep


def user_line() -> tuple[str, int]:
    """File and line of the innermost caller that is neither brisa nor the standard library; ``("", 0)`` if none.

    While a file is being recorded, that file's own innermost line wins, so that a DAG built by a helper module is
    still found in the file that its author looks at.
    """
    record = current_recording()
    wanted = record.file if record is not None else ""
    found = ("", 0)
    frame = inspect.currentframe()
    while frame is not None:
        file = frame.f_code.co_filename
        if wanted and file == wanted:
            return file, frame.f_lineno
        if not found[0] and _is_users(file):
            found = (file, frame.f_lineno)
            if not wanted:
                break
        frame = frame.f_back
    return found


def here(dag_id: str = "", task_id: str = "") -> Location:
    """The location of the user's current line."""
    file, line = user_line()
    return Location(file=file, line=line, dag_id=dag_id, task_id=task_id)


def _is_users(file: str) -> bool:
    if file.startswith((_OWN, "<frozen ")):
        return False
    return not (file.startswith(_STANDARD_LIBRARY) and _SITE not in file)
