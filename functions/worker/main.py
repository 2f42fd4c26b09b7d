"""The worker function; see brisa.handlers.worker."""

from brisa.handlers.targets import worker

__all__ = ["worker"]
