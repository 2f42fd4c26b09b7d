"""What several of the adapters' tests share."""

from __future__ import annotations

import pytest

from tests.support import firestore_emulator


@pytest.fixture(scope="session")
def firestore_server():
    """One Firestore emulator for all tests of a session; where it can't run, those tests fail and say why."""
    with firestore_emulator.running() as emulator:
        yield emulator


@pytest.fixture
def firestore(firestore_server):
    """The Firestore emulator, empty."""
    firestore_server.wipe()
    return firestore_server
