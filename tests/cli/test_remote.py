"""Which brisa a command asks, and what it says if that can't be asked."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest

from brisa.model.access import Role
from tests.cli.places import served
from tests.support.program import Home, called


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where profiles are."""
    file = tmp_path / "config" / "brisa" / "profiles.toml"
    file.parent.mkdir(parents=True)
    return file


def write(file: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    """Write profiles; the environment in which they are found."""
    file.write_text(text)
    file.chmod(mode)
    return {"XDG_CONFIG_HOME": str(file.parent.parent)}


def test_options_environment_and_profiles_lead_to_the_same(tmp_path: Path, config: Path) -> None:
    """An option comes before the environment, a profile that is named before an address there; --home is here."""
    with served(tmp_path / "far") as (far, state):
        state.store.set_variables([("there", "1")])
        url, token = far.env["BRISA_URL"], far.env["BRISA_TOKEN"]
        profiles = write(config, f'[far]\nurl = "{url}/"\ntoken = "{token}"\n')
        own = {"BRISA_HOME": str(tmp_path / "near")}
        nowhere = {"BRISA_URL": "http://127.0.0.1:1", "BRISA_TOKEN": "x"}
        ask = ("variables", "list", "-o", "plain")

        assert called(*ask, **own, **far.env).stdout == "there\n"
        assert called(*ask, "--url", url, "--token", token, **own, **nowhere).stdout == "there\n"
        assert called(*ask, "--profile", "far", **own, **nowhere, **profiles).stdout == "there\n"
        assert called(*ask, **own, **nowhere, **profiles, BRISA_PROFILE="far").stdout == "there\n"
        assert called(*ask, "--home", str(tmp_path / "near"), **far.env).stdout == ""
        assert called(*ask, **own).stdout == ""


@pytest.mark.parametrize(
    ("text", "mode", "error"),
    [
        ('[far]\nurl = "http://x"\n', 0o644, "others can read it: `chmod 600"),
        ('[fare]\nurl = "http://x"\n', 0o600, "there is no profile 'far' in"),
        ('[far]\nurl = "http://x"\npassword = "y"\n', 0o600, "profile 'far' has 'password': only url, token"),
        ('[far]\ntoken = "y"\n', 0o600, "profile 'far' has no url"),
        ("[far]\nurl = 7\n", 0o600, "url must be a text"),
        ('far = "http://x"\n', 0o600, "profile 'far' is no table"),
        ('[far]\nurl = "http://x"\ngoogle = true\ntoken = "y"\n', 0o600, "which of the two?"),
        ("[far\n", 0o600, "is not TOML"),
    ],
)
def test_a_profile_that_will_not_do(config: Path, text: str, mode: int, error: str) -> None:
    """Says what to change, and no token."""
    done = called("pools", "list", "--profile", "far", **write(config, text, mode))

    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr


def test_there_are_no_profiles(config: Path) -> None:
    """Says where they would be."""
    done = called("pools", "list", "--profile", "far", XDG_CONFIG_HOME=str(config.parent.parent))
    assert f"there is no profile 'far': {config} is not there" in done.stderr


@pytest.mark.parametrize("url", ["brisa", "ftp://x", "http://", "http://u:p@x", "http://x?y=1", "http://[x"])
def test_what_is_no_address(url: str) -> None:
    """Is refused before anything is sent."""
    done = called("pools", "list", "--url", url)
    assert (done.returncode, "is no address like" in done.stderr) == (2, True)


@pytest.mark.parametrize("token", ["a b", "a\nb", "ñ", "\x1b"])
def test_what_is_no_token(token: str) -> None:
    """Is refused before anything is sent, and not repeated."""
    done = called("pools", "list", "--url", "http://127.0.0.1:1", "--token", token)
    assert (done.returncode, done.stdout) == (2, "")
    told = "that is no token: it has characters that no token has"
    assert done.stderr == f"Error: {told}; see `brisa pools list --help`\n"


def test_a_token_of_a_profile_goes_nowhere_else(config: Path) -> None:
    """An address beside a profile is refused."""
    profiles = write(config, '[far]\nurl = "http://x"\ntoken = "y"\n')
    done = called("pools", "list", "--profile", "far", "--url", "http://127.0.0.1:1", **profiles)
    assert "a profile's token is for its own address" in done.stderr


def test_a_place_is_meant_once(tmp_path: Path) -> None:
    """Here or there, not both; a token goes with an address."""
    both = called("pools", "list", "--home", str(tmp_path), "--url", "http://x")
    alone = called("pools", "list", "--token", "x", BRISA_HOME=str(tmp_path))

    assert "not both" in both.stderr
    assert "--token goes with --url or --profile" in alone.stderr


def test_nobody_listens() -> None:
    """One line that asks what a person would look at first; -v shows the trace."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        done = called("pools", "list", "--url", url)
        shown = called("pools", "list", "--url", url, "-v")
        first = called("-v", "pools", "list", "--url", url)

    assert done.stderr == (
        f"Error: nobody answers at {url}: is `brisa standalone` running there, and is that its port?\n"
    )
    for one in (shown, first):
        assert "Traceback" in one.stderr
        assert one.stderr.endswith(done.stderr)


def test_a_token_that_will_not_do(tmp_path: Path) -> None:
    """Says how to get one, or that a role is too small."""
    with served(tmp_path / "far", Role.VIEWER) as (far, _):
        none = called("pools", "list", BRISA_URL=far.env["BRISA_URL"])
        bad = far.call("pools", "list", "--token", "x.y.z")
        small = far.call("variables", "list")

    assert f"get a token with `brisa api-token --url {far.env['BRISA_URL']}`" in none.stderr
    assert "x.y.z" not in bad.stderr
    assert small.stderr == "Error: Forbidden; your role does not allow that\n"


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers everything so; its address, and the tokens that it was sent."""
    tokens: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", tokens
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>", "the answer is not JSON: is that the address of a brisa?"),
        (404, b"<html>", "the answer has status 404: is that the address of a brisa?"),
        (404, b'{"detail": "no"}', "there is no pool 'x'"),
        (418, b"<html>", "the answer has status 418: is that the address of a brisa?"),
        (500, b'{"detail": "brisa has failed here"}', "brisa has failed here; its log says more"),
        (503, b'{"detail": "busy"}', "busy; try again in a moment"),
        (302, b"", "the answer has status 302"),
    ],
)
def test_answers_of_others(tmp_path: Path, status: int, body: bytes, error: str) -> None:
    """One line; a redirect is not followed, so that nobody else is sent the token."""
    with (
        answering(200, b"{}", {}) as (other, others),
        answering(status, body, {"Location": f"{other}/api/v2/pools"}) as (url, tokens),
    ):
        done = Home(tmp_path).call("pools", "get", "x", "--url", url, "--token", "secret")

    assert done.returncode == 2
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Bearer secret" in tokens
    assert others == []


def test_a_netrc_does_not_count(tmp_path: Path) -> None:
    """The token is sent, not what a file in the person's home says of the host."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login u password p\n")
    (tmp_path / ".netrc").chmod(0o600)
    with answering(200, b'{"pools": [], "total_entries": 0}', {}) as (url, tokens):
        called("pools", "list", "--url", url, "--token", "mine", HOME=str(tmp_path))
        called("pools", "list", "--url", url, HOME=str(tmp_path))

    assert tokens == ["Bearer mine", ""]


def test_google_is_asked_for_an_identity(tmp_path: Path, config: Path) -> None:
    """With the credentials of a service account, for the address, unless another audience is said."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    token = jwt.encode({"exp": 4_000_000_000}, "k" * 32, "HS256")
    with (
        answering(200, json.dumps({"id_token": token}).encode(), {}) as (google, _),
        answering(200, b'{"pools": [], "total_entries": 0}', {}) as (url, tokens),
    ):
        account = {"type": "service_account", "client_email": "ci@example.com", "private_key": key.decode()}
        file = tmp_path / "key.json"
        file.write_text(json.dumps({**account, "token_uri": google, "project_id": "p"}))
        profiles = write(config, f'[far]\nurl = "{url}"\ngoogle = true\n')
        good = called("pools", "list", "--profile", "far", **profiles, GOOGLE_APPLICATION_CREDENTIALS=str(file))
        bad = called("pools", "list", "--profile", "far", **profiles, GOOGLE_APPLICATION_CREDENTIALS="/nowhere.json")

    assert good.returncode == 0, good.stderr
    assert tokens == [f"Bearer {token}"]
    assert (bad.returncode, len(bad.stderr.splitlines())) == (2, 1)
    assert "Google gives no identity token" in bad.stderr
