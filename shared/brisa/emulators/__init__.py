"""The local stand-ins for Google Cloud.

``Emulators(home).start()`` is what embedded mode talks to, Cloud Storage and BigQuery: it gives the environment
variables by which the official clients, and :mod:`brisa.operators.google.clients`, find them. ``LocalCloud(home)`` is
the whole cloud with brisa's functions in it. ``catalogue`` is the table of all services, ``keeper`` the process that
keeps them running. Only the standard library is imported here: the emulators are processes of their own.
"""

from brisa.emulators.group import Emulators
from brisa.emulators.installed import PROJECT
from brisa.emulators.local_cloud import LocalCloud

__all__ = ["PROJECT", "Emulators", "LocalCloud"]
