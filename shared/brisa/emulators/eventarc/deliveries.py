"""The threads that deliver events: each at least once, a few at a time, again until somebody says that it has it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from brisa.emulators.eventarc.cloud_event import CloudEvent
from brisa.emulators.eventarc.ledger import Delivery, Ledger
from brisa.emulators.eventarc.retries import next_attempt
from brisa.emulators.post import Post

_log = logging.getLogger(__name__)


class Deliveries:
    """Takes events in, and posts them."""

    def __init__(
        self, ledger: Ledger, post: Post, now: Callable[[], float], *, threads: int, copies: int, least: float
    ) -> None:
        """At most ``threads`` at a time; ``least`` is the first pause before another attempt, in seconds."""
        self._ledger = ledger
        self._post = post
        self._now = now
        self._copies = copies
        self._least = least
        self._changed = threading.Condition()
        self._stopped = False
        self._threads = [threading.Thread(target=self._run, name="deliver", daemon=True) for _ in range(threads)]

    def start(self) -> None:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no other attempt. Those under way are not waited for: the next process makes them again."""
        with self._changed:
            self._stopped = True
            self._ledger.close()
            self._changed.notify_all()

    @property
    def alive(self) -> bool:
        """Whether it still delivers: not after an error that it did not foresee, which is in the log."""
        return all(thread.is_alive() for thread in self._threads)

    def accept(self, event: CloudEvent) -> None:
        """From now on it is this one's to deliver, also after a kill."""
        with self._changed:
            self._ledger.add(event, self._now(), self._copies)
            self._changed.notify(1 + self._copies)

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            status = self._post(delivery.event.headers, delivery.event.body)
            with self._changed:
                if self._stopped:
                    return
                self._settle(delivery, status)

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopped:
                now = self._now()
                found = self._ledger.take(now)
                if isinstance(found, Delivery):
                    return found
                self._changed.wait(None if found is None else max(0.0, found - now))
            return None

    def _settle(self, delivery: Delivery, status: int) -> None:
        if 200 <= status < 300:
            self._ledger.drop(delivery)
            return
        due = next_attempt(delivery.born, self._now(), delivery.attempts + 1, self._least)
        subject = delivery.event.headers.get("ce-subject", "")
        if due is None:
            _log.warning("%s: dropped after a day, the last answer was %d", subject, status)
            self._ledger.drop(delivery)
        else:
            _log.info("%s: answered with %d, will be delivered again", subject, status)
            self._ledger.put_off(delivery, due)
            self._changed.notify()
