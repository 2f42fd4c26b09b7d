"""Prints the API's OpenAPI document: ``python -m brisa.web.document``. The console's client is generated from it."""

from __future__ import annotations

import json
import sys
from typing import cast

from brisa.web.app import make_app
from brisa.web.backend import Backend


def document() -> str:
    """All routes, as JSON."""
    return json.dumps(make_app(cast(Backend, None)).openapi(), indent=1)


if __name__ == "__main__":
    sys.stdout.write(document())
