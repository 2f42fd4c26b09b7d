"""HTTP as a task: ``HttpOperator``, ``HttpSensor`` and ``HttpHook``, over ``requests``.

What the arguments and the connection mean is what Airflow's HTTP provider documents, and version 6.3.0 was seen to do.
Logs and errors name the server alone: the path, the query, the headers and the body may hold secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlsplit

from brisa.authoring.callables import select_kwargs
from brisa.authoring.connections import Connection
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.hooks import BaseHook
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import notice
from brisa.operators.sensor import BaseSensorOperator, PokeReturnValue

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

LONGEST_BODY: Final = 1000
"""Characters of an answer's body that are logged when its status is an error."""
_OPTIONS: Final = ("stream", "verify", "proxies", "cert", "timeout", "allow_redirects", "max_redirects", "trust_env")
"""What a connection's extra may say about requests; what else it says is a header."""
_RENAMED: Final = {"proxy": "proxies", "verify_ssl": "verify"}


class HttpHook(BaseHook):
    """Sends requests to the server of a connection.

    The connection's host may begin with its protocol; else the schema is the protocol (``http`` unless it says
    another). Its login goes into every request, as ``auth_type`` says (basic authentication).
    """

    conn_name_attr = "http_conn_id"

    def __init__(
        self,
        method: str = "POST",
        http_conn_id: str = "http_default",
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        adapter: Any = None,
    ) -> None:
        """The ``tcp_keep_alive…`` are accepted, and have no effect."""
        super().__init__()
        self.method = method.upper()
        self.http_conn_id = http_conn_id
        self.auth_type = auth_type
        self.adapter = adapter
        self.base_url = ""
        self._defaults: dict[str, Any] = {}

    def get_conn(
        self, headers: Mapping[str, Any] | None = None, extra_options: Mapping[str, Any] | None = None
    ) -> Session:
        """A session for the connection's server, with its login, headers and options, and these ``headers`` too."""
        from requests import Session

        connection = self.get_connection(self.http_conn_id)
        self.base_url = _base_url(connection)
        own_headers, self._defaults = _extra(connection)
        session = Session()
        session.headers.update(own_headers | dict(headers or {}))
        session.auth = self._auth(connection)
        options = self._defaults | dict(extra_options or {})
        session.max_redirects = options.get("max_redirects", session.max_redirects)
        session.trust_env = options.get("trust_env", True)
        if self.adapter is not None:
            session.mount("http://", self.adapter)
            session.mount("https://", self.adapter)
        return session

    def _auth(self, connection: Connection) -> Any:
        if connection.login:
            from requests.auth import HTTPBasicAuth

            return (self.auth_type or HTTPBasicAuth)(connection.login, connection.password or "")
        return self.auth_type() if self.auth_type else None

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """The whole address. It is always one below the connection's, so its login goes nowhere else."""
        endpoint = endpoint or ""
        joined = not endpoint or endpoint.startswith("/") or self.base_url.endswith("/")
        return self.base_url + ("" if joined else "/") + endpoint

    def run(
        self,
        endpoint: str | None = None,
        data: Any = None,
        headers: Mapping[str, Any] | None = None,
        extra_options: Mapping[str, Any] | None = None,
        **request_kwargs: Any,
    ) -> Response:
        """Send one request; ``data`` is the query of a GET, nothing in a HEAD, and the body of anything else.

        ``extra_options``: stream, verify, proxies, cert, timeout, allow_redirects, and ``check_response=False`` for an
        answer with an error status to be no error. ``request_kwargs``: what else a request has, such as ``json``.
        """
        from requests import Request

        with self.get_conn(headers, extra_options) as session:
            body = {"GET": {"params": data}, "HEAD": {}}.get(self.method, {"data": data})
            with _errors(self.method, self.base_url):
                request = Request(self.method, self.url_from_endpoint(endpoint), **body, **request_kwargs)
                prepared = session.prepare_request(request)
            self.log.info("Sending %s to %s", self.method, shown(self.base_url))
            return self.run_and_check(session, prepared, extra_options or {})

    def run_and_check(
        self, session: Session, prepped_request: PreparedRequest, extra_options: Mapping[str, Any]
    ) -> Response:
        """Send a request that is prepared."""
        options = self._defaults | dict(extra_options)
        with _errors(self.method, self.base_url):
            settings = session.merge_environment_settings(
                prepped_request.url or "",
                options.get("proxies") or {},
                options.get("stream", False),
                options.get("verify", True),
                options.get("cert"),
            )
            response = session.send(
                prepped_request,
                timeout=options.get("timeout"),
                allow_redirects=options.get("allow_redirects", True),
                **settings,
            )
        if options.get("check_response", True):
            self.check_response(response)
        return response

    def check_response(self, response: Response) -> None:
        """An error for a status of 400 or more, which begins with the status."""
        if response.status_code >= 400:
            self.log.error("The server's answer: %s", response.text[:LONGEST_BODY])
            raise AirflowException(f"{response.status_code}:{response.reason}")


class _errors:  # noqa: N801  used as a function
    """The errors of ``requests`` in words that quote no address and no header."""

    def __init__(self, method: str, base_url: str) -> None:
        self._what = f"{method} to {shown(base_url)}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from requests.exceptions import ConnectionError as NoConnectionError
        from requests.exceptions import RequestException, Timeout

        if not isinstance(error, RequestException):
            return
        why = type(error).__name__
        if isinstance(error, Timeout):
            why = "the server did not answer in time"
        elif isinstance(error, NoConnectionError) and error.args:
            why = f"{why}: {getattr(error.args[0], 'reason', '')}".removesuffix(": ")
        raise AirflowException(f"{self._what} failed: {why}") from None


def shown(url: str) -> str:
    """An address as logs may show it: protocol, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _base_url(connection: Connection) -> str:
    host = connection.host or ""
    url = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    return f"{url}:{connection.port}" if connection.port else url


def _extra(connection: Connection) -> tuple[dict[str, str], dict[str, Any]]:
    """The headers and the options that a connection's extra says."""
    extra = connection.extra_dejson
    found = {_RENAMED.get(name, name): value for name, value in (extra if isinstance(extra, dict) else {}).items()}
    options: dict[str, Any] = {name: _value(name, found.pop(name)) for name in _OPTIONS if name in found}
    headers = found.pop("headers", {})
    return {name: str(value) for name, value in (found | headers).items()}, options


def _value(name: str, value: Any) -> Any:
    """An option that a URI can only say as text."""
    if not isinstance(value, str):
        return value
    if name in ("timeout", "max_redirects"):
        return float(value) if name == "timeout" else int(value)
    return {"true": True, "false": False}.get(value.lower(), value)


class HttpOperator(BaseOperator):
    """Sends a request; the task's XCom is the answer's text, or what ``response_filter`` makes of the answer.

    - ``data``: the query of a GET, else the body. ``endpoint``, ``data`` and ``headers`` are templates.
    - ``response_check``: fails the task unless it returns something true. ``response_filter`` and it are called with
      the answer, and with what else of the context they name.
    - ``pagination_function``: called with each answer; returns a dict with what differs in the next request
      (``endpoint``, ``data``, ``headers``, ``extra_options``), or ``None`` at the end. The XCom is then a list.
    """

    template_fields: Sequence[str] = ("endpoint", "data", "headers", "http_conn_id")
    template_fields_renderers: ClassVar[dict[str, str]] = {"headers": "json", "data": "py"}
    template_ext: Sequence[str] = ()
    preloads: Sequence[str] = ("requests",)
    ui_color = "#f4a460"

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        method: str = "POST",
        data: Any = None,
        headers: Any = None,
        pagination_function: Callable[..., Any] | None = None,
        response_check: Callable[..., bool] | None = None,
        response_filter: Callable[..., Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        request_kwargs: dict[str, Any] | None = None,
        http_conn_id: str = "http_default",
        log_response: bool = False,
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        deferrable: bool = False,
        warn_on_non_idempotent: bool = True,
        retry_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if retry_args:
            notice("retry_args has no effect: give the task retries")
        self.endpoint = endpoint
        self.method = method
        self.data = {} if data is None else data
        self.headers = headers or {}
        self.pagination_function = pagination_function
        self.response_check = response_check
        self.response_filter = response_filter
        self.extra_options = extra_options or {}
        self.request_kwargs = request_kwargs or {}
        self.http_conn_id = http_conn_id
        self.log_response = log_response
        self.auth_type = auth_type
        self.deferrable = deferrable

    @property
    def hook(self) -> HttpHook:
        """The hook that sends."""
        return HttpHook(self.method, self.http_conn_id, self.auth_type)

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Send; what the answer, or the answers, come to."""
        request: dict[str, Any] = {
            "endpoint": self.endpoint,
            "data": self.data,
            "headers": self.headers,
            "extra_options": self.extra_options,
        }
        hook = self.hook
        response = hook.run(**request, **self.request_kwargs)
        if self.pagination_function is None:
            return self.process_response(context, response)
        responses = [response]
        while changes := self.pagination_function(response):
            request = {name: _merged(value, changes.get(name)) for name, value in request.items()}
            response = hook.run(**request, **self.request_kwargs)
            responses.append(response)
        return self.process_response(context, responses)

    def process_response(self, context: Mapping[str, Any], response: Any) -> Any:
        """What an answer, or a list of them, comes to: logged, checked and filtered as the arguments say."""
        several = response if isinstance(response, list) else [response]
        if self.log_response:
            for one in several:
                self.log.info("%s", one.text)
        if self.response_check and not _call(self.response_check, response, context):
            raise AirflowException("Response check returned False.")
        if self.response_filter:
            return _call(self.response_filter, response, context)
        return [one.text for one in several] if isinstance(response, list) else response.text


SimpleHttpOperator: Final = HttpOperator
"""The operator's old name."""


def _merged(value: Any, change: Any) -> Any:
    if change is None:
        return value
    return {**value, **change} if isinstance(value, Mapping) and isinstance(change, Mapping) else change


def _call(function: Callable[..., Any], response: Any, context: Mapping[str, Any]) -> Any:
    """Call with the answer, and with what else of the context the function names."""
    return function(response, **select_kwargs(function, [response], {}, context))


class HttpSensor(BaseSensorOperator):
    """Waits until a request is answered without an error, and ``response_check``, if given, returns something true.

    ``response_error_codes_allowlist``: the error statuses that mean "not yet" (404); any other fails the task.
    """

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers", "http_conn_id")
    preloads: Sequence[str] = ("requests",)

    def __init__(
        self,
        *,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        request_params: Any = None,
        request_kwargs: dict[str, Any] | None = None,
        headers: Any = None,
        response_error_codes_allowlist: Sequence[str] | None = None,
        response_check: Callable[..., Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        self.request_params = request_params or {}
        self.request_kwargs = request_kwargs or {}
        self.headers = headers or {}
        allowed = ("404",) if response_error_codes_allowlist is None else response_error_codes_allowlist
        self.response_error_codes_allowlist = tuple(str(code) for code in allowed)
        self.response_check = response_check
        self.extra_options = extra_options or {}
        self.deferrable = deferrable

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Ask once."""
        checked = self.extra_options.get("check_response", True)
        hook = HttpHook(self.method, self.http_conn_id)
        response = hook.run(
            self.endpoint,
            self.request_params,
            self.headers,
            self.extra_options | {"check_response": False},
            **self.request_kwargs,
        )
        if checked and str(response.status_code) in self.response_error_codes_allowlist:
            return False
        if checked:
            hook.check_response(response)
        if self.response_check is None:
            return True
        found = _call(self.response_check, response, context)
        return found if isinstance(found, PokeReturnValue) else bool(found)
