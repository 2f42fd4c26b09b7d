#!/usr/bin/env bash
# build_console.sh PYTHON SOURCE TARGET: build the console in SOURCE; Vite puts it into TARGET.
# Without Node.js it says so, and all else goes on: the API needs no console. Continuous integration has to have it.
set -euo pipefail

python=$1 source=$2 target=$3

version=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/') || version=
if [ "${version:-0}" -lt 20 ] || ! command -v npm >/dev/null; then
    echo "The console is not built: it needs Node.js 20 or newer and npm (https://nodejs.org)." >&2
    [ -z "${CI:-}" ]
    exit
fi

if ! cmp -s "$source/package-lock.json" "$source/node_modules/.brisa-lock"; then
    echo "Getting what the console is built with, by npm (once; up to a minute) ..."
    (cd "$source" && npm ci --silent --no-audit --no-fund)
    cp "$source/package-lock.json" "$source/node_modules/.brisa-lock"
fi

mkdir -p build
"$python" -m brisa.web.document >build/openapi.json.new
if ! cmp -s build/openapi.json.new build/openapi.json || [ ! -f "$source/src/api/schema.d.ts" ]; then
    (cd "$source" && npx --no-install openapi-typescript "$OLDPWD/build/openapi.json.new" --output src/api/schema.d.ts >/dev/null)
    mv build/openapi.json.new build/openapi.json
else
    rm build/openapi.json.new
fi

(cd "$source" && npm run --silent build -- --logLevel warn)
touch "$target/.built"
