"""A function that writes down what it is asked, for tests that look at what reaches it, and as whom."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

RECORD = "BRISA_TEST_RECORD"
"""The variable that names the folder of the records."""
_TOLD = ("BRISA_", "THREADS", "WORKERS", "GOOGLE_CLOUD_PROJECT", "_EMULATOR_HOST")


def recording(name: str) -> Callable[[Any], tuple[str, int]]:
    """The function ``name``: each POST becomes a line of JSON in ``NAME.jsonl``; its environment is ``NAME.json``."""
    folder = Path(os.environ[RECORD])
    told = {key: value for key, value in os.environ.items() if any(word in key for word in _TOLD)}
    (folder / f"{name}.json").write_text(json.dumps(told))

    def function(request: Any) -> tuple[str, int]:
        if request.method == "POST":
            line = {"path": request.path, "headers": dict(request.headers), "body": request.get_data(as_text=True)}
            with (folder / f"{name}.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
        return "", 200

    return function


def received(folder: Path, name: str) -> list[Any]:
    """What has come to the function ``name``, in order."""
    file = folder / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
