"""The planner function; see brisa.handlers.planner."""

from brisa.handlers.targets import planner

__all__ = ["planner"]
