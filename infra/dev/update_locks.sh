#!/bin/sh
# Writes infra/locks/*.txt anew from pyproject.toml: every package pinned, with the hashes of all its files, valid on
# every Python from 3.11 on, and without the address of any package index.
#
#   update_locks.sh UV [ARGUMENT...]      e.g. update_locks.sh uv --upgrade
set -eu
cd "$(dirname -- "$0")/../.."
uv=$1
shift
UV_NO_CONFIG=1
export UV_NO_CONFIG

compile() { # LOCK ARGUMENT...
    lock=infra/locks/$1
    shift
    echo "Writing $lock ..."
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$lock" "$@"
}

# The development lock is made under the runtime lock's pins, so that what is tested is what is shipped.
compile runtime.txt "$@" pyproject.toml
compile dev.txt "$@" --constraints infra/locks/runtime.txt \
    --extra emulators --extra pipelines --extra telemetry --extra test --extra dev pyproject.toml
# What functions install where the pipelines of this repository are deployed.
compile pipelines.txt "$@" --constraints infra/locks/runtime.txt --extra pipelines pyproject.toml
compile tools.txt "$@" infra/locks/tools.in
