"""Logging in: tokens for programs, as Airflow's auth managers give them, and sessions for browsers.

On Google Cloud there are no passwords: what takes one is 404 there.
"""

from __future__ import annotations

from fastapi import HTTPException, Request, Response

from brisa.errors import IdentityError
from brisa.model.access import GRANTS, Actor, Permission, Role
from brisa.model.user import User
from brisa.services.users import UserError
from brisa.web.accounts import COOKIE, Accounts
from brisa.web.backend import Backend, Uses
from brisa.web.permissions import FOR_EVERYBODY, Asker, needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.users import LoginBody, LoginResponse, MeResponse, OwnPasswordBody
from brisa.web.tokens import CLI_SECONDS

router = routes("SimpleAuthManagerLogin", "/auth")
_OWN = needs(Permission.OWN)


@router.post("/token", status_code=201, dependencies=[FOR_EVERYBODY], responses=problems(404, 429))
def create_token(body: LoginBody, request: Request, backend: Uses) -> LoginResponse:
    """A token for a program."""
    user = _logged_in(body, request, backend)
    return LoginResponse(access_token=accounts(backend).tokens.issue(user))


@router.post("/token/cli", status_code=201, dependencies=[FOR_EVERYBODY], responses=problems(404, 429))
def create_token_cli(body: LoginBody, request: Request, backend: Uses) -> LoginResponse:
    """A token for a command line, which ends sooner."""
    user = _logged_in(body, request, backend)
    return LoginResponse(access_token=accounts(backend).tokens.issue(user, CLI_SECONDS))


@router.post("/login", dependencies=[FOR_EVERYBODY], responses=problems(404, 429))
def create_session(body: LoginBody, request: Request, response: Response, backend: Uses) -> MeResponse:
    """Begin a browser's session: a cookie that no script can read, and a token that each change needs beside it."""
    user = _logged_in(body, request, backend)
    tokens = accounts(backend).tokens
    token = tokens.issue(user)
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, token, max_age=int(tokens.seconds), httponly=True, samesite="strict", secure=secure, path="/"
    )
    return _me(backend, user.username, user.role, tokens.csrf(tokens.read(token)))


@router.post("/logout", status_code=204, dependencies=[_OWN], responses=problems(404))
def delete_session(request: Request, response: Response, backend: Uses) -> None:
    """Give back the token: it is good for nothing from now on."""
    known = accounts(backend)
    known.tokens.revoke(known.session(request).grant)
    response.delete_cookie(COOKIE)


@router.get("/me", dependencies=[_OWN], responses=problems())
def get_me(request: Request, asker: Asker, backend: Uses) -> MeResponse:
    """Who asks, and as which role."""
    token = None
    if asker.by_cookie and backend.accounts is not None:
        token = backend.accounts.tokens.csrf(backend.accounts.session(request).grant)
    return _me(backend, asker.name, asker.role, token)


@router.put("/me/password", status_code=204, dependencies=[_OWN], responses=problems(400, 404, 429))
def change_own_password(body: OwnPasswordBody, request: Request, asker: Asker, backend: Uses) -> None:
    """Set another password. All tokens and sessions of before are void."""
    known = accounts(backend)
    try:
        known.log_in(asker.name, body.old_password.get_secret_value(), _address(request))
    except IdentityError as error:
        raise HTTPException(400, "the old password is another one") from error
    try:
        known.users.update(asker.name, password=body.password.get_secret_value())
    except UserError as error:
        raise HTTPException(400, str(error)) from error


def _me(backend: Backend, name: str, role: Role, token: str | None) -> MeResponse:
    return MeResponse(
        username=name,
        role=role.value,
        permissions=sorted(GRANTS[role]),
        passwords=backend.accounts is not None,
        csrf_token=token,
    )


def accounts(backend: Backend) -> Accounts:
    """The accounts of the home; 404 where there are none."""
    if backend.accounts is None:
        told = "no users with passwords are here: send an identity token of Google's; a policy says who may do what"
        raise HTTPException(404, told)
    return backend.accounts


def _logged_in(body: LoginBody, request: Request, backend: Backend) -> User:
    user = accounts(backend).log_in(body.username, body.password.get_secret_value(), _address(request))
    request.state.actor = Actor(name=user.username, role=user.role)  # for the audit log
    return user


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
