"""What every keeper of secrets promises: each sentence of brisa.ports.secrets as a test."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from brisa.errors import StorageError
from brisa.ports.secrets import LARGEST_SECRET

# fmt: off
NAMES = [
    "", " ", "a", "A", "á", "a\u0301", "a b", "a/b", "a/b/c", "/", "//", ".", "..", "../a", "latest", "versions/1",
    "projects/p/secrets/s", "brisa-", "%", "%2F", "_", "'", '"', '{"a": 1}', "null", "1", "a\0b", "a\nb", "a\tb",
    "\ud800", "\udfff", "\ud83d\ude00", "😀", "ñ/☃", "名前", "connection:postgres_default", "x" * 300, "x" * 299 + "y",
    "ñ" * 200, "/".join("d" * 900), "; DROP TABLE secret", "labels.brisa=secret",
]
# fmt: on


def test_a_secret_is_put_read_and_deleted(secrets):
    """The happy path."""
    assert secrets.get("connections/warehouse") is None
    secrets.put("connections/warehouse", "postgres://ana:clave@db/ventas")
    assert secrets.get("connections/warehouse") == "postgres://ana:clave@db/ventas"
    assert secrets.names() == ["connections/warehouse"]
    secrets.put("connections/warehouse", "postgres://ana:nueva@db/ventas")
    assert secrets.get("connections/warehouse") == "postgres://ana:nueva@db/ventas"
    secrets.delete("connections/warehouse")
    assert secrets.get("connections/warehouse") is None
    assert secrets.names() == []


def test_a_deleted_secret_can_be_set_again(secrets):
    """Nothing of the old one comes back, and nothing stands in the way."""
    for value in ("one", "two", "three"):
        secrets.put("a", value)
        assert secrets.get("a") == value
        secrets.delete("a")
        assert secrets.get("a") is None


def test_repeating_a_verb_changes_nothing(secrets):
    """Every verb is idempotent, also for what isn't there."""
    secrets.put("a", "one")
    secrets.put("a", "one")
    assert secrets.get("a") == "one"
    assert secrets.names() == ["a"]
    secrets.delete("a")
    secrets.delete("a")
    secrets.delete("never there")
    assert secrets.names() == []


def test_any_text_names_exactly_one_secret(secrets):
    """No two names meet in one secret, and each is listed as it was given."""
    assert len(set(NAMES)) == len(NAMES)
    for number, name in enumerate(NAMES):
        secrets.put(name, str(number))
    assert [secrets.get(name) for name in NAMES] == [str(number) for number in range(len(NAMES))]
    assert secrets.names() == sorted(NAMES)
    for name in NAMES[::2]:
        secrets.delete(name)
    assert secrets.names() == sorted(NAMES[1::2])
    assert [secrets.get(name) for name in NAMES[:4]] == [None, "1", None, "3"]


@pytest.mark.parametrize(
    "value",
    ["", " ", "\0", "\n", "a\r\nb", "clave", "contraseña", "😀", "a\u0301", "\ud800", "\xff", '{"a": [1, null]}'],
)
def test_any_text_is_a_value(secrets, value):
    """It comes back as it was, an empty one too: that is a secret, and not none."""
    secrets.put("a", value)
    assert secrets.get("a") == value
    assert secrets.names() == ["a"]


@pytest.mark.parametrize("letter", ["x", "é", "\0"])
def test_the_largest_secret_is_kept_whole(secrets, letter):
    """Exactly at the limit, which is one of bytes."""
    value = letter * (LARGEST_SECRET // len(letter.encode()))
    secrets.put("a", value)
    assert secrets.get("a") == value


def test_a_secret_above_the_limit_is_refused_and_changes_nothing(secrets):
    """One byte more; the error names the secret and the limit, and does not quote the value."""
    secrets.put("a", "before")
    for value in ("x" * (LARGEST_SECRET + 1), "é" * (LARGEST_SECRET // 2) + "x"):
        for name in ("a", "new"):
            with pytest.raises(StorageError, match=rf"secret '{name}' has 65537 bytes, and at most 65536") as caught:
                secrets.put(name, value)
            assert value[:20] not in str(caught.value)
            assert caught.value.__context__ is None
    assert secrets.get("a") == "before"
    assert secrets.names() == ["a"]


def test_many_names_are_all_listed_and_sorted(secrets):
    """More than any page of any service holds."""
    names = [f"connection-{number}" for number in range(450)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: secrets.put(name, name), names))
    assert secrets.names() == sorted(names)


def test_concurrent_puts_leave_one_of_their_values(secrets):
    """All succeed, whoever reads meanwhile sees a whole value, and in the end one of them is there."""
    values = [f"{number:02d}" * 500 for number in range(24)]
    secrets.put("a", values[0])
    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(secrets.put, "a", value) for value in values]
        seen = [threads.submit(secrets.get, "a") for _ in values]
        for done in writing:
            done.result()
    assert {done.result() for done in seen} <= set(values)
    assert secrets.get("a") in values
    secrets.put("a", "last")
    assert secrets.get("a") == "last"


def test_concurrent_puts_and_deletes_end_in_one_or_the_other(secrets):
    """A put that meets a deletion makes the secret anew; a value that is set when all is over can be read."""
    with ThreadPoolExecutor(8) as threads:
        for done in [
            threads.submit(*call)
            for number in range(20)
            for call in ((secrets.put, "a", str(number)), (secrets.delete, "a"), (secrets.get, "a"))
        ]:
            done.result()
    assert secrets.get("a") in {None, *map(str, range(20))}
    secrets.put("a", "last")
    assert secrets.get("a") == "last"
    assert secrets.names() == ["a"]
