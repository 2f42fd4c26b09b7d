#!/bin/sh
# Prints the path of a Chromium or Chrome. Where there is none and it may, on Debian and its kin as root, it installs one;
# else it fails, and says what to do.
set -u

find_one() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    [ -x "$mac" ] && echo "$mac"
}

find_one && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the tests of the console (once; a minute or two) ..." >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium; } >/dev/null 2>&1
    find_one && exit
fi
echo "install Chromium or Chrome" >&2
exit 1
