"""Google's own Firestore emulator: where it is, and how it is started quickly."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from brisa.errors import EmulatorError

_JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
# Small heap, one collector thread and the quick compiler: it starts twice as fast as `gcloud emulators … start`.
_FLAGS = ("-XX:+UseSerialGC", "-Xms32m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Duser.language=en")
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_INSTALL = (
    "Install the Google Cloud CLI's component (`gcloud components install cloud-firestore-emulator`, or the package "
    "google-cloud-cli-firestore-emulator of your system), or set FIRESTORE_EMULATOR_JAR to its jar"
)


def jar() -> Path:
    """The emulator's jar: ``$FIRESTORE_EMULATOR_JAR``, or the component of the Google Cloud CLI.

    :class:`EmulatorError` says what to install if there is no Java, or no jar.
    """
    if shutil.which("java") is None:
        raise EmulatorError(
            "The Firestore emulator needs Java, and there is none. Install a Java runtime, version 17 or later "
            "(on Debian: `apt-get install default-jre-headless`), so that `java` is on the PATH"
        )
    named = os.environ.get("FIRESTORE_EMULATOR_JAR")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise EmulatorError(f"$FIRESTORE_EMULATOR_JAR names no file: {named}. {_INSTALL}")
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise EmulatorError(f"The Firestore emulator is not installed. {_INSTALL}")
    beside = Path(gcloud).resolve().parents[1] / _JAR
    if beside.is_file():
        return beside
    asked = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    told = Path(asked.stdout.strip() or os.devnull) / _JAR
    if told.is_file():
        return told
    raise EmulatorError(f"The Google Cloud CLI here has no Firestore emulator. {_INSTALL}")


def command(port: int) -> list[str]:
    """What starts it on ``port`` of loopback; it keeps everything in memory."""
    return ["java", *_FLAGS, "-cp", str(jar()), _MAIN, "--host", "127.0.0.1", "--port", str(port)]
