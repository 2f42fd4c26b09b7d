"""Logging in to a home: tokens, browsers' sessions, and who guesses."""

from __future__ import annotations

import logging

import pytest

from brisa.model.access import GRANTS, Role
from brisa.web.accounts import COOKIE
from brisa.web.origin import CSRF_HEADER
from tests.web.auth_site import DAY, KEY, AuthSite, CountingHasher, password

POOL = {"name": "a", "slots": 1}


@pytest.fixture
def web():
    """A home with a user for each role."""
    return AuthSite()


def log_in(web, name="op", word=None, path="/auth/token", **more):
    """The answer to a login."""
    body = {"username": name, "password": password(name) if word is None else word}
    return web.browser(**more).post(path, json=body)


def me(name, role, *, passwords=True, csrf_token=None):
    """What somebody is told of themselves."""
    return {
        "username": name,
        "role": role,
        "permissions": sorted(GRANTS[role]),
        "passwords": passwords,
        "csrf_token": csrf_token,
    }


def test_a_token_for_a_program(web):
    """Got with a password, as from Airflow's auth managers, and sent as a bearer token."""
    response = log_in(web)
    assert (response.status_code, list(response.json())) == (201, ["access_token"])
    op = web.bearer(response.json()["access_token"])
    assert op.get("/auth/me").json() == me("op", Role.OP)
    assert op.post("/api/v2/pools", json=POOL).status_code == 201
    assert op.get("/auth/fab/v1/users").status_code == 403
    assert "set-cookie" not in response.headers


def test_a_token_for_a_command_line_ends_after_an_hour(web):
    """The other one after a day."""
    short, long = (log_in(web, path=path).json()["access_token"] for path in ("/auth/token/cli", "/auth/token"))
    web.clock.advance(3600)
    assert web.bearer(short).get("/auth/me").status_code == 401
    assert web.bearer(long).get("/auth/me").status_code == 200
    web.clock.advance(DAY)
    response = web.bearer(long).get("/auth/me")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_a_browsers_session(web):
    """A cookie that no script reads and no other site sends; a change needs the session's token beside it."""
    browser, csrf = web.session("op")
    assert browser.get("/api/v2/pools").status_code == 200
    assert browser.get("/auth/me").json() == me("op", Role.OP, csrf_token=csrf)
    assert browser.post("/api/v2/pools", json=POOL).status_code == 403
    assert web.store.pools() == []
    assert browser.post("/api/v2/pools", json=POOL, headers={CSRF_HEADER: csrf}).status_code == 201
    (entry,) = web.store.audit_entries(limit=1)
    assert (entry.event, entry.owner) == ("post_pool", "op")


@pytest.mark.parametrize(("https", "secure"), [(False, False), (True, True)])
def test_the_cookie(web, https, secure):
    """Its marks, and how long a browser keeps it."""
    response = log_in(web, path="/auth/login", https=https)
    name, *marks = response.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={int(DAY)}"} <= set(marks)
    assert ("Secure" in marks) is secure


CROSS = {
    "no token": {},
    "an empty token": {CSRF_HEADER: ""},
    "another's token": {CSRF_HEADER: "another"},
    "the cookie itself": {CSRF_HEADER: "cookie"},
    "from another site": {CSRF_HEADER: "good", "Sec-Fetch-Site": "cross-site"},
    "from a sister site": {CSRF_HEADER: "good", "Sec-Fetch-Site": "same-site"},
    "of another origin": {CSRF_HEADER: "good", "Origin": "https://evil.example"},
    "of no origin": {CSRF_HEADER: "good", "Origin": "null"},
    "of an origin that is none": {CSRF_HEADER: "good", "Origin": "http://["},
    "of another port": {CSRF_HEADER: "good", "Origin": "http://testserver:1234"},
}


@pytest.mark.parametrize("headers", CROSS.values(), ids=CROSS)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_what_another_site_may_have_a_browser_send(web, headers, method):
    """Is 403 and changes nothing, whichever method it is."""
    browser, csrf = web.session("admin")
    _, another = web.session("admin")
    words = {"good": csrf, "another": another, "cookie": browser.cookies[COOKIE]}
    sent = {name: words.get(value, value) for name, value in headers.items()}
    path, body = {
        "POST": ("/api/v2/pools", POOL),
        "PATCH": ("/auth/fab/v1/users/op", {"active": False}),
        "DELETE": ("/auth/fab/v1/users/op", None),
        "PUT": ("/auth/me/password", {"old_password": password("admin"), "password": "another one"}),
    }[method]
    before = web.users.list()
    response = browser.request(method, path, json=body, headers=sent)
    assert response.status_code == 403
    assert response.json()["detail"]
    assert (web.users.list(), web.store.pools()) == (before, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
    ],
)
def test_what_our_own_pages_send(web, headers):
    """Is done."""
    browser, csrf = web.session("op")
    assert browser.post("/api/v2/pools", json=POOL, headers={CSRF_HEADER: csrf, **headers}).status_code == 201


def test_a_bearer_token_needs_nothing_else(web):
    """No browser adds it by itself; it counts before a cookie, also when it is bad."""
    browser, _ = web.session("viewer")
    browser.headers["Authorization"] = f"Bearer {web.token('op')}"
    assert browser.post("/api/v2/pools", json=POOL).status_code == 201
    browser.headers["Authorization"] = "Bearer bad"
    assert browser.get("/api/v2/pools").status_code == 401


@pytest.mark.parametrize(("path", "method"), [("/auth/logout", "POST"), ("/api/v2/auth/logout", "GET")])
def test_logging_out(web, path, method):
    """The session is over, also for who has kept the cookie; other sessions go on."""
    browser, csrf = web.session("op")
    other, _ = web.session("op")
    kept = browser.cookies[COOKIE]
    response = browser.request(method, path, headers={CSRF_HEADER: csrf})
    assert response.status_code in (204, 307)
    assert COOKIE not in browser.cookies
    thief = web.browser()
    thief.cookies.set(COOKIE, kept)
    assert thief.get("/auth/me").status_code == 401
    assert other.get("/auth/me").status_code == 200


def test_logging_out_of_nothing(web):
    """Airflow's address for it takes anybody, ours who has something to give back."""
    for client in (web.browser(), web.bearer("garbage")):
        response = client.get("/api/v2/auth/logout")
        assert (response.status_code, response.headers["location"]) == (307, "/auth/login")
        assert client.post("/auth/logout").status_code == 401


@pytest.mark.parametrize(
    ("given", "status", "location"),
    [
        (None, 307, "/auth/login"),
        ("/dags/a?b=c", 307, "/auth/login?next=%2Fdags%2Fa%3Fb%3Dc"),
        ("http://testserver/dags", 307, "/auth/login?next=http%3A%2F%2Ftestserver%2Fdags"),
        ("https://testserver/dags", 400, None),
        ("https://evil.example/", 400, None),
        ("//evil.example", 400, None),
        ("/\\evil.example", 400, None),
        ("\\\\evil.example", 400, None),
        ("/\t/evil.example", 400, None),
        ("http://testserver@evil.example/", 400, None),
        ("javascript:alert(1)", 400, None),
        ("http://[", 400, None),
    ],
)
def test_where_airflows_console_logs_in(web, given, status, location):
    """It is sent on, and may only come back to a page of ours."""
    response = web.browser().get("/api/v2/auth/login", params={} if given is None else {"next": given})
    assert (response.status_code, response.headers.get("location")) == (status, location)


UNFIT = {
    "no body": (b"", 422),
    "not JSON": (b"{", 422),
    "a list": (b"[]", 422),
    "no password": (b'{"username": "op"}', 422),
    "a number": (b'{"username": "op", "password": 1}', 422),
    "more": (b'{"username": "op", "password": "x", "role": "admin"}', 422),
    "a long name": (b'{"username": "' + b"x" * 257 + b'", "password": "x"}', 422),
    "a long password": (b'{"username": "op", "password": "' + b"x" * 1025 + b'"}', 422),
    "half a character": (b'{"username": "op", "password": "\\ud800"}', 422),
}


@pytest.mark.parametrize("path", ["/auth/token", "/auth/token/cli", "/auth/login"])
@pytest.mark.parametrize(("body", "status"), UNFIT.values(), ids=UNFIT)
def test_logins_that_are_none(web, path, body, status):
    """Are refused."""
    response = web.browser().post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert "set-cookie" not in response.headers


def test_a_form_of_another_site_logs_nobody_in(web):
    """A browser sends forms and plain text to anybody; only JSON is taken."""
    body = b'{"username": "op", "password": "password of op"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = web.browser().post("/auth/login", content=body, headers={"Content-Type": kind})
        assert (response.status_code, response.headers.get("set-cookie")) == (422, None)


@pytest.mark.parametrize("change", [{"role": Role.VIEWER}, {"active": False}, {"password": "another one"}])
def test_a_change_of_the_user_voids_their_tokens(web, change):
    """All of them, at once."""
    token, (browser, _) = web.token("op"), web.session("op")
    web.users.update("op", **change)
    assert web.bearer(token).get("/auth/me").status_code == 401
    assert browser.get("/auth/me").status_code == 401
    web.users.update("op", active=True, role=Role.OP)
    assert web.bearer(token).get("/auth/me").status_code == 401


def test_a_user_who_is_gone(web):
    """Their tokens are void, also when another one gets the name."""
    from brisa.model.user import User

    token = web.token("op")
    web.users.delete("op")
    assert web.bearer(token).get("/auth/me").status_code == 401
    web.clock.advance(1)
    web.users.create(User(username="op", role=Role.ADMIN), password("op"))
    assert web.bearer(token).get("/auth/me").status_code == 401


def test_the_own_password(web):
    """Changed by whoever knows the old one; everything of before is void."""
    viewer = web.bearer(web.token("viewer"))
    body = {"old_password": password("viewer"), "password": "another one"}
    assert viewer.put("/auth/me/password", json={**body, "old_password": "wrong"}).status_code == 400
    assert viewer.put("/auth/me/password", json={**body, "password": "short"}).status_code == 400
    assert viewer.get("/auth/me").status_code == 200
    assert viewer.put("/auth/me/password", json=body).status_code == 204
    assert viewer.get("/auth/me").status_code == 401
    assert log_in(web, "viewer").status_code == 401
    assert log_in(web, "viewer", "another one").status_code == 201


def everything(web):
    """All that could have changed."""
    return web.users.list(), web.store.pools(), web.store.audit_entries(limit=100), web.store.dags()


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_a_thousand_failed_logins(web, name):
    """A few are 401, the others 429 with the time to wait; nothing changes, and few passwords are compared."""
    before = everything(web)
    hasher = CountingHasher()
    web.users.__dict__["_hasher"] = hasher
    statuses = []
    for number in range(1000):
        response = log_in(web, name, f"guess {number}")
        statuses.append(response.status_code)
        if response.status_code == 429:
            assert 1 <= int(response.headers["retry-after"]) <= 60
        web.clock.advance(0.01)
    assert set(statuses) == {401, 429}
    assert statuses[:6] == [401] * 5 + [429]
    assert statuses.count(401) == len(hasher.verified) < 15
    assert everything(web) == before


def test_the_right_password_waits_too(web):
    """Else the throttle would tell a guess that is right; afterwards it is taken, and all is forgiven."""
    for _ in range(5):
        assert log_in(web, word="wrong").status_code == 401
    response = log_in(web)
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    web.clock.advance(1)
    assert log_in(web).status_code == 201
    assert [log_in(web, word="wrong").status_code for _ in range(6)] == [401] * 5 + [429]


def test_one_address_and_many_names(web):
    """Whoever tries a password on everybody is slowed down too; others are not."""
    statuses = [log_in(web, f"user{number}", "Sommer2024!", address="192.0.2.1").status_code for number in range(25)]
    assert statuses == [401] * 20 + [429] * 5
    assert log_in(web, address="192.0.2.2").status_code == 201


def test_who_succeeds_is_not_counted(web):
    """A program that gets a token a minute is never slowed down; but its success does not wash off others' guesses."""
    assert {log_in(web).status_code for _ in range(50)} == {201}
    for number in range(20):
        log_in(web, f"user{number}", "guess")
    assert log_in(web).status_code == 429


def test_logins_in_the_audit_log(web):
    """Those that succeed, by whom and from where; those that fail are lines in the process's log."""
    log_in(web, address="192.0.2.7")
    log_in(web, word="wrong")
    (entry,) = web.store.audit_entries(limit=10)
    assert (entry.event, entry.owner, entry.origin) == ("create_token", "op", "192.0.2.7")
    assert entry.extra == {"username": "op", "password": "***"}


def test_no_secret_is_told(web, caplog):
    """Not a password, a hash, a key or a token: in no answer but that to the login, no log line, no audit entry."""
    caplog.set_level(logging.DEBUG)
    admin, csrf = web.session("admin")
    token = web.token("op")
    said = []

    def ask(method, path, body=None):
        said.append(admin.request(method, path, json=body, headers={CSRF_HEADER: csrf}).text)

    ask("POST", "/auth/fab/v1/users", {"username": "eve", "password": "eve's secret", "roles": [{"name": "Op"}]})
    ask("POST", "/auth/fab/v1/users", {"username": "eve", "password": "eve's secret"})
    ask("POST", "/auth/fab/v1/users", {"username": "eve", "password": ["eve's secret"]})
    ask("POST", "/auth/fab/v1/users", {"username": "e/e", "password": "eve's secret"})
    ask("PATCH", "/auth/fab/v1/users/eve", {"password": "eve's secret 2", "active": "eve's secret"})
    ask("PATCH", "/auth/fab/v1/users/eve", {"password": "eve's secret 2"})
    ask("GET", "/auth/fab/v1/users")
    ask("GET", "/auth/fab/v1/users/eve")
    ask("PUT", "/auth/me/password", {"old_password": "eve's secret", "password": "eve's secret"})
    ask("GET", "/api/v2/openapi.json")
    said += [log_in(web, "eve", "eve's secret").text, web.bearer(token + "x").get("/auth/me").text]
    said += [record.getMessage() for record in caplog.records if "httpx" not in record.name]
    said += [repr(entry) for entry in web.store.audit_entries(limit=100)]
    told = "\n".join(said)
    hashes = [user.password_hash for user in web.users.list()]
    secrets = ["eve's secret", password("admin"), KEY.decode(), token, admin.cookies[COOKIE], *hashes, "argon2"]
    assert len(said) > 15
    assert [secret for secret in secrets if secret in told] == []


class Nowhere(AuthSite):
    """A deployment: somebody else tells who asks."""

    def __init__(self):
        super().__init__()
        from dataclasses import replace

        from tests.web.application import Served
        from tests.web.site import FakeGuard

        self.app = Served(replace(self.backend, accounts=None, guard=FakeGuard()))


def test_where_there_are_no_passwords():
    """On Google Cloud nobody logs in here: what takes a password is 404, and redirects lead to where it is done."""
    web = Nowhere()
    for path in ("/auth/token", "/auth/token/cli", "/auth/login"):
        response = log_in(web, path=path)
        assert (response.status_code, "identity token" in response.json()["detail"]) == (404, True)
    admin = web.bearer("admin")
    assert admin.get("/auth/fab/v1/users").status_code == 404
    assert admin.post("/auth/fab/v1/users", json={"username": "a", "password": "b"}).status_code == 404
    assert admin.post("/auth/logout").status_code == 404
    assert admin.get("/auth/me").json() == me("admin@example.com", Role.ADMIN, passwords=False)
    assert admin.get("/auth/fab/v1/roles").status_code == 200
    browser = web.browser()
    assert browser.get("/api/v2/auth/login", params={"next": "/dags"}).headers["location"] == "/dags"
    assert "gcp-iap-mode" in browser.get("/api/v2/auth/logout").headers["location"]
