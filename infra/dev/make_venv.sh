#!/bin/sh
# Makes a virtual environment with exactly the packages of a lock, each checked by its hash.
#
#   make_venv.sh PYTHON FOLDER LOCK
#
# Quiet when all goes well; pip's own words are shown when it does not. pip keeps to the user's own configuration. A lock
# is complete, so nothing is resolved (older pips ask for newer versions of what has extras); `pip check` sees to that.
set -u
python=$1 folder=$2 lock=$3 log=$2.log

# Behind a link is an environment that others share, and making one begins with emptying the folder.
if [ -L "$folder" ]; then
    echo "$folder is a link to $(readlink "$folder"): it is not made anew here. Remove the link to have an environment of your own." >&2
    exit 1
fi

version=$("$python" -I -c 'import platform; print(platform.python_version())') || exit 1
echo "Making $folder with Python $version and the packages of $lock (once; up to a minute or two) ..."
if "$python" -I -m venv --clear "$folder" >"$log" 2>&1 &&
    "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --no-deps --require-hashes --requirement "$lock" >>"$log" 2>&1 &&
    "$folder/bin/python" -m pip check >>"$log" 2>&1; then
    rm -f "$log"
else
    tail -n 40 "$log" >&2
    echo "Could not make $folder. The lines above say why; they are kept in $log." >&2
    exit 1
fi
