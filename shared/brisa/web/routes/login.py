"""Where Airflow's console has its people log in and out: redirects, to where that is done here."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin, urlsplit

from fastapi import HTTPException, Request
from fastapi.responses import RedirectResponse

from brisa.errors import IdentityError
from brisa.web.accounts import COOKIE
from brisa.web.backend import Uses
from brisa.web.permissions import FOR_EVERYBODY
from brisa.web.routing import problems, routes

router = routes("Login")
LOGIN = "/auth/login"
IAP_LOGOUT = "/?gcp-iap-mode=CLEAR_LOGIN_COOKIE"
"""Identity-Aware Proxy's own address for that (its page "Managing user sessions")."""


@router.get("/auth/login", dependencies=[FOR_EVERYBODY], responses=problems(400), response_class=RedirectResponse)
def login(request: Request, backend: Uses, next: str | None = None) -> RedirectResponse:  # noqa: A002  Airflow's
    """To where people log in, and from there to ``next``. Where Google tells who they are, they have done so."""
    if next is not None and not _ours(request, next):
        raise HTTPException(400, "Invalid or unsafe next URL")
    if backend.accounts is None:
        return RedirectResponse(next or "/")
    return RedirectResponse(f"{LOGIN}?{urlencode({'next': next})}" if next else LOGIN)


@router.get("/auth/logout", dependencies=[FOR_EVERYBODY], responses=problems(), response_class=RedirectResponse)
def logout(request: Request, backend: Uses) -> RedirectResponse:
    """Give back the token, or end the browser's session, if there is one; then to where people log in."""
    if backend.accounts is None:
        return RedirectResponse(IAP_LOGOUT)
    response = RedirectResponse(LOGIN)
    response.delete_cookie(COOKIE)
    try:
        backend.accounts.tokens.revoke(backend.accounts.session(request).grant)
    except IdentityError:  # there is nothing to end
        return response
    return response


def _ours(request: Request, url: str) -> bool:
    """Whether a browser that is sent to ``url`` stays here. Browsers read a backslash as a slash, and skip controls."""
    if "\\" in url or not url.isprintable():
        return False
    try:
        found, here = urlsplit(urljoin(str(request.base_url), url)), urlsplit(str(request.base_url))
    except ValueError:
        return False
    return (found.scheme, found.netloc) == (here.scheme, here.netloc)
