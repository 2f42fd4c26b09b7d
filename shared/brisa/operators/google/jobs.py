"""BigQuery jobs with their effect once per try.

The id of a job is told by who submits it: a hash of (DAG, run, task, map index, generation, try, number of the job in
this task). BigQuery refuses a second job of the same id, so a worker that was lost after it submitted, and comes back
in the same try, attaches to the job that is there. A new try has new ids.
https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from brisa.authoring.exceptions import AirflowException, AirflowTaskTimeout, Reschedule
from brisa.operators.google.errors import message_of

if TYPE_CHECKING:
    from google.cloud import bigquery

CONFIGURATION_LABEL = "brisa-configuration"
"""The label of a job that holds a hash of its configuration: by it a job is recognised as one's own."""
_LONGEST_PAUSE = 5.0
HOLD = 10.0
"""Seconds for which a worker waits for a job; then the task sleeps, and the same try attaches to its job later."""
_SHORTEST_SLEEP, _LONGEST_SLEEP = 10.0, 60.0

log = logging.getLogger(__name__)


class Jobs:
    """Runs the jobs of one attempt of one task, one after the other."""

    def __init__(
        self,
        client: bigquery.Client,
        context: Mapping[str, Any],
        location: str | None = None,
        *,
        poll_interval: float = 0.0,
        timeout: float | None = None,
    ) -> None:
        """``poll_interval``: the least seconds to sleep between two looks; ``timeout``: seconds until patience ends."""
        self.client = client
        self._context = context
        self._location = location
        self._poll_interval = poll_interval
        self._timeout = timeout
        self._number = 0
        ti = context["ti"]
        self._instance = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.generation, ti.try_number)
        self._labels = {"brisa-dag": _label(ti.dag_id), "brisa-task": _label(ti.task_id)}
        self.current: Any = None
        """The job that runs, or was the last to."""

    def run(self, configuration: Mapping[str, Any], prefix: str = "brisa") -> Any:
        """Submit the job, or attach to it, and wait for its end; the finished job.

        ``configuration`` is the API's JobConfiguration with one of ``query``, ``load``, ``extract`` and ``copy``. An
        :class:`AirflowException` says why the job was refused or failed.
        """
        self.current = self.submit(configuration, prefix)
        self.wait(configuration, prefix)
        return self.current

    def submit(self, configuration: Mapping[str, Any], prefix: str = "brisa") -> Any:
        """Submit the next job, or attach to it."""
        self._number += 1
        return self._insert(configuration, self.next_id(prefix))

    def next_id(self, prefix: str = "brisa") -> str:
        """The id of the job of the current number."""
        text = "\x1f".join(map(str, (*self._instance, self._number)))
        return f"{prefix}_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"

    def wait(self, configuration: Mapping[str, Any], prefix: str = "brisa") -> None:
        """Return when the current job is done; raise if it failed. :class:`Reschedule` if that takes long.

        Started again, the task submits the same jobs under the same ids, finds them there, and waits on.
        """
        from google.api_core.exceptions import NotFound

        pause = 0.05
        begun = time.monotonic()
        while self.current.state != "DONE":
            held = time.monotonic() - begun
            self._check_timeout(held)
            if held > HOLD:
                self._sleep()
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            try:
                self.current.reload()
            except NotFound:
                # An emulator that was killed forgets its unfinished jobs. BigQuery itself keeps jobs for six months.
                log.warning("BigQuery has forgotten the job %s: submitting it again", self.current.job_id)
                self.current = self._insert(configuration, self.next_id(prefix))
        if self.current.error_result:
            raise AirflowException(_failure(self.current, configuration))

    def _check_timeout(self, held: float) -> None:
        if self._timeout is not None and self._context["ti"].waited + held > self._timeout:
            raise AirflowException(
                f"the BigQuery job {self.current.job_id} is not done after the result_timeout of {self._timeout:g} s; "
                "it goes on"
            )

    def _sleep(self) -> NoReturn:
        """Give the worker back: a job may take hours."""
        ti = self._context["ti"]
        limit = self._context["task"].execution_timeout
        if limit is not None and ti.waited > limit.total_seconds():
            self.current.cancel()
            raise AirflowTaskTimeout(f"the task ran longer than its execution_timeout of {limit.total_seconds():g} s")
        seconds = min(_LONGEST_SLEEP, _SHORTEST_SLEEP * 1.5 ** min(ti.reschedule_count, 20))
        seconds = max(seconds, float(self._poll_interval))
        log.info("The BigQuery job %s goes on; looking again in %.0f s", self.current.job_id, seconds)
        raise Reschedule(time.time() + seconds)

    def _insert(self, configuration: Mapping[str, Any], job_id: str) -> Any:
        from google.api_core.exceptions import Conflict, GoogleAPICallError

        kind = _kind(configuration)
        digest = _digest(configuration)
        labels = {**self._labels, **(configuration.get("labels") or {}), CONFIGURATION_LABEL: digest}
        try:
            job = insert(self.client, {**configuration, "labels": labels}, job_id, self._location)
        except Conflict as error:
            job = self._attach(job_id, digest, kind, error)
        except (GoogleAPICallError, ValueError) as error:
            raise AirflowException(f"BigQuery refused the {kind} job {job_id}: {message_of(error)}") from error
        else:
            log.info("Submitted the BigQuery %s job %s", kind, job_id)
        return job

    def _attach(self, job_id: str, digest: str, kind: str, conflict: Exception) -> Any:
        """The job of that id that is there already, which must be this very job."""
        job: Any = self.client.get_job(job_id, location=self._location)
        found = (job.labels or {}).get(CONFIGURATION_LABEL)
        if found != digest:
            raise AirflowException(
                f"BigQuery has a job {job_id} with another configuration: this try of the task was begun before, and "
                "its configuration was rendered differently then. A new try gets a new job."
            ) from conflict
        log.info("Attached to the BigQuery %s job %s, which this try has submitted before", kind, job_id)
        return job


def insert(client: bigquery.Client, configuration: dict[str, Any], job_id: str, location: str | None) -> Any:
    """Submit the job of a JobConfiguration, whose errors are Google's own; the job, which goes on."""
    return _INSERT[_kind(configuration)](client, configuration, job_id, location)


def table_reference(name: str, project: str) -> dict[str, str]:
    """The API's TableReference of ``project.dataset.table``, ``project:dataset.table`` or ``dataset.table``."""
    found = re.fullmatch(r"(?:(?P<project>(?:[^.:]+\.[^:]+:)?[^:.]+)[.:])?(?P<dataset>[^.:]+)\.(?P<table>[^.:]+)", name)
    if not found:
        raise AirflowException(f"{name!r} is no BigQuery table: expected [project.]dataset.table")
    return {
        "projectId": found["project"] or project,
        "datasetId": found["dataset"],
        "tableId": found["table"],
    }


def table_name(reference: Mapping[str, Any]) -> str:
    """``project.dataset.table`` of a TableReference."""
    return f"{reference.get('projectId')}.{reference.get('datasetId')}.{reference.get('tableId')}"


def _kind(configuration: Mapping[str, Any]) -> str:
    for kind in _INSERT:
        if configuration.get(kind):
            return kind
    found = ", ".join(map(repr, configuration)) or "nothing"
    raise AirflowException(f"the job's configuration must have one of {', '.join(map(repr, _INSERT))}; it has {found}")


def _digest(configuration: Mapping[str, Any]) -> str:
    text = json.dumps(configuration, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _label(text: str) -> str:
    """Text as the value of a label: lower case letters, digits, dashes and underscores, at most 63."""
    return re.sub(r"[^\w-]", "-", text.lower())[:63]


def _failure(job: Any, configuration: Mapping[str, Any]) -> str:
    """Why a job failed: BigQuery's message, reason and location, and what of the configuration it was about."""
    main: Mapping[str, Any] = job.error_result
    kind = _kind(configuration)
    told = [str(main.get("message") or "no message")]
    told += [str(error.get("message")) for error in job.errors or [] if error.get("message") not in told][:5]
    marks = [f"{name}: {main[name]}" for name in ("reason", "location") if main.get(name)]
    about = {
        "load": lambda part: f"{', '.join(part.get('sourceUris') or [])} → {table_name(part['destinationTable'])}",
        "extract": lambda part: f"{table_name(part['sourceTable'])} → {', '.join(part.get('destinationUris') or [])}",
    }.get(kind)
    where = f" ({about(configuration[kind])})" if about else ""
    return f"BigQuery {kind} job {job.job_id}{where} failed: {'; '.join(told)} [{', '.join(marks)}]"


# One function per kind of job: the client has a verb for each, and no public one that takes a configuration as it is.


def _query(client: bigquery.Client, configuration: dict[str, Any], job_id: str, location: str | None) -> Any:
    from google.cloud import bigquery

    config: Any = bigquery.QueryJobConfig.from_api_repr(configuration)
    # job_retry would submit the query again under another id: a try is one job.
    return client.query(
        configuration["query"]["query"], job_config=config, job_id=job_id, location=location, job_retry=None
    )


def _load(client: bigquery.Client, configuration: dict[str, Any], job_id: str, location: str | None) -> Any:
    from google.cloud import bigquery

    part = configuration["load"]
    config: Any = bigquery.LoadJobConfig.from_api_repr(configuration)
    target = bigquery.TableReference.from_api_repr(part["destinationTable"])
    return client.load_table_from_uri(part["sourceUris"], target, job_id=job_id, location=location, job_config=config)


def _extract(client: bigquery.Client, configuration: dict[str, Any], job_id: str, location: str | None) -> Any:
    from google.cloud import bigquery

    part = configuration["extract"]
    config: Any = bigquery.ExtractJobConfig.from_api_repr(configuration)
    source = bigquery.TableReference.from_api_repr(part["sourceTable"])
    return client.extract_table(source, part["destinationUris"], job_id=job_id, location=location, job_config=config)


def _copy(client: bigquery.Client, configuration: dict[str, Any], job_id: str, location: str | None) -> Any:
    from google.cloud import bigquery

    part = configuration["copy"]
    config: Any = bigquery.CopyJobConfig.from_api_repr(configuration)
    sources = part.get("sourceTables") or [part["sourceTable"]]
    return client.copy_table(
        [bigquery.TableReference.from_api_repr(source) for source in sources],
        bigquery.TableReference.from_api_repr(part["destinationTable"]),
        job_id=job_id,
        location=location,
        job_config=config,
    )


_INSERT = {"query": _query, "load": _load, "extract": _extract, "copy": _copy}
