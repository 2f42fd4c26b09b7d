"""The world around the courses' pipelines: the servers that they ask, and the mail server that they write to.

Real servers on 127.0.0.1 over seeded, documented data, with the dirt and the failures that sources have. Start them
with ``python -m pipelines.fuentes``; tests start the same ones in their own process with :class:`Fuentes`.
"""

from pipelines.fuentes.fallas import Falla
from pipelines.fuentes.todo import Fuentes

__all__ = ["Falla", "Fuentes"]
