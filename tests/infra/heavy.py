"""What takes minutes, or packages of its own: ``make infra`` runs it, and lets nothing be left out."""

from __future__ import annotations

import os

import pytest

RUNS = bool(os.environ.get("CI_INFRA"))
heavy = pytest.mark.skipif(not RUNS, reason="`make infra` runs it: it takes minutes, or packages of its own")
