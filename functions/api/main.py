"""The api function; see brisa.handlers.api."""

from brisa.handlers.targets import api

__all__ = ["api"]
