"""Stands in for the function ``planner``."""

from tests.emulators.recording import recording

planner = recording("planner")
