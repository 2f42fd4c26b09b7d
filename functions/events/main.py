"""The events function; see brisa.handlers.events."""

from brisa.handlers.targets import events

__all__ = ["events"]
