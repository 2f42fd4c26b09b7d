"""The api function; see brisa.web.target."""

from brisa.web.target import api

__all__ = ["api"]
