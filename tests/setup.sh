#!/bin/sh
# Prepare a machine for the checks: system packages where they are missing, and build/venv with pinned tools.
# usage: tests/setup.sh [--python-only | --node-only]     (PYTHON: the interpreter, /usr/bin/python3 by default)
# --node-only: node, and the pinned packages of the Cockpit page in cockpit-bams/node_modules.
# Quick when nothing has changed: build/venv/stamp names what the environment was made from.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-/usr/bin/python3}"
VENV="$PWD/build/venv"
STAMP="$VENV/stamp"

fail() {
    echo "setup: $*" >&2
    exit 1
}

apt_install() {
    command -v apt-get >/dev/null || fail "this system has no apt-get. Install what these Debian packages hold: $*"
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "needs root or sudo to install: $*"
        sudo="sudo"
    fi
    echo "setup: installing $*"
    log="$(mktemp)"
    for step in update "install --yes --no-install-recommends $*"; do
        # shellcheck disable=SC2086 # the words are split on purpose
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q $step >"$log" 2>&1 ||
            { tail -n 20 "$log" >&2; fail "apt-get $step did not work, see above and $log"; }
    done
    rm -f "$log"
}

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

node_is_good() {
    old='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a < 18 || (a === 18 && b < 18) ? 1 : 0)'
    command -v npm >/dev/null && node -e "$old"
}

setup_node() {
    node_is_good || apt_install nodejs npm
    node_is_good || fail "the page needs node 18.18 or newer with npm. Install them from elsewhere."
    cd cockpit-bams
    node_stamp="node_modules/stamp"
    node_wanted="$PWD $(node --version) $(cat package.json package-lock.json | sha256sum)"
    [ -f "$node_stamp" ] && [ "$(cat "$node_stamp")" = "$node_wanted" ] && exit 0
    echo "setup: installing the packages of cockpit-bams/package-lock.json"
    npm ci --silent || fail "npm ci did not work, see above. Is a package registry reachable?"
    echo "$node_wanted" >"$node_stamp"
    exit 0
}

[ "${1:-}" = --node-only ] && setup_node

if [ "$PYTHON" = /usr/bin/python3 ] && [ ! -x "$PYTHON" ]; then
    apt_install python3
fi
version="$("$PYTHON" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)" ||
    fail "$PYTHON does not run. Name one that does: make PYTHON=/path/to/python3 ..."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$PYTHON is Python $version; BAMS needs 3.11 or newer. Name one: make PYTHON=/path/to/python3 ..."
[ "${1:-}" = --python-only ] && exit 0

# Beside the interpreter: the bus and its clients, headers for systemd-python, meson for the install test, and FUSE,
# which shows the daemon a fake of the kernel's tree; systemd-journal-remote writes real journal files; groff reads the
# manual pages; what builds the Debian packages; and for the page a browser and Cockpit without its own pages.
packages="chromium cockpit-bridge cockpit-ws dbus-daemon debhelper dh-python dpkg-dev fish fuse3 gcc groff-base"
packages="$packages libglib2.0-bin libsystemd-dev libudev1 lintian mandoc meson ninja-build pkg-config systemd"
packages="$packages systemd-journal-remote zsh zstd"
[ "$PYTHON" = /usr/bin/python3 ] && packages="$packages python3-dev python3-venv"

wanted="$VENV $PYTHON $version $(cat tests/setup.sh tests/requirements.txt | sha256sum)"
[ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$wanted" ] && exit 0

if command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2086 # a list of words
    missing="$(missing_packages $packages)"
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_install $missing
fi

rm -f "$STAMP"
# An environment of another Python, or one that was moved here, cannot be mended: make it anew.
if ! grep -qsF "#!$VENV/bin/python" "$VENV/bin/pip" ||
    [ "$("$VENV/bin/python" -c 'import platform; print(platform.python_version())' 2>/dev/null)" != "$version" ]; then
    echo "setup: making build/venv with Python $version"
    "$PYTHON" -m venv --clear "$VENV" || fail "python3 -m venv did not work, see above"
fi
echo "setup: installing tests/requirements.txt into build/venv"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt ||
    fail "pip did not work, see above. Is a package index reachable?"
echo "$wanted" >"$STAMP"
