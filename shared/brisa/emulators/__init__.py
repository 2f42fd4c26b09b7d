"""The local stand-ins for Google Cloud that embedded mode talks to: Cloud Storage and BigQuery.

``Emulators(home).start()`` gives the environment variables that the official clients, and
:mod:`brisa.operators.google.clients`, need in order to find them. Only the standard library is imported here: the
emulators are processes of their own.
"""

from brisa.emulators.group import Emulators
from brisa.emulators.installed import PROJECT

__all__ = ["PROJECT", "Emulators"]
