"""``BashOperator``: a command or script of bash."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from brisa.authoring.exceptions import AirflowException, AirflowSkipException
from brisa.authoring.operator import BaseOperator
from brisa.authoring.running import context_variables


def _same(output: str) -> str:
    return output


class BashOperator(BaseOperator):
    """Runs ``bash_command``; every line it writes goes to the log, the last one is the task's XCom.

    - ``bash_command``, ``env`` and ``cwd`` are templates. A command that ends in ``.sh`` or ``.bash`` is a file that
      is looked up beside the DAG file and rendered; a blank after it makes it a plain command.
    - ``env``: the command's whole environment, but added to the worker's with ``append_env``. ``None``: the worker's.
      The variables ``AIRFLOW_CTX_…`` are always there.
    - ``cwd``: where it runs; ``None`` for a folder of its own that is removed afterwards.
    - ``skip_on_exit_code``: the exit status, or statuses, that end the task as skipped (99); ``None`` for none. Any
      other status but 0 fails it.
    - ``output_processor``: applied to the last line.

    The command stays in the process group of the attempt, so it ends when the attempt is ended.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}  # noqa: RUF012  as Airflow
    template_ext: Sequence[str] = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: str | Any,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: int | Container[int] | None = 99,
        skip_exit_code: int | None = None,
        cwd: str | None = None,
        output_processor: Callable[[str], Any] = _same,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.append_env = append_env
        self.output_encoding = output_encoding
        skip = skip_exit_code if skip_exit_code is not None else skip_on_exit_code
        self.skip_on_exit_code: Container[int] = () if skip is None else (skip,) if isinstance(skip, int) else skip
        self.cwd = cwd
        self.output_processor = output_processor
        self.is_script = isinstance(bash_command, str) and bash_command.endswith(tuple(self.template_ext))
        self._process: subprocess.Popen[bytes] | None = None

    def get_env(self, context: Mapping[str, Any]) -> dict[str, str]:
        """The command's environment."""
        own = {} if self.env is not None and not self.append_env else dict(os.environ)
        return own | (self.env or {}) | context_variables(context)

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Run the command; its last line of output."""
        with _working_directory(self.cwd) as folder, self._command(folder) as command:
            status, last_line = self._run(command, folder, self.get_env(context))
        if status != 0 and status in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {status}. Skipping.")
        if status != 0:
            raise AirflowException(f"Bash command failed. The command returned a non-zero exit code {status}.")
        return self.output_processor(last_line)

    def on_kill(self) -> None:
        """Ask the command to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    @contextlib.contextmanager
    def _command(self, folder: Path) -> Iterator[list[str]]:
        """The arguments to start: the command itself, or, for a script, a file with its rendered text."""
        bash = shutil.which("bash") or "bash"
        if not self.is_script:
            yield [bash, "-c", self.bash_command]
            return
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".sh", encoding="utf-8") as script:
            script.write(self.bash_command)
            script.flush()
            yield [bash, Path(script.name).name]

    def _run(self, command: list[str], folder: Path, env: dict[str, str]) -> tuple[int, str]:
        """Run to the end, logging each line; the exit status and the last line."""
        self.log.info("Running command: %s", command)
        line = ""
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, env=env
        ) as self._process:
            output = self._process.stdout
            assert output is not None  # noqa: S101  for the type checker: asked for above
            for raw in output:
                line = raw.decode(self.output_encoding, errors="backslashreplace").rstrip()
                self.log.info("%s", line)
            status = self._process.wait()
        self.log.info("Command exited with return code %s", status)
        return status, line


@contextlib.contextmanager
def _working_directory(cwd: str | None) -> Iterator[Path]:
    if cwd is None:
        with tempfile.TemporaryDirectory(prefix="brisa-") as folder:
            yield Path(folder)
        return
    folder_given = Path(cwd)
    if not folder_given.exists():
        raise AirflowException(f"Can not find the cwd: {cwd}")
    if not folder_given.is_dir():
        raise AirflowException(f"The cwd {cwd} must be a directory")
    yield folder_given
