"""A site for the tests of the API."""

import pytest

from tests.web.site import WebSite


@pytest.fixture
def web():
    """A new one."""
    return WebSite()
