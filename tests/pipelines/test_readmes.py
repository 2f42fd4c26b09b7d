"""The pipelines' READMEs show their graphs as they are, and name files that there are."""

from __future__ import annotations

import re

import pytest

from tests.pipelines.conftest import PIPELINES
from tests.support.program import called

pytestmark = pytest.mark.slow

READMES = sorted(PIPELINES.glob("*/README.md"))


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_the_graph_is_what_dags_show_prints(readme):
    """Each drawing of a README is the one that ``brisa dags show`` makes now."""
    text = readme.read_text("utf-8")
    shown = re.findall(r"\$ brisa dags show (\w+)\n(.*?)\n```", text, re.DOTALL)
    assert shown
    for dag_id, drawing in shown:
        own = readme.parent / f"{dag_id}.py"
        file = own if own.exists() else readme.parent / f"{readme.parent.name}.py"
        done = called("dags", "show", dag_id, "-f", file, BRISA_DAGS_FOLDER=str(PIPELINES))
        assert done.returncode == 0, done.stderr
        assert drawing == done.stdout.rstrip()


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_commands_and_links_name_files_that_there_are(readme):
    """The DAG files of the commands, and what is linked to."""
    text = readme.read_text("utf-8")
    for file in re.findall(r"-f (pipelines/\S+)", text):
        assert (PIPELINES.parent / file).is_file(), file
    for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (readme.parent / link).exists(), link
