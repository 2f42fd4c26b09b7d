"""Google's errors in words that name the thing that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brisa.authoring.exceptions import AirflowException


@contextmanager
def in_words(doing: str) -> Iterator[None]:
    """Turn an error of Google's API into a failed task: ``cannot <doing>: <what Google says>``.

    ``doing`` names the bucket, object, dataset or table, which Google's own message often does not.
    """
    from google.api_core.exceptions import GoogleAPICallError, NotFound

    try:
        yield
    except NotFound as error:
        raise AirflowException(f"cannot {doing}: it does not exist ({message_of(error)})") from error
    except GoogleAPICallError as error:
        raise AirflowException(f"cannot {doing}: {message_of(error)}") from error


def message_of(error: Exception) -> str:
    """Google's own sentence, without the request's address before it and the response's body after it."""
    details = getattr(error, "errors", None) or []
    told = details[0].get("message", "") if details and isinstance(details[0], dict) else ""
    if told:
        return str(told)
    text = str(getattr(error, "message", "") or error)
    head, separator, rest = text.partition("prettyPrint=false: ")
    return (rest if separator else head).split("\n")[0].strip()
