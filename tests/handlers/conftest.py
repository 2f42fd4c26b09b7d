"""A deployment for the tests of the functions' handlers."""

import pytest

from tests.handlers.deployment import Deployment


@pytest.fixture
def deployment():
    """A new one, with a run that waits for its first task."""
    made = Deployment()
    made.site.trigger()
    return made
