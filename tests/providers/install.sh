#!/bin/sh
# Makes the environment in which brisa meets provider packages as published, without Airflow:
#
#   install.sh PYTHON FOLDER
#
# brisa with its locked dependencies, then the packages of requirements.txt with all that they require but Airflow.
# `pip check` would miss Airflow, so it is not asked.
set -eu
python=$1 folder=$2 log=$2.log
cd "$(dirname -- "$0")/../.."

infra/dev/make_venv.sh "$python" "$folder" infra/locks/dev.txt
install() {
    "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps "$@" >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        exit 1
    }
}
echo "Adding the provider packages of tests/providers/requirements.txt (once; up to a few minutes) ..."
install --require-hashes --requirement tests/providers/requirements.txt
install --no-build-isolation --editable .
rm -f "$log"
