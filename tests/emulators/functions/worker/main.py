"""Stands in for the function ``worker``."""

from tests.emulators.recording import recording

worker = recording("worker")
