"""Stands in for the function ``events``."""

from tests.emulators.recording import recording

events = recording("events")
