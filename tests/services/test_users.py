"""Accounts: who they are, what changes void their tokens, and that somebody can always manage them."""

from __future__ import annotations

import threading

import pytest

from brisa.adapters.memory import FakeClock, MemoryStore
from brisa.errors import ConflictError, NotFoundError
from brisa.model.access import Role
from brisa.model.user import User
from brisa.ports.store import Create, Delete
from brisa.services.users import LONGEST, SHORTEST, UserError, UserExistsError, Users, hasher
from tests.web.auth_site import CountingHasher, quick_hasher


@pytest.fixture
def store():
    """Empty."""
    return MemoryStore()


@pytest.fixture
def clock():
    """It stands still."""
    return FakeClock()


@pytest.fixture
def users(store, clock):
    """With an admin and a viewer."""
    users = Users(store, clock, quick_hasher)
    users.create(User(username="root", role=Role.ADMIN), "root's password")
    users.create(User(username="ana", email="ana@example.com"), "ana's password")
    return users


def test_the_life_of_an_account(users, clock):
    """Made, found, changed, removed; the password is kept as a hash alone, and only the right one is right."""
    ana = users.get("ana")
    assert (ana.role, ana.email, ana.active, ana.created_at) == (Role.VIEWER, "ana@example.com", True, clock.now())
    assert ana.password_hash.startswith("$argon2id$")
    assert "password" not in ana.password_hash
    assert users.verify("ana", "ana's password") == ana
    assert users.verify("ana", "root's password") is None
    assert users.update("ana", first_name="Ana", role=Role.OP).role is Role.OP
    assert [user.username for user in users.list()] == ["ana", "root"]
    users.delete("ana")
    assert users.verify("ana", "ana's password") is None
    with pytest.raises(NotFoundError):
        users.get("ana")


@pytest.mark.parametrize(
    ("change", "voids"),
    [
        ({"password": "another one"}, True),
        ({"role": Role.OP}, True),
        ({"active": False}, True),
        ({"role": Role.VIEWER}, False),
        ({"active": True}, False),
        ({"email": "b@example.com", "first_name": "A", "last_name": "B"}, False),
    ],
)
def test_what_voids_tokens(users, change, voids):
    """A change of what somebody may do, or how they prove who they are; not one of their e-mail."""
    before = users.get("ana").epoch
    assert (users.update("ana", **change).epoch > before) is voids


def test_a_new_account_of_an_old_name_is_somebody_else(users, clock):
    """Tokens of the former one do not fit, even if both were changed as often."""
    users.update("ana", role=Role.USER)
    before = users.get("ana").epoch
    users.delete("ana")
    clock.advance(0.01)
    assert users.create(User(username="ana"), "ana's password").epoch > before


def test_who_is_not_active_can_not_log_in(users):
    """Not with the right password either, until they are again."""
    users.update("ana", active=False)
    assert users.verify("ana", "ana's password") is None
    users.update("ana", active=True)
    assert users.verify("ana", "ana's password") is not None


def test_an_account_without_a_password(users, store):
    """Nobody can log in as it."""
    store.commit(Create(User(username="system")))
    assert users.verify("system", "") is None


def test_unknown_names_take_the_same_work(store, clock):
    """Whoever asks can't tell from the time whether there is such an account: one hash is compared in any case."""
    counting = CountingHasher()
    users = Users(store, clock, lambda: counting)
    users.create(User(username="root", role=Role.ADMIN), "root's password")
    users.create(User(username="ana", active=False), "ana's password")
    for name in ("root", "ana", "nobody", "", "../x", "x" * 1000):
        assert users.verify(name, "wrong wrong") is None
    parameters = {digest.rpartition("$")[0].rpartition("$")[0] for digest in counting.verified}
    assert (len(counting.verified), len(parameters)) == (6, 1)


@pytest.mark.parametrize("change", [{"role": Role.OP}, {"active": False}, None])
def test_the_last_admin_stays(users, change):
    """Neither demoted nor put to sleep nor removed; with another one, all of it goes."""

    def do():
        return users.delete("root") if change is None else users.update("root", **change)

    before = users.get("root")
    users.create(User(username="asleep", role=Role.ADMIN, active=False), "asleep's password")
    with pytest.raises(UserError, match="last active admin"):
        do()
    assert users.get("root") == before
    users.create(User(username="second", role=Role.ADMIN), "second's password")
    do()
    assert [user.username for user in users.list() if user.active and user.role is Role.ADMIN] == ["second"]


def remove(name, users, both, refused):
    """Once both are about to."""
    both.wait()
    try:
        users.delete(name)
    except UserError:
        refused.append(name)


def test_two_admins_who_remove_each_other(store, clock):
    """At the same moment, seen by neither: one of them stays."""
    users = Users(store, clock, quick_hasher)
    for _ in range(20):
        for name in ("a", "b"):
            users.create(User(username=name, role=Role.ADMIN), "a good password")
        refused: list[str] = []
        args = (users, threading.Barrier(2), refused)
        threads = [threading.Thread(target=remove, args=(name, *args)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [user.username for user in users.list()] == refused
        assert len(refused) == 1
        store.commit(*(Delete(stored.record) for stored in store.users()))


class Overtaken:
    """A store in which somebody else is faster, once."""

    def __init__(self, store, change):
        self._store, self._change = store, change

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit(self, *writes):
        """After somebody else's change."""
        change, self._change = self._change, None
        if change is not None:
            change()
        return self._store.commit(*writes)


def test_an_admin_who_is_demoted_meanwhile_is_no_witness(users, store, clock):
    """The other admin is demoted right before the last one is: then the last one stays."""
    users.create(User(username="second", role=Role.ADMIN), "second's password")
    slow = Users(Overtaken(store, lambda: users.update("second", role=Role.USER)), clock, quick_hasher)
    with pytest.raises(UserError, match="last active admin"):
        slow.update("root", role=Role.USER)
    assert users.get("root").role is Role.ADMIN


@pytest.mark.parametrize(
    "name", ["", "a/b", "../x", "a b", "a\n", "ñandú", "-a", "x" * 101, "\N{SKULL}", "a\x00", ".", "__x__"]
)
def test_names_that_can_not_be(users, name):
    """They are refused, and nobody is made."""
    before = users.list()
    with pytest.raises(UserError, match="name"):
        users.create(User(username=name), "a good password")
    with pytest.raises(NotFoundError):
        users.get(name)
    assert users.list() == before


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1), "\ud800" * 10])
def test_passwords_that_can_not_be(users, password):
    """They are refused, whoever sets them, and are nobody's."""
    before = users.list()
    with pytest.raises(UserError):
        users.create(User(username="new"), password)
    with pytest.raises(UserError):
        users.update("ana", password=password)
    assert users.verify("ana", password) is None
    assert users.list() == before


def test_a_name_that_is_taken(users):
    """The account that is there stays as it is."""
    before = users.list()
    with pytest.raises(UserExistsError):
        users.create(User(username="ana", role=Role.ADMIN), "a good password")
    assert users.list() == before


def test_a_change_that_somebody_else_overtakes(users, store, clock):
    """It is made again on what is there then: neither is lost."""
    slow = Users(Overtaken(store, lambda: users.update("ana", email="b@example.com")), clock, quick_hasher)
    slow.update("ana", first_name="Ana")
    assert (users.get("ana").email, users.get("ana").first_name) == ("b@example.com", "Ana")


def test_accounts_that_never_stand_still(users, store, clock):
    """After many tries it says so."""
    from brisa.errors import UnavailableError

    class Busy(Overtaken):
        def commit(self, *writes):
            raise ConflictError("changed")

    with pytest.raises(UnavailableError):
        Users(Busy(store, None), clock, quick_hasher).update("ana", first_name="Ana")


def test_the_real_hash_is_as_hard_as_it_should_be():
    """Argon2id with OWASP's parameters."""
    digest = hasher().hash("a good password")
    assert digest.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher().verify(digest, "a good password")
