"""``BashSensor``: waits until a command of bash ends well."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brisa.authoring.exceptions import AirflowFailException
from brisa.operators.sensor import BaseSensorOperator
from brisa.operators.streamed import Streamed


class BashSensor(BaseSensorOperator):
    """Runs ``bash_command`` at each look, until its exit status is 0.

    - Any other status means "not yet". With ``retry_exit_code`` only that one does, and others fail the task for good.
    - ``env``: the command's whole environment; ``None`` for the worker's. Both are templates.

    Seen in Airflow 2.11.2 and 3.3.2.
    """

    template_fields: Sequence[str] = ("bash_command", "env")

    def __init__(
        self,
        *,
        bash_command: str | Any,
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code

    def poke(self, context: Any) -> bool:
        """Run the command once."""
        command = [shutil.which("bash") or "bash", "-c", self.bash_command]
        with tempfile.TemporaryDirectory(prefix="brisa-") as folder:
            status = Streamed(self.log, encoding=self.output_encoding).run(command, env=self.env, cwd=Path(folder))
        self.log.info("Command exited with return code %s", status)
        if status and self.retry_exit_code is not None and status != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {status}")
        return status == 0
