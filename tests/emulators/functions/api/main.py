"""Stands in for the function ``api``."""

from tests.emulators.recording import recording

api = recording("api")
