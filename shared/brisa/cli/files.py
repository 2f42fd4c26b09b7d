"""Files that commands read and write, and secrets that people type."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from brisa.errors import BrisaError

STDIO = "-"


def read_settings(file: str) -> Mapping[str, Any]:
    """What a file of settings says: name → value; ``-`` is the standard input, as JSON."""
    from brisa.services.setting_files import Format, format_of, read

    if file == STDIO:
        return read(sys.stdin.read(), Format.JSON, "the standard input")
    form = format_of(file)
    try:
        text = Path(file).read_text("utf-8")
    except OSError as error:
        raise BrisaError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BrisaError(f"{file} is not UTF-8") from error
    return read(text, form, file)


def write_settings(file: str, values: Mapping[str, Any], form: str | None = None) -> None:
    """Write a file that :func:`read_settings` reads, for its owner's eyes alone: it may have secrets. ``form`` is how,
    unless the file's name says so."""
    from brisa.services.setting_files import Format, format_of, written

    wanted = Format(form) if form else Format.JSON if file == STDIO else format_of(file)
    text = written(values, wanted)
    if file == STDIO:
        click.echo(text, nl=False)
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise BrisaError(f"{file} can't be written: {error.strerror}") from error


def secret(given: str | None, what: str, *, twice: bool = False) -> str:
    """A secret: as ``given``, unless that is ``-`` or nothing: then one line of the standard input, or, on a terminal,
    what a person types unseen, ``twice`` if nobody could tell a slip later."""
    if given not in (None, STDIO):
        return str(given)
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            raise BrisaError(f"{what} is missing: type it on a terminal, or send it to the standard input")
        return line.rstrip("\r\n")
    import getpass

    typed = getpass.getpass(f"{what}: ")
    if twice and getpass.getpass(f"{what}, again: ") != typed:
        raise BrisaError("these were two different ones")
    return typed


def confirm_deletion(question: str) -> None:
    """Ask; an error where nobody could answer."""
    if not sys.stdin.isatty():
        raise BrisaError(f"{question} Confirm it with --yes")
    click.confirm(question, abort=True, err=True)
