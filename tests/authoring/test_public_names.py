"""What ``from brisa import …`` gives, and what it costs."""

import subprocess
import sys

import pytest

import brisa


@pytest.mark.parametrize("name", [name for name in brisa.__all__ if not name.startswith("_")])
def test_every_public_name_is_there(name):
    """Each name of ``__all__`` can be imported, and is listed."""
    assert getattr(brisa, name) is not None
    assert name in dir(brisa)


def test_an_unknown_name():
    """It is Python's own error."""
    with pytest.raises(AttributeError, match="module 'brisa' has no attribute 'Dag'"):
        _ = brisa.Dag


def test_importing_costs_no_heavy_library():
    """``from brisa import DAG, task`` loads no SDK, no template engine and no date library."""
    heavy = ("google.api_core", "google.auth", "pendulum", "jinja2", "croniter", "rich", "click", "yaml", "dateutil")
    script = f"import sys; from brisa import DAG, task; print([name for name in {heavy!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
