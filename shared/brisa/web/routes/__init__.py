"""The routes, a module for each kind of thing; each has a ``router``."""
