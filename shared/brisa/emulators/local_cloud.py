"""The local cloud: everything that stands in for Google Cloud on one machine, and brisa's functions, as one thing."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from brisa.emulators import functions, project
from brisa.emulators.catalogue import EVENTARC, LOCAL_CLOUD, SECRETS, SERVICES, TASKS
from brisa.emulators.group import Group
from brisa.emulators.layout import Layout
from brisa.emulators.lock import Hold, held
from brisa.emulators.ports import is_free
from brisa.emulators.record import BIGQUERY, KEEPER, load
from brisa.emulators.service import Site
from brisa.emulators.settings import Settings
from brisa.emulators.tokens import token
from brisa.errors import EmulatorError

API = "api"
_GRACE = 2.0
_VOLATILE = (TASKS, SECRETS, EVENTARC)
"""What speaks of the state in Firestore, whose emulator forgets everything: tasks of runs that are gone."""


class LocalCloud:
    """Runs from :meth:`start` to :meth:`stop`, or until this process ends, however it ends: within seconds all ends.

    Everything listens on 127.0.0.1 alone. Buckets, BigQuery's data and the ports outlive it, below ``home``; state,
    queues, events and secrets begin anew at each start. What dies in between is started again.
    """

    def __init__(
        self,
        home: Path,
        *,
        slots: int = 8,
        unpaused: bool = False,
        duplicates: int = 0,
        tick_every: float = 60.0,
        api_port: int = 0,
        bigquery: bool = True,
        functions_folder: Path | None = None,
    ) -> None:
        """``slots`` is how many tasks run at once; ``duplicates`` how many times more everything is delivered.

        ``api_port`` is the one port that can be chosen. ``bigquery=False`` leaves BigQuery out, of which there is an
        emulator for Python 3.13 alone. ``functions_folder`` has other functions than brisa's.
        """
        settings = Settings(
            slots=slots,
            unpaused=unpaused,
            duplicates=duplicates,
            tick_every=tick_every,
            functions_folder=str(functions_folder.absolute()) if functions_folder else "",
        )
        names = [name for name in LOCAL_CLOUD if bigquery or name != BIGQUERY]
        self.layout = Layout(home.absolute())
        self._group = Group(self.layout, names, _GRACE, settings)
        self._api_port = api_port
        self._hold: Hold | None = None

    def start(self, patience: float = 60.0) -> dict[str, str]:
        """Start everything, and wait until it answers; the environment for clients.

        Beside what Google's clients read these are ``BRISA_API_URL`` and ``BRISA_API_TOKEN``. Raises
        :class:`~brisa.errors.EmulatorError`: something is not installed, the home is in use, the API's port is taken,
        or, with the end of the logs, something does not answer.
        """
        self._group.check()
        for name in functions.FUNCTIONS:
            functions.source(name, self._group.settings.functions_folder)
        self.layout.make()
        self._hold = Hold(self.layout.lock)
        try:
            with self._group.alone():
                self._group.end()  # what a killed one has left
                self._forget()
                if self._api_port and not is_free(self._api_port):
                    raise EmulatorError(
                        f"Port {self._api_port} is taken by another program: end that one, "
                        "or choose another port for the API with --api-port"
                    )
                self._group.launch(patience, {API: self._api_port} if self._api_port else None)
            return environment(self.site)
        except BaseException:
            self.stop()
            raise

    @property
    def site(self) -> Site:
        """Where everything is."""
        return self._group.site()

    def token(self, email: str, audience: str) -> str:
        """The local Google's word that the bearer is ``email``, for ``audience``: the address of a function."""
        return token(self.site.url("tasks-http"), email, audience)

    def healthy(self) -> bool:
        """Whether all of it runs and answers."""
        return not self._group.silent()

    def check(self) -> None:
        """:class:`~brisa.errors.EmulatorError` if it can't go on: something died again and again, or for good."""
        if trouble := self._group.trouble():
            raise EmulatorError(trouble)

    def stop(self) -> None:
        """End everything. Idempotent; ends nothing that another one has started."""
        if self._hold is not None:
            with self._group.alone():
                self._group.end()
            self._hold.release()
            self._hold = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _forget(self) -> None:
        for name in _VOLATILE:
            file = self.layout.data(name)
            for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                part.unlink(missing_ok=True)


def environment(site: Site) -> dict[str, str]:
    """The variables by which clients find what runs at ``site``, with a token for the API that is good for an hour."""
    url = site.url(API)
    signed = token(site.url("tasks-http"), project.DEVELOPER, url)
    return {**functions.clients(site), "BRISA_API_URL": url, "BRISA_API_TOKEN": signed}


def running_site(home: Path) -> Site:
    """Where the local cloud of ``home`` is, which another process runs; :class:`EmulatorError` if none does."""
    layout = Layout(home.absolute())
    record = load(layout.record)
    names = [name for name in record.processes if name in SERVICES]
    servers = [name for name in names if not SERVICES[name].once]
    if not held(layout.lock) or EVENTARC not in names or not record.running(KEEPER, *servers):
        raise EmulatorError(f"No local cloud runs in {home}: start one there with `brisa local-gcp up`")
    return Site(layout=layout, ports={port: record.ports[port] for name in names for port in SERVICES[name].ports})
