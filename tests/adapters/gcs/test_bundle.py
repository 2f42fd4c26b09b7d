"""What the bundle in Cloud Storage does beyond its port: the mirror, races with uploads, names that lead elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from brisa.adapters.gcs import GcsBundle
from brisa.adapters.memory import FakeClock
from brisa.errors import StorageError, UnavailableError
from tests.adapters.gcs.local_gcs import WritableBucket, failing, front, local_gcs
from tests.support.program import environment

DAG = "from airflow import DAG\n"


@pytest.fixture
def bucket():
    """A new bucket's name."""
    return local_gcs().bucket()


def tree(bundle):
    """Path → content of every file in the mirror."""
    root = bundle.root()
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if not path.is_dir()}


def through(one, bucket, folder, **settings):
    """A bundle whose requests pass a front."""
    return WritableBucket(folder, bucket=bucket, through=one.client, **{"clock": FakeClock(), **settings})


def test_to_upload_is_to_deploy(tmp_path):
    """The folder follows the objects under the prefix, and nothing else of the bucket."""
    bundle = WritableBucket(tmp_path)
    bundle.write("ventas.py", DAG)
    bundle.write("sql/q.sql", "SELECT 1")
    bundle.write("../dags-of-others/x.py", DAG)
    assert list(bundle.files()) == ["ventas.py"]
    assert tree(bundle) == {"ventas.py": DAG.encode(), "sql/q.sql": b"SELECT 1"}
    bundle.remove("sql/q.sql")
    bundle.write("ventas.py", DAG + "# 2")
    bundle.files()
    assert tree(bundle) == {"ventas.py": DAG.encode() + b"# 2"}
    assert not (bundle.root() / "sql").exists()


def test_without_a_prefix_the_whole_bucket_is_the_bundle(tmp_path):
    """As some keep their DAG files."""
    bundle = WritableBucket(tmp_path, prefix="")
    bundle.write("dags/a.py", DAG)
    assert list(bundle.files()) == ["dags/a.py"]


def test_a_replaced_object_changes_the_fingerprints_that_it_should(tmp_path):
    """The same bytes again are a new object; who does not use it stays as it was."""
    bundle = WritableBucket(tmp_path)
    bundle.write("helper.py", "x = 1\n")
    bundle.write("uses.py", DAG + "import helper\n")
    bundle.write("alone.py", DAG)
    before = bundle.files()
    bundle.write("helper.py", "x = 1\n")
    after = bundle.files()
    assert {path for path in before if before[path] != after[path]} == {"uses.py"}


def test_two_processes_tell_the_same_fingerprints(tmp_path, bucket):
    """One's browser shows what the other's planner has registered."""
    (tmp_path / "here").mkdir()
    here = WritableBucket(tmp_path / "here", bucket=bucket)
    for path, text in {
        "a.py": DAG + "import helper",
        "helper.py": "",
        "sub/b.py": DAG,
        "sub/b.sql": "SELECT 1",
    }.items():
        here.write(path, text)
    code = (
        "import json, sys; from brisa.adapters.gcs import GcsBundle, connect; client = connect();"
        "print(json.dumps(dict(GcsBundle(client, sys.argv[1], 'dags', sys.argv[2]).files()))); client.close()"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, bucket, tmp_path / "there"],
        env=environment({"STORAGE_EMULATOR_HOST": local_gcs().url}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(there.stdout) == here.files()
    assert len(here.files()) == 2


def test_only_what_changed_is_downloaded(tmp_path, bucket):
    """By this process, and by the next one with the same folder."""
    writer = WritableBucket(tmp_path / "writer", bucket=bucket)
    for name in ("a.py", "b.py", "c.txt"):
        writer.write(name, DAG)
    with front(failing(0)) as one:
        first = through(one, bucket, tmp_path)
        first.files()
        assert len(one.seen) == 1 + 3
        writer.write("b.py", DAG + "# 2")
        first.files()
        assert len(one.seen) == 4 + 1 + 1
        second = through(one, bucket, tmp_path)
        assert second.files() == first.files()
        assert len(one.seen) == 6 + 2
        assert tree(second) == {"a.py": DAG.encode(), "b.py": DAG.encode() + b"# 2", "c.txt": DAG.encode()}


@pytest.mark.parametrize(
    "odd",
    [
        b"", b"not JSON", b"[]", b"{}", b'{"source": 1}', b"[" * 100_000, b"\xff", None,
        b'{"source": "gs://other/dags/", "files": {"a.py": {"generation": GENERATION, "stamp": "STAMP"}}}',
        b'{"source": "SOURCE", "files": {"a.py": {"generation": GENERATION, "stamp": "1.2.3.4"}}}',
        b'{"source": "SOURCE", "files": {"a.py": {"generation": 1, "stamp": "STAMP"}}}',
        b'{"source": "SOURCE", "files": {"a.py": {"generation": GENERATION}}}',
        b'{"source": "SOURCE", "files": {"a.py": {"generation": null, "stamp": "STAMP"}}}',
        b'{"source": "SOURCE", "files": ["a.py"]}',
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_trusted_is_as_none(tmp_path, bucket, odd):
    """All is downloaded again, and then remembered."""
    with front(failing(0)) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("a.py", DAG)
        bundle.files()
        manifest = tmp_path / "mirror.mirror" / "manifest.json"
        good = json.loads(manifest.read_bytes())
        for name, value in {
            b"SOURCE": good["source"],
            b"GENERATION": good["files"]["a.py"]["generation"],
            b"STAMP": good["files"]["a.py"]["stamp"],
        }.items():
            odd = odd and odd.replace(name, str(value).encode())
        (bundle.root() / "stranger.py").write_text(DAG)
        manifest.unlink() if odd is None else manifest.write_bytes(odd)
        before = len(one.seen)
        assert list(through(one, bucket, tmp_path).files()) == ["a.py"]
        assert len(one.seen) - before == 2
        assert list(through(one, bucket, tmp_path).files()) == ["a.py"]
        assert len(one.seen) - before == 3


def test_a_file_that_was_changed_here_is_downloaded_again(tmp_path):
    """A mirror shows the bucket, not what a task has written into it."""
    bundle = WritableBucket(tmp_path)
    bundle.write("a.py", DAG)
    bundle.write("sub/b.py", DAG)
    told = bundle.files()
    (bundle.root() / "a.py").write_text(DAG.upper())
    (bundle.root() / "sub/b.py").unlink()
    (bundle.root() / "more.py").write_text(DAG)
    assert bundle.files() == told
    assert tree(bundle) == {"a.py": DAG.encode(), "sub/b.py": DAG.encode()}


def test_bytecode_stays_until_a_module_beside_it_changes(tmp_path):
    """Python would take the old for current if a new file has the same size within the same second."""
    bundle = WritableBucket(tmp_path)
    bundle.write("helper.py", "x = 1\n")
    bundle.write("data.csv", "1")
    bundle.write("__pycache__/helper.cpython-313.pyc", "somebody else's")
    bundle.files()
    bytecode = bundle.root() / "__pycache__"
    assert not bytecode.exists()
    bytecode.mkdir()
    bundle.write("data.csv", "2")
    bundle.files()
    assert bytecode.is_dir()
    bundle.write("helper.py", "x = 2\n")
    bundle.files()
    assert not bytecode.exists()


HOSTILE = [
    "../out.py",
    "sub/../../out.py",
    "/etc/out.py",
    "//out.py",
    "./a.py",
    "a//b.py",
    "nul\0.py",
    "d" * 300,
    "sub",
]


def test_names_that_lead_elsewhere_are_left_out(tmp_path, caplog):
    """Nothing appears outside the folder; each is told in one line, once; all others are served."""
    bundle = WritableBucket(tmp_path)
    for name in [*HOSTILE, "", "folder/", "sub/a.py", "ñ ☃/a.py"]:
        bundle.write(name, DAG)
    assert list(bundle.files()) == ["sub/a.py", "ñ ☃/a.py"]
    bundle.files()
    assert len(caplog.messages) == len(HOSTILE)
    for name in HOSTILE:
        assert sum(repr("dags/" + name) in message for message in caplog.messages) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"mirror", "mirror.mirror"}
    assert set(tree(bundle)) == {"sub/a.py", "ñ ☃/a.py"}


def test_links_in_the_folder_lead_nowhere(tmp_path):
    """A task may have put them there; what they point to is neither written to nor removed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.py").write_text("mine")
    bundle = WritableBucket(tmp_path)
    root = bundle.root()
    (root / "sub").symlink_to(outside)
    (root / "a.py").symlink_to(outside / "kept.py")
    (root / "loose").symlink_to(outside)
    for name in ("sub/kept.py", "sub/new.py", "a.py"):
        bundle.write(name, DAG)
    assert list(bundle.files()) == ["a.py", "sub/kept.py", "sub/new.py"]
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept.py": "mine"}
    assert not any(path.is_symlink() for path in root.rglob("*"))


def test_a_file_becomes_a_folder_and_back(tmp_path):
    """Whatever was there before makes way."""
    bundle = WritableBucket(tmp_path)
    bundle.write("a", "file")
    assert tree(bundle) == {"a": b"file"}
    bundle.remove("a")
    bundle.write("a/b.py", DAG)
    assert list(bundle.files()) == ["a/b.py"]
    bundle.remove("a/b.py")
    bundle.write("a", "file")
    assert dict(bundle.files()) == {}
    assert tree(bundle) == {"a": b"file"}


def test_a_file_is_the_very_object_that_was_listed(tmp_path, bucket):
    """One that is overwritten in between is listed again: content and fingerprint belong together."""
    overwritten: list[str] = []

    def overwrite(request):
        if "alt=media" in request.path and not overwritten:
            overwritten.append(request.path)
            bundle.write("a.py", DAG + "# new")

    with front(overwrite) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("a.py", DAG + "# old")
        told = bundle.files()
        assert overwritten
        assert tree(bundle) == {"a.py": DAG.encode() + b"# new"}
    assert told == WritableBucket(tmp_path / "other", bucket=bucket).files()


def test_an_object_that_vanishes_is_not_there(tmp_path, bucket):
    """Nor is what it was before; the others are."""
    removed: list[str] = []

    def remove(request):
        if "alt=media" in request.path and not removed:
            removed.append(request.path)
            bundle.remove("a.py")

    with front(failing(0)) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("a.py", DAG)
        bundle.write("b.py", DAG)
        bundle.files()
        bundle.write("a.py", DAG + "# new")
        one.answer = remove
        assert list(bundle.files()) == ["b.py"]
        assert removed
        assert set(tree(bundle)) == {"b.py"}


def test_an_object_that_never_holds_still_is_left_out(tmp_path, bucket, caplog):
    """Nor is an older one served in its place; listings are bounded, and the rest of the bundle works."""

    def overwrite(request):
        if "alt=media" in request.path and "hot.py" in request.path:
            bundle.write("hot.py", DAG)

    with front(failing(0)) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("hot.py", DAG)
        bundle.write("a.py", DAG)
        assert list(bundle.files()) == ["a.py", "hot.py"]
        one.seen.clear()
        one.answer = overwrite
        bundle.write("hot.py", DAG)
        assert list(bundle.files()) == ["a.py"]
        assert set(tree(bundle)) == {"a.py"}
        assert sum("alt=media" not in request.path for request in one.seen) == 3
    assert "hot.py' changes faster" in caplog.text


def test_trouble_on_the_way_is_waited_out(tmp_path, bucket):
    """Listing and downloads alike, by the clock that was given."""
    answers = iter([*[(503, b"")] * 3, None, (0, b""), (429, b""), None])
    with front(lambda request: next(answers)) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("a.py", DAG)
        assert list(bundle.files()) == ["a.py"]
        assert next(answers, "done") == "done"


def test_when_patience_ends_the_mirror_stays_as_it_is(tmp_path, bucket):
    """An empty answer would say that every DAG is gone."""
    with front(failing(0)) as one:
        bundle = through(one, bucket, tmp_path)
        bundle.write("a.py", DAG)
        told = bundle.files()
        one.answer = failing(10_000)
        with pytest.raises(UnavailableError, match=rf"list the objects of gs://{bucket}/dags/"):
            bundle.files()
        assert tree(bundle) == {"a.py": DAG.encode()}
        one.answer = failing(0)
        assert bundle.files() == told


def test_what_came_before_an_error_need_not_come_again(tmp_path, bucket):
    """A large bundle gets there in the end, however often it is interrupted."""

    def refuse(request):
        return (403, b"") if broken and "b.py" in request.path else None

    broken = True
    with front(refuse) as one:
        bundle = through(one, bucket, tmp_path)
        for name in ("a.py", "b.py"):
            bundle.write(name, DAG)
        with pytest.raises(StorageError, match=rf"object 'dags/b\.py' of bucket '{bucket}'.*objectViewer"):
            bundle.files()
        broken = False
        before = len(one.seen)
        assert list(bundle.files()) == ["a.py", "b.py"]
        assert len(one.seen) - before == 2


def test_a_missing_bucket_is_told(tmp_path):
    """An empty answer would say that every DAG is gone."""
    bundle = GcsBundle(local_gcs().client, "nowhere", "dags", tmp_path / "mirror", clock=FakeClock())
    with pytest.raises(StorageError, match=r"gs://nowhere/dags/.*create the bucket"):
        bundle.files()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """The message names the folder."""
    (tmp_path / "file").touch()
    bundle = WritableBucket(tmp_path / "file")
    with pytest.raises(StorageError, match=r"can't be mirrored to .*/file/mirror"):
        bundle.files()


def test_two_processes_share_a_folder(tmp_path, bucket):
    """They take turns: each object is downloaded once, and both tell the same."""
    writer = WritableBucket(tmp_path, bucket=bucket)
    for number in range(40):
        writer.write(f"dag_{number}.py", DAG)
    code = (
        "import json, sys; from brisa.adapters.gcs import GcsBundle, connect; client = connect();"
        "print(json.dumps(dict(GcsBundle(client, sys.argv[1], 'dags', sys.argv[2]).files()))); client.close()"
    )
    with front(failing(0)) as one:
        env = environment({"STORAGE_EMULATOR_HOST": one.client._connection.API_BASE_URL})
        command = [sys.executable, "-c", code, bucket, os.fspath(tmp_path / "mirror")]
        both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        told = [json.loads(process.communicate(timeout=60)[0]) for process in both]
        assert sum("alt=media" in request.path for request in one.seen) == 40
    assert told == [writer.files()] * 2
    assert len(told[0]) == 40


def test_a_child_that_was_forked_meanwhile_does_not_keep_the_folder(tmp_path):
    """It has a copy of everything that was open, the lock included, and may live for hours."""
    code = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from brisa.adapters.gcs.mirror import Mirror

        def fetch(path, generation, file):
            children.append(os.fork())
            if not children[-1]:
                signal.alarm(30)
                signal.pause()
            return False

        children = []
        Mirror(Path(sys.argv[1]), "source").update({"a": 1}, fetch)
        signal.alarm(10)
        print(*Mirror(Path(sys.argv[1]), "source").update({"b": 1}, lambda path, generation, file: False))
        os.kill(children[0], signal.SIGKILL)
    """)
    command = [sys.executable, "-c", code, tmp_path / "mirror"]
    told = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True)
    assert told.stdout == b"b\n"
