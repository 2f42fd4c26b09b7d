"""Which objects can be files."""

from __future__ import annotations

import pytest

from brisa.adapters.gcs.objects import folders_of, is_left_alone, unusable


def test_ordinary_names_are_files():
    """Whatever a file system takes."""
    names = ["a.py", "sub/deep/b.py", "with space ñ ☃.py", ".airflowignore", "..a", "a..", "...", "a\\b", "a\nb", "~"]
    assert unusable([*names, "d" * 255, "/".join("d" * 400)]) == {}
    assert not any(map(is_left_alone, names))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.py", ". or .."), ("a/../b.py", ". or .."), ("a/..", ". or .."), ("./a.py", ". or .."), (".", ". or .."),
        ("/etc/passwd", "absolute"), ("a//b.py", "empty"), ("//", None), ("a\0b.py", "NUL"), ("d" * 256, "255 bytes"),
        ("ñ" * 128 + "/a.py", "255 bytes"), ("\ud800.py", "Unicode"),
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_no_files(name, reason):
    """Each is told with its reason."""
    told = unusable([name, "fine.py"])
    assert list(told) == [name] * bool(reason)
    assert (reason or "") in told.get(name, "")


def test_of_a_file_and_a_folder_of_one_name_the_folder_stays():
    """At any depth; a folder that has only unusable names, or only a placeholder, is in nobody's way."""
    assert list(unusable(["a", "a/b", "a/b/c", "x", "x/", "y", "y/../z"])) == ["a", "a/b", "y/../z"]


@pytest.mark.parametrize("name", ["", "a/", "a/b/", "/", "__pycache__/a.pyc", "a/__pycache__/b.pyc"])
def test_placeholders_and_bytecode_are_nobodys_concern(name):
    """They come with every copy of a folder."""
    assert is_left_alone(name)
    assert unusable([name]) == {}


def test_the_folders_of_a_path():
    """Without the root."""
    assert list(folders_of("a/b/c.py")) == ["a/b", "a"]
    assert list(folders_of("c.py")) == []
