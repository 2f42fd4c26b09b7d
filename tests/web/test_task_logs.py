"""Logs of tasks through the API: structured, as lines, as text; while they are written, and in parts."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from brisa.model.access import Role
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.services import task_logs
from tests.support.builders import dag, task
from tests.web.checked import checked
from tests.web.site import WebSite

RUN = "/dags/d/dagRuns/r/taskInstances"
LOG = f"{RUN}/a/logs"
TEXT = b"""2024-01-01T00:00:00.100Z INFO    stdout | hello
2024-01-01T00:00:01.000Z ERROR   brisa.task | no: \xc3\xb1
Traceback (most recent call last):
  9999-99-99T99:99:99.999Z INFO    x | no time
"""
SUCCESS, FAILED = Outcome(kind=OutcomeKind.SUCCESS), Outcome(kind=OutcomeKind.FAILED)


@pytest.fixture
def web():
    """A home whose ``a`` has succeeded in its second try, and has a log of each."""
    web = WebSite(
        dag(task("a", retries=1, retry_delay=1.0), task("m", "a", mapped={"x": 2})),
        plays={"a": lambda key: SUCCESS if key.try_number > 1 else FAILED},
    )
    web.site.trigger(run_id="r")
    web.site.work()
    web.blobs.put("logs/d/r/a/0.1.0.log", TEXT)
    web.blobs.put("logs/d/r/a/0.2.0.log", b"second\n")
    web.blobs.put("logs/d/r/m[1]/0.1.0.log", b"of the second instance\n")
    return web


def events(response):
    """The texts of a log's messages, without what tells where they are from; and the token."""
    assert response.status_code == 200, response.text
    checked("TaskInstancesLogResponse", response)
    texts = [message["event"] for message in response.json()["content"]]
    if texts and texts[0].startswith("::group::"):
        texts = texts[texts.index("::endgroup::") + 1 :]
    return texts, response.json()["continuation_token"]


def test_a_log_as_messages(web):
    """With their times, levels and loggers; what has no head of its own has the time of the line before."""
    answer = web.admin.get(f"{LOG}/1").json()
    content = answer["content"]
    assert [message["event"] for message in content[:3]] == [
        "::group::Log message source details",
        "logs/d/r/a/0.1.0.log",
        "::endgroup::",
    ]
    hello = {"timestamp": "2024-01-01T00:00:00.100000Z", "event": "hello", "level": "info", "logger": "stdout"}
    assert (content[3], content[4]["event"], content[4]["level"]) == (hello, "no: ñ", "error")
    assert content[5] == {"timestamp": "2024-01-01T00:00:01Z", "event": "Traceback (most recent call last):"}
    assert (len(content), answer["continuation_token"]) == (7, None)
    assert events(web.admin.get(f"{LOG}/2")) == (["second"], None)
    assert events(web.admin.get(f"{RUN}/m/logs/1", params={"map_index": 1}))[0] == ["of the second instance"]


def test_a_log_in_other_forms(web):
    """Lines of JSON, and the text that it is."""
    lines = web.admin.get(f"{LOG}/1", headers={"Accept": "application/x-ndjson"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["event"] for line in lines.text.splitlines()][3:5] == ["hello", "no: ñ"]
    text = web.admin.get(f"{LOG}/1", headers={"Accept": "text/plain"})
    assert (text.content, text.headers["content-type"]) == (TEXT, "text/plain; charset=utf-8")
    assert web.admin.get(f"{LOG}/1", headers={"Accept": "text/html, application/json;q=0.9"}).json()["content"]
    assert web.admin.get(f"{LOG}/1", headers={"Accept": "text/html"}).status_code == 406


def test_a_log_is_read_while_it_is_written():
    """Whole lines only; then from where the token says, to the end."""
    web = WebSite(dag(task("a")))
    name = "logs/d/r/a/0.1.0.log"
    seen: list[tuple[list[str], str | None]] = []

    def write(_):
        for written in (b"", b"one\ntw", b"one\ntwo\n"):
            web.blobs.put(name, written)
            seen.append(events(web.admin.get(f"{LOG}/1", params={"token": seen[-1][1]} if seen else {})))
        web.blobs.put(name, b"one\ntwo\nthree")
        return SUCCESS

    web.site.supervisor._plays["a"] = write
    web.site.trigger(run_id="r")
    web.site.work()
    seen.append(events(web.admin.get(f"{LOG}/1", params={"token": seen[-1][1]})))
    assert [texts for texts, _ in seen] == [["No logs available for this task."], ["one"], ["two"], ["three"]]
    assert [token is None for _, token in seen] == [False, False, False, True]


def test_a_long_log_comes_in_parts(web, monkeypatch):
    """Each of whole lines; or all at once."""
    monkeypatch.setattr(task_logs, "PART", 20)
    lines = [f"line {number}" for number in range(10)]
    web.blobs.put("logs/d/r/a/0.1.0.log", "\n".join(lines).encode())
    texts, token = events(web.admin.get(f"{LOG}/1"))
    parts = [texts]
    while token is not None:
        texts, token = events(web.admin.get(f"{LOG}/1", params={"token": token}))
        parts.append(texts)
    assert [text for part in parts for text in part] == lines
    assert len(parts) > 3
    assert events(web.admin.get(f"{LOG}/1", params={"full_content": True})) == (lines, None)
    web.blobs.put("logs/d/r/a/0.1.0.log", b"x" * 50)
    assert events(web.admin.get(f"{LOG}/1"))[0] == ["x" * 20]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-ndjson"])
def test_a_long_log_is_sent_in_few_pieces(web, kind):
    """A piece costs the server a change of threads: one for each line made 4 MB take ten seconds."""
    web.blobs.put("logs/d/r/a/0.2.0.log", b"a line\n" * 20_000)
    sent = []

    async def app(scope, receive, send):
        async def watched(message):
            sent.append(message)
            await send(message)

        await web.app(scope, receive, watched)

    client = TestClient(app, headers={"Authorization": "Bearer admin", "Accept": kind})
    assert client.get(f"/api/v2{LOG}/2").text.count("a line") == 20_000
    assert 2 <= len(sent) < 30


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LOG}/3", 404),
        (f"{LOG}/-1", 422),
        (f"{LOG}/x", 422),
        (f"{LOG}/1?map_index=x", 422),
        (f"{LOG}/1?map_index=0", 404),
        (f"{RUN}/m/logs/1", 404),
        (f"{RUN}/x/logs/1", 404),
        ("/dags/d/dagRuns/x/taskInstances/a/logs/1", 404),
        (f"{RUN}/..%2F..%2Fa/logs/1", 404),
        (f"{RUN}/..%5C..%5Ca/logs/1", 404),
        (f"{RUN}/%00/logs/1", 404),
        (f"{LOG}/1?token=xx", 400),
        (f"{LOG}/1?token=", 400),
        (f"{LOG}/1?token=Li4vLi4v", 400),
        (f"{LOG}/1?token=LTEuLTE%3D", 400),
        (f"{RUN}/a/externalLogUrl/1", 400),
        (f"{RUN}/a/externalLogUrl/0", 422),
        (f"{RUN}/x/externalLogUrl/1", 404),
    ],
)
def test_a_log_that_there_is_not(web, path, status):
    """The right status, and nothing of other files."""
    web.blobs.put("secret", b"never seen")
    response = web.admin.get(path)
    assert response.status_code == status
    assert response.json()["detail"]
    assert "never seen" not in response.text


def test_a_token_beyond_the_end_reads_nothing(web):
    """Whoever makes one up learns nothing."""
    import base64

    for place in ("7.0", "0.999999999999"):
        token = base64.urlsafe_b64encode(place.encode()).decode()
        assert events(web.admin.get(f"{LOG}/1", params={"token": token})) == ([], None)


def test_a_task_that_has_not_begun(web):
    """It has no log yet, as try 0."""
    web.site.trigger(run_id="s")
    answer = web.admin.get("/dags/d/dagRuns/s/taskInstances/m/logs/0")
    assert events(answer) == (["No logs available for this task."], None)


@pytest.mark.parametrize(("token", "status"), [("", 401), ("stranger", 403), (Role.VIEWER, 200)])
def test_who_may_read_logs(web, token, status):
    """Everybody with a role."""
    assert web.client(token).get(f"{LOG}/1").status_code == status
