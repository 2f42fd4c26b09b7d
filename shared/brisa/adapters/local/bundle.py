"""The DAG bundle as a folder."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from brisa.adapters.local.ignore import IgnoreRule, ignored, parse_ignore
from brisa.errors import StorageError

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*)", re.MULTILINE)
_FROM_HERE = re.compile(rb"^[ \t]*from[ \t]+\.+[ \t]+import[ \t]+\(?([\w \t,]+)", re.MULTILINE)
# What DAG files read beside Python: templates, queries, settings. Data files, which may change all the time, are not.
_TEMPLATES = (".sql", ".hql", ".sh", ".bash", ".j2", ".jinja", ".jinja2", ".tmpl", ".html", ".md", ".xml")
_SETTINGS = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env")


@dataclass(frozen=True, slots=True)
class _Python:
    """What is known of a Python file, as long as ``stamp`` stays: a file is read once only."""

    stamp: str
    candidate: bool
    imports: frozenset[str]
    """The first parts of the modules' names."""


Stamp: TypeAlias = Callable[[str, os.stat_result], str]
"""Relative path of a file and what the system says of it → a text that changes with the file's content."""


def file_stamp(_: str, found: os.stat_result) -> str:
    """The times and the size of a file, and which file it is."""
    return f"{found.st_mtime_ns}.{found.st_ctime_ns}.{found.st_size}.{found.st_ino}"


class ContentStamps:
    """Stamps that are the same wherever the same files are: of the content of those below ``root`` that matter.

    For folders that come with an image, whose times say nothing. A file is read once, as long as its own stamp stays.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).absolute()
        self._known: dict[str, tuple[str, str]] = {}

    def __call__(self, path: str, found: os.stat_result) -> str:
        """See :data:`Stamp`."""
        if not (path.endswith(".py") or _is_helper(path)):
            return ""
        now = file_stamp(path, found)
        known = self._known.get(path)
        if known is None or known[0] != now:
            with suppress(OSError):  # whoever loads it says why it can't be read
                content = (self._root / path).read_bytes()
                known = self._known[path] = now, hashlib.blake2b(content, digest_size=16).hexdigest()
        return now if known is None else known[1]


class FolderBundle:
    """A :class:`~brisa.ports.bundle.DagBundle` in the folder ``root``.

    A fingerprint is made of the stamps (by default times and sizes) of the file itself, of the modules of the bundle
    that it imports (directly or not, from its own folder or the root), and of the templates, queries and settings in
    its folder and below. Symbolic links are followed, each folder once.
    """

    def __init__(self, root: str | Path, stamp: Stamp = file_stamp) -> None:
        self._root = Path(root).absolute()
        self._stamp = stamp
        self._known: dict[str, _Python] = {}

    def root(self) -> Path:
        """The folder itself."""
        return self._root

    def files(self) -> Mapping[str, str]:
        """Candidate DAG files and their fingerprints, by path."""
        stamps = {path: self._stamp(path, found) for path, found in _walk(self._root)}
        python = {path: self._read(path, stamp) for path, stamp in stamps.items() if path.endswith(".py")}
        self._known = python
        modules = _modules(python)
        helpers = sorted((path, stamp) for path, stamp in stamps.items() if _is_helper(path))
        return {
            path: _digest(path, python, modules, helpers) for path, known in sorted(python.items()) if known.candidate
        }

    def _read(self, path: str, stamp: str) -> _Python:
        known = self._known.get(path)
        if known is not None and known.stamp == stamp:
            return known
        try:
            text = (self._root / path).read_bytes()
        except OSError:
            # Whoever loads it says why it can't be read.
            return _Python(stamp, candidate=True, imports=frozenset())
        lowered = text.lower()
        candidate = b"dag" in lowered and (b"airflow" in lowered or b"brisa" in lowered)
        names = {
            name.strip().lstrip(b".").partition(b".")[0].decode("utf-8", "replace")
            for found in (*_IMPORT.findall(text), *_FROM_HERE.findall(text))
            for name in found.split(b",")
        }
        return _Python(stamp, candidate, frozenset(names - {""}))


_Rules: TypeAlias = tuple[tuple[str, tuple[IgnoreRule, ...]], ...]
"""Each ignore file's folder and rules, from the root inwards."""


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every regular file that is neither hidden nor ignored, by relative path."""
    try:
        root.stat()
    except OSError as error:
        raise StorageError(f"the folder of DAG files {root} can't be read: {error.strerror}") from error
    stack: list[tuple[str, _Rules]] = [("", ())]
    seen: set[tuple[int, int]] = set()
    while stack:
        folder, rules = stack.pop()
        with suppress(OSError):
            here = (root / folder).stat()
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
            rules = _with_rules(rules, folder, entries)
            folders = []
            for path, found in _kept(folder, entries, rules):
                if stat.S_ISDIR(found.st_mode):
                    folders.append((path + "/", rules))
                elif stat.S_ISREG(found.st_mode):
                    yield path, found
            stack.extend(reversed(folders))


def _kept(folder: str, entries: list[os.DirEntry[str]], rules: _Rules) -> Iterator[tuple[str, os.stat_result]]:
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        with suppress(OSError):  # a link to nowhere
            found = entry.stat()
            if not _left_out(rules, folder + entry.name, stat.S_ISDIR(found.st_mode)):
                yield folder + entry.name, found


def _with_rules(rules: _Rules, folder: str, entries: list[os.DirEntry[str]]) -> _Rules:
    for entry in entries:
        if entry.name == ".airflowignore" and entry.is_file():
            with suppress(OSError):
                return (*rules, (folder, parse_ignore(Path(entry.path).read_text("utf-8", "replace"))))
    return rules


def _left_out(rules: _Rules, path: str, is_folder: bool) -> bool:
    """The ignore file nearest to the path that speaks of it decides."""
    for folder, own in reversed(rules):
        verdict = ignored(own, path.removeprefix(folder), is_folder)
        if verdict is not None:
            return verdict
    return False


def _is_helper(path: str) -> bool:
    return path.endswith(_TEMPLATES + _SETTINGS)


def _modules(python: Mapping[str, _Python]) -> Mapping[str, tuple[str, ...]]:
    """``folder/name`` of each module and package → its files."""
    modules: dict[str, list[str]] = {}
    for path in python:
        modules.setdefault(path.removesuffix(".py"), []).append(path)
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            modules.setdefault("/".join(parts[:depth]), []).append(path)
    return {name: tuple(files) for name, files in modules.items()}


def _digest(
    path: str,
    python: Mapping[str, _Python],
    modules: Mapping[str, tuple[str, ...]],
    helpers: list[tuple[str, str]],
) -> str:
    folder = path.rpartition("/")[0]
    prefix = folder + "/" if folder else ""
    reached, stack = {path}, [path]
    while stack:
        current = stack.pop()
        beside = current.rpartition("/")[0]
        for name in python[current].imports:
            for place in {prefix + name, name, f"{beside}/{name}" if beside else name}:
                for file in modules.get(place, ()):
                    if file not in reached:
                        reached.add(file)
                        stack.append(file)
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(reached):
        digest.update(f"{file}\0{python[file].stamp}\0".encode("utf-8", "surrogateescape"))
    for file, stamp in helpers:
        if file.startswith(prefix):
            digest.update(f"{file}\0{stamp}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
