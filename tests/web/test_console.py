"""How the console is served."""

import gzip
import re
import time

import pytest
from starlette.testclient import TestClient

from brisa.web.console import Console
from tests.web.site import WebSite

PAGE = """<meta name="csp-nonce" content="__NONCE__" /><meta name="changes" content="__CHANGES__" />
<script type="module" src="/assets/index-abc.js"></script>"""
SCRIPT = "export const a = 1;" * 50


@pytest.fixture
def static(tmp_path):
    """What a build leaves."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "brisa.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "assets" / "index-abc.js").write_text(SCRIPT)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def browser(static):
    """Asks a site that has the build."""
    return TestClient(Console(WebSite().app, static), raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/dags", "/dags/a.b/runs/x%2Fy", "/auth/login", "/apis", "/nothing/here"])
def test_any_address_is_the_page(browser, path):
    """The page looks at the address itself."""
    response = browser.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "csp-nonce" in response.text


def test_a_page_may_run_and_show_only_what_is_ours(browser):
    """Nothing inline but styles with this page's own word, and nobody frames it."""
    first, second = browser.get("/"), browser.get("/")
    words = [re.findall(r'content="([^"]+)"', one.text)[0] for one in (first, second)]
    assert len(words[0]) >= 20
    assert words[0] != words[1]
    policy = dict(part.strip().split(" ", 1) for part in first.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["style-src"] == f"'self' 'nonce-{words[0]}'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in first.headers["content-security-policy"]
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["referrer-policy"] == "same-origin"


def test_a_page_knows_from_when_on_changes_concern_it(browser):
    """A cursor that the API understands: of when it was served."""
    before = time.time()
    cursor = re.findall(r'name="changes" content="([^"]+)"', browser.get("/").text)[0]
    moment = float(cursor.split(".", 2)[2])
    assert before - 0.01 <= moment <= time.time() + 0.01


def test_scripts_are_sent_compressed_and_kept_for_ever(browser):
    """To whoever takes them so; their names change with their content."""
    response = browser.get("/assets/index-abc.js", headers={"accept-encoding": "gzip"})
    assert (response.headers["content-encoding"], response.text) == ("gzip", SCRIPT)
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["vary"] == "accept-encoding"
    plain = browser.get("/assets/index-abc.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == SCRIPT
    assert browser.get("/brisa.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/other.js",
        "/assets/../index.html.js",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/index-abc.js%00",
        "/secret.txt",
    ],
)
def test_no_other_file_is_served(browser, path):
    """Whatever a path looks like: there is no such file, or it is the page."""
    response = browser.get(path)
    assert "secret" not in response.text
    assert response.status_code == 404 or "csp-nonce" in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/auth/token", 405),
        ("POST", "/dags", 404),
        ("GET", "/api/v2/version", 200),
        ("GET", "/api/v2/dags", 401),
    ],
)
def test_what_is_the_apis_stays_the_apis(browser, method, path, status):
    """In JSON, with its own headers."""
    response = browser.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")


def test_without_a_build_it_is_told_how_to_get_one(tmp_path):
    """And the API answers all the same."""
    browser = TestClient(Console(WebSite().app, tmp_path))
    response = browser.get("/dags")
    assert response.status_code == 404
    assert "make console" in response.text
    assert browser.get("/api/v2/version").status_code == 200
