"""``.airflowignore``: which files of a bundle are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# What a glob has no use for: the mark of a line in the regexp syntax of Airflow 2.
_REGEXP = re.compile(r"\.\*|\.\+|\\|[\^$()|+{}]|\.\?")

_TOKENS = re.compile(
    r"""(?P<deep> (?: ^ | (?<=/) ) \*\*/ )
      | (?P<all>  /\*\*$ )
      | (?P<star> \*+ )
      | (?P<one>  \? )
      | \[ (?P<no> !? ) (?P<set> \]?[^\]/]+ ) \]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One line: ``pattern`` is matched against the path from the folder of the ignore file, ``/`` between parts."""

    pattern: re.Pattern[str]
    anywhere: bool
    """A regexp, which may match a part of the path; a glob must match the whole of it."""
    folders_only: bool = False
    keep: bool = False
    """The line began with ``!``: what it matches is taken in again."""

    def matches(self, path: str, is_folder: bool) -> bool:
        """Whether the line speaks of ``path``."""
        if self.folders_only and not is_folder:
            return False
        return bool(self.pattern.search(path) if self.anywhere else self.pattern.fullmatch(path))


@lru_cache(maxsize=64)
def parse_ignore(text: str) -> tuple[IgnoreRule, ...]:
    """The rules of an ignore file, in both of Airflow's syntaxes, told line by line.

    Airflow 2's is a regular expression searched for in the relative path, Airflow 3's a glob as in ``.gitignore``
    (``*``, ``?``, ``[…]``, ``**``, ``/`` at the front or in the middle anchors, ``/`` at the end means folders only,
    ``!`` takes back). A line with a mark that only regular expressions have is taken for one; ``#`` begins a comment.
    A regular expression that can't be compiled is left out, as in Airflow.
    """
    rules = []
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()  # noqa: PLW2901
        if not line:
            continue
        rule = _regexp(line) if _REGEXP.search(line) else _glob(line)
        if rule is not None:
            rules.append(rule)
    return tuple(rules)


def ignored(rules: tuple[IgnoreRule, ...], path: str, is_folder: bool) -> bool | None:
    """Whether ``rules`` leave out ``path``; the last that speaks of it counts, ``None`` when none does."""
    for rule in reversed(rules):
        if rule.matches(path, is_folder):
            return not rule.keep
    return None


def _regexp(line: str) -> IgnoreRule | None:
    try:
        return IgnoreRule(re.compile(line), anywhere=True)
    except re.error:
        return None


def _glob(line: str) -> IgnoreRule | None:
    keep, line = line.startswith("!"), line.removeprefix("!")
    folders_only, line = line.endswith("/"), line.rstrip("/")
    anchored = "/" in line
    body = _translate(line.removeprefix("/"))
    try:
        pattern = re.compile(body if anchored else f"(?:.*/)?{body}", re.DOTALL)
    except re.error:
        return None
    return IgnoreRule(pattern, anywhere=False, folders_only=folders_only, keep=keep)


def _translate(glob: str) -> str:
    """A glob as a regular expression."""
    out, place = "", 0
    for token in _TOKENS.finditer(glob):
        out += re.escape(glob[place : token.start()])
        place = token.end()
        if token["deep"]:
            out += "(?:.*/)?"
        elif token["all"]:
            out += "/.+"
        elif token["star"]:
            out += "[^/]*"
        elif token["one"]:
            out += "[^/]"
        else:
            inside = token["set"].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            out += f"[{'^/' if token['no'] else ''}{inside}]"
    return out + re.escape(glob[place:])
