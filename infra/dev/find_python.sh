#!/bin/sh
# Prints the path of a Python interpreter to build a development environment with.
#
#   find_python.sh          the best one: 3.13 where there is any, else another one from 3.11 on
#   find_python.sh 3.11     exactly that version, among those already on this machine; else nothing, exit status 1
#
# The path is all there is on standard output; what a person should know goes to standard error.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
preferred=3.13
others='3.12 3.11 3.14'

# The real interpreter behind a name, if it is a finished CPython with a GIL and can make environments. A shim of a
# version manager answers with the interpreter it stands for, or fails, which leaves it out.
probe() { # NAME VERSION
    "$1" -I - "$2" 2>/dev/null <<'PYTHON'
import sys, sysconfig
import ensurepip, sqlite3, ssl, venv  # what a Python built in a hurry often lacks

good = (
    sys.implementation.name == "cpython"
    and sys.version_info.releaselevel == "final"
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
    and "%d.%d" % sys.version_info[:2] == sys.argv[1]
)
print(getattr(sys, "_base_executable", sys.executable)) if good else sys.exit(1)
PYTHON
}

# Folders with one Python installation each, as pyenv lays them out. With an empty home, or without pyenv on PATH, the
# installation that `python3` comes from still tells where its siblings are.
version_folders() {
    [ -n "${PYENV_ROOT-}" ] && printf '%s\n' "$PYENV_ROOT/versions"
    pyenv root 2>/dev/null | sed 's|$|/versions|'
    for home in "${HOME-}" "$(eval "echo ~$(id -un)")"; do
        printf '%s\n' "$home/.pyenv/versions" "$home/.local/share/uv/python"
    done
    for name in python3 python; do
        prefix=$("$name" -I -c 'import sys; print(sys.base_prefix)' 2>/dev/null) || continue
        case $prefix in */versions/*) dirname -- "$prefix" ;; esac
    done
    printf '%s\n' "$PATH" | tr ':' '\n' | sed -n 's|/shims/*$|/versions|p'
    printf '%s\n' "$root/.python"
}

# Every installation of a version in those folders, the highest patch level first.
installations() { # VERSION
    version_folders | awk '!seen[$0]++' | while IFS= read -r folder; do
        for path in "$folder/$1".* "$folder/cpython-$1".*; do
            [ -x "$path/bin/python$1" ] || continue
            patch=${path##*"$1".}
            printf '%s\t%s\n' "${patch%%[!0-9]*}" "$path/bin/python$1"
        done
    done | sort -s -k 1,1nr | cut -f 2
}

find_version() { # VERSION
    for name in "python$1" python3 python "/usr/local/bin/python$1" "/opt/homebrew/bin/python$1"; do
        command -v "$name" >/dev/null 2>&1 && probe "$name" "$1" && return 0
    done
    installations "$1" | while IFS= read -r path; do
        probe "$path" "$1" && break
    done | grep .
}

# uv knows of further interpreters and can fetch one, on a machine with a network. What it fetches stays inside the
# checkout. A machine without uv borrows one for this, from the lock, with the Python that is there.
fetch_with_uv() { # VERSION PYTHON
    uv=$(command -v uv) || uv=$root/.python/uv/bin/uv
    if [ ! -x "$uv" ]; then
        [ -n "$2" ] || return 1
        mkdir -p "$root/.python"
        (cd "$root" && infra/dev/make_venv.sh "$2" .python/uv infra/locks/tools.txt) >&2 || return 1
    fi
    UV_PYTHON_INSTALL_DIR=$root/.python UV_NO_CONFIG=1
    export UV_PYTHON_INSTALL_DIR UV_NO_CONFIG
    found=$(cd / && "$uv" python find --system --no-python-downloads "$1" 2>/dev/null) && probe "$found" "$1" && return
    echo "No Python $1 on this machine: asking uv for one, into .python/ ..." >&2
    "$uv" python install --no-bin "$1" >"$root/.python/uv.log" 2>&1 && find_version "$1"
}

if [ $# -gt 0 ]; then
    find_version "$1"
    exit
fi

find_version "$preferred" && exit 0
for version in $others; do
    other=$(find_version "$version") && break
    other=''
done
mkdir -p "$root/.python" && fetch_with_uv "$preferred" "$other" && exit 0
if [ -n "$other" ]; then
    cat >&2 <<NOTICE
No Python $preferred was found, nor could one be fetched (.python/uv.log says why); going on with $version.
  What is missing then: the BigQuery emulator. 'make run' cannot load data, and the tests that need it are left out.
  To have it: install Python $preferred ('pyenv install $preferred', 'uv python install $preferred' or your system's
  package), then 'make clean' and the same command again.
NOTICE
    printf '%s\n' "$other"
    exit 0
fi
cat >&2 <<NOTICE
brisa needs Python 3.11 or newer with its modules venv, ensurepip, sqlite3 and ssl. None was found: not on PATH, not
among pyenv's versions, not through uv. On Debian and Ubuntu the modules venv and ensurepip are in python3-venv.
NOTICE
exit 1
