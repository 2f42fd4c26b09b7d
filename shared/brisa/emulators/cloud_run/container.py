"""``python -m brisa.emulators.cloud_run.container PARENT COMMAND…``: becomes the command, and ends with its parent.

The parent's thread that has started it must live as long: on Linux it is that thread whose end the kernel tells of.
"""

from __future__ import annotations

import os
import sys

from brisa.runtime.process import die_with_parent

if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  the command is this machine's own, as in any emulator
