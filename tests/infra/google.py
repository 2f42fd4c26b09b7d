"""Google's APIs, as far as ``gcloud`` needs them to go through with a deployment: they record, and do nothing.

Each API has a prefix of its own in the path, so that a record tells which one was asked. What is created can be got,
listed and updated, IAM policies can be read and set, and whatever takes long elsewhere is done at once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
NUMBER = "123456789012"
VERSIONS: Mapping[str, str] = {"storage": "storage/v1/", "compute": "compute/v1/"}
"""What gcloud expects to be part of an API's address; of most nothing."""
APIS = (
    "artifactregistry", "billingbudgets", "cloudbuild", "cloudfunctions", "cloudkms", "cloudresourcemanager",
    "cloudscheduler", "cloudtasks", "compute", "eventarc", "firestore", "iam", "iap", "logging", "monitoring", "pubsub",
    "run", "secretmanager", "serviceusage", "storage",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What was asked."""

    api: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any

    @property
    def changes(self) -> bool:
        """Whether it asks for a change."""
        return self.method != "GET" and not self.path.endswith((":getIamPolicy", ":testIamPermissions"))


@dataclass
class Google:
    """All of the APIs."""

    requests: list[Request] = field(default_factory=list)
    things: dict[str, Json] = field(default_factory=dict)
    """API and path → what is there."""
    policies: dict[str, Json] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    operation: Json = field(default_factory=dict)
    """The last of Compute Engine."""

    def environment(self) -> dict[str, str]:
        """How gcloud finds it."""
        places = {
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"{self.url}/{api}/{VERSIONS.get(api, '')}"
            for api in APIS
        }
        return {
            **places,
            # For jobs gcloud puts the region in front of the host, whatever that is: a proxy needs no name of it.
            "http_proxy": self.url,
            "no_proxy": "",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        }

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and body."""
        with self.lock:
            self.requests.append(request)
            path = request.path
            if (
                path.endswith((":getIamPolicy", "/iam"))
                and request.method != "PUT"
                and "policy" not in (request.body or {})
            ):
                return 200, self.policies.get(_owner(request), {"etag": "BwX=", "version": 1, "bindings": []})
            if path.endswith((":setIamPolicy", "/iam")):
                policy = request.body.get("policy", request.body)
                self.policies[_owner(request)] = policy
                return 200, policy
            if "/operations/" in path:
                return 200, self._operation(request)
            own = getattr(self, f"_{request.api}", self._plain)
            answered: tuple[int, Any] = own(request)
            return answered

    def _operation(self, request: Request) -> Json:
        match request.api:
            case "cloudfunctions":
                return _deployed({"name": request.path.removeprefix("/v2/")})
            case "compute":
                return self.operation
            case _:
                return _done(request.path)

    # --- the APIs that are a little different

    def _serviceusage(self, request: Request) -> tuple[int, Any]:
        if request.method == "GET":
            return 200, {"name": request.path, "state": "ENABLED"}
        return 200, _done("operations/enable")

    def _cloudresourcemanager(self, request: Request) -> tuple[int, Any]:
        project = request.path.rpartition("/")[2]
        return 200, {"projectId": project, "projectNumber": NUMBER, "lifecycleState": "ACTIVE", "name": project}

    def _iam(self, request: Request) -> tuple[int, Any]:
        if request.method == "POST" and request.path.endswith("/serviceAccounts"):
            project, name = request.path.split("/")[2], request.body["accountId"]
            email = f"{name}@{project}.iam.gserviceaccount.com"
            made = {
                **request.body.get("serviceAccount", {}),
                "name": f"projects/{project}/serviceAccounts/{email}",
                "email": email,
            }
            return self._keep(request, f"{request.path}/{email}", made)
        if request.method == "GET" and request.path.endswith("/serviceAccounts"):
            return 200, {"accounts": self._below(request)}
        if request.method == "POST" and request.path.endswith("/roles"):
            name = f"{request.path}/{request.body['roleId']}"
            return self._keep(request, name, {**request.body.get("role", {}), "name": name.removeprefix("/v1/")})
        return self._plain(request)

    def _storage(self, request: Request) -> tuple[int, Any]:
        if request.path.startswith("/upload/"):
            return 200, {"kind": "storage#object", "generation": "1", "metageneration": "1", **request.body}
        if request.path.endswith("/serviceAccount"):
            return 200, {"email_address": f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"}
        if request.method == "POST" and request.path.endswith("/b"):
            return self._keep(
                request,
                f"{request.path}/{request.body['name']}",
                {"kind": "storage#bucket", "metageneration": "1", **request.body},
            )
        if request.path.endswith("/o"):
            return 200, {"kind": "storage#objects", "items": []}
        if "/o/" in request.path:
            return 404, _missing(request.path)
        return self._plain(request)

    def _cloudfunctions(self, request: Request) -> tuple[int, Any]:
        if request.path.endswith("/runtimes"):
            return 200, {
                "runtimes": [{"name": "python313", "displayName": "Python 3.13", "environment": "GEN_2", "stage": "GA"}]
            }
        status, told = self._plain(request)
        if status == 200 and request.method in ("POST", "PATCH"):
            place = f"{request.path}/{request.query['functionId']}" if request.method == "POST" else request.path
            made = self.things[f"cloudfunctions {place}"]
            full = place.partition("/projects/")[2]
            name = full.rpartition("/")[2]
            made.update(name=f"projects/{full}", state="ACTIVE", environment="GEN_2", updateTime="2026-01-01T00:00:00Z")
            service = made.setdefault("serviceConfig", {})
            service.update(
                uri=f"https://{name}-a1b2c3-ew.a.run.app",
                service=f"projects/{full.replace('/functions/', '/services/')}",
            )
            return 200, _deployed(made)
        return status, told

    def _run(self, request: Request) -> tuple[int, Any]:
        name = request.path.rpartition("/")[2]
        if "/jobs" in request.path:
            return self._run_job(request)
        service = {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": "p"},
        }
        container = {"image": f"europe-west1-docker.pkg.dev/p/brisa/{name}:1"}
        return 200, {**service, "spec": {"template": {"spec": {"containers": [container]}}}, "status": {}}

    def _run_job(self, request: Request) -> tuple[int, Any]:
        """A job is ready as soon as it is there."""
        ready = {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}
        if request.method == "POST":
            name = request.body["metadata"]["name"]
            metadata = {**request.body["metadata"], "generation": 1, "selfLink": f"{request.path}/{name}"}
            thing = {**request.body, "metadata": metadata, "status": ready}
            return self._keep(request, f"{request.path}/{name}", thing)
        return self._plain(request)

    def _logging(self, request: Request) -> tuple[int, Any]:
        if request.method == "POST" and request.path.endswith("/metrics"):
            return self._keep(request, f"{request.path}/{request.body['name']}", request.body)
        return self._plain(request)

    def _compute(self, request: Request) -> tuple[int, Any]:
        root = f"{self.url}/compute/compute/v1"
        if request.method == "GET":
            found = self.things.get(f"compute {request.path}")
            return (200, found) if found else (404, _missing(request.path))
        name = (request.body or {}).get("name")
        place = f"{request.path}/{name}" if name else request.path
        if name:
            thing = {"id": "4711", "selfLink": f"{root}{place}", "fingerprint": "abc=", **request.body}
            self.things[f"compute {place}"] = thing
        elif request.method == "DELETE":
            self.things.pop(f"compute {place}", None)
        elif request.body:
            self.things[f"compute {place}"] = {**self.things.get(f"compute {place}", {}), **request.body}
        scope = re.match(r"/projects/[^/]+/(?:global|regions/([^/]+))", place)
        assert scope, place
        region = {"region": f"{root}{scope[0]}"} if scope[1] else {}
        self.operation = {
            **region,
            "kind": "compute#operation",
            "name": "done",
            "status": "DONE",
            "operationType": "delete" if request.method == "DELETE" else "insert",
            "targetLink": f"{root}{place}",
            "selfLink": f"{root}{scope[0]}/operations/done",
        }
        return 200, self.operation

    # --- all others: collections of things with names

    def _plain(self, request: Request) -> tuple[int, Any]:
        path = request.path
        match request.method:
            case "GET":
                found = self.things.get(f"{request.api} {path}")
                if found is not None:
                    return 200, found
                collection = path.rpartition("/")[2]
                if f"{request.api} {collection}" in LISTS:
                    return 200, {LISTS[f"{request.api} {collection}"]: self._below(request)}
                return 404, _missing(path)
            case "POST":
                ids = [value for name, value in request.query.items() if name.lower().endswith(("id", "_id"))]
                own = (request.body or {}).get("name", "")
                name = ids[0] if ids else own.rpartition("/")[2] or f"{len(self.things) + 1}"
                place = f"{path}/{name}"
                short = re.sub(r"^/v\d\w*/", "", place)
                return self._keep(request, place, {**(request.body or {}), "name": short})
            case "PATCH" | "PUT":
                name = re.sub(r"^/v\d\w*/", "", path)
                kept = {"name": name, **self.things.get(f"{request.api} {path}", {}), **(request.body or {})}
                return self._keep(request, path, kept)
            case _:
                self.things.pop(f"{request.api} {path}", None)
                return 200, _done(path) if request.api in OPERATING else {}

    def _keep(self, request: Request, place: str, thing: Json) -> tuple[int, Any]:
        self.things[f"{request.api} {place}"] = thing
        operates = request.api in OPERATING
        if (
            operates
            and "backupSchedules" not in place
            and not (request.api == "artifactregistry" and request.method == "PATCH")
        ):
            return 200, {**_done(f"{place.rpartition('/')[0]}/operations/done"), "response": thing}
        return 200, thing

    def _below(self, request: Request) -> list[Json]:
        prefix = f"{request.api} {request.path}/"
        if "/collectionGroups/-/" in prefix:
            group, kind = prefix.split("/collectionGroups/-/")
            pattern = re.compile(re.escape(f"{group}/collectionGroups/") + r"[^/]+/" + re.escape(kind))
            return [thing for place, thing in self.things.items() if pattern.match(place)]
        return [thing for place, thing in self.things.items() if place.startswith(prefix)]


OPERATING = ("artifactregistry", "eventarc", "firestore", "cloudfunctions")
"""APIs that answer a change with an operation."""
LISTS: Mapping[str, str] = {
    "firestore indexes": "indexes",
    "firestore fields": "fields",
    "firestore backupSchedules": "backupSchedules",
    "monitoring notificationChannels": "notificationChannels",
    "monitoring alertPolicies": "alertPolicies",
    "monitoring dashboards": "dashboards",
    "billingbudgets budgets": "budgets",
    "artifactregistry locations": "locations",
}
"""API and collection → the field of the answer that has its things."""


def _deployed(function: Json) -> Json:
    """The operation that has deployed a function."""
    kind = "type.googleapis.com/google.cloud.functions.v2."
    return {
        **_done(function["name"]),
        "metadata": {
            "@type": f"{kind}OperationMetadata",
            "target": function["name"],
            "operationType": "CREATE_FUNCTION",
        },
        "response": {"@type": f"{kind}Function", **function},
    }


def _uploaded(content: bytes, kind: str) -> Json:
    """What Cloud Storage would say of an upload: its metadata, and what its content is."""
    boundary = kind.partition("boundary=")[2].strip("'\"")
    parts = content.split(f"--{boundary}".encode())[1:-1]
    metadata, data = (re.split(rb"\r?\n\r?\n", part, maxsplit=1)[1] for part in parts)
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return {**json.loads(metadata), "size": str(len(data)), "md5Hash": base64.b64encode(digest).decode()}


def _owner(request: Request) -> str:
    return f"{request.api} {request.path.rpartition(':')[0] or request.path}"


def _done(path: str) -> Json:
    """An operation on what is at ``path``, done: it belongs to the location or the database."""
    found = re.search(r"projects/[^/]+(?:/(?:locations|databases)/[^/]+)?", path)
    name = f"{found[0] if found else ''}/operations/done".lstrip("/")
    return {"name": name, "done": True, "metadata": {"name": "done"}, "response": {"name": "done"}}


def _missing(path: str) -> Json:
    return {"error": {"code": 404, "message": f"{path} is not there", "status": "NOT_FOUND"}}


@contextmanager
def google() -> Iterator[Google]:
    """The APIs, at an address of this machine, as long as the block lasts."""
    made = Google()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _go(self) -> None:
            split = urlsplit(self.path)
            _, api, *rest = split.path.split("/")
            path = "/" + "/".join(rest).removeprefix(VERSIONS.get(api, ""))
            if api == "upload":  # beside the address that was told, as Cloud Storage has it
                api, path = "storage", split.path
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            content = self._content()
            kind = self.headers.get("Content-Type", "")
            body = _uploaded(content, kind) if kind.startswith("multipart/") else json.loads(content or "null")
            status, told = made.answer(Request(api, self.command, unquote(path), query, body))
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def _content(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _go  # noqa: N815  the server's names

        def log_message(self, *_: Any) -> None:
            """Nothing: the requests are kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
