#!/bin/sh
# Build the packages into a folder. Works in a copy of the tree, so the checkout stays as it is.
# usage: debian/build.sh FOLDER [all]
#   all: only what every architecture shares, without lintian. Else lintian judges all of it, and on Debian 12 the
#   package with its libraries is made too, which takes build/venv (`make deb` sees to it).
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
out="$(realpath "$1")"
only="${2:-}"
log="$out/build.log"
version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' bamsd/__init__.py)"

fail() {
    echo "deb: $*" >&2
    exit 1
}

[ "$(dpkg-parsechangelog --show-field Version)" = "$version" ] ||
    fail "debian/changelog does not begin with version $version of bamsd/__init__.py; add an entry to it."

rm -rf "$out"
build=binary
[ "$only" = all ] && build=all
tree="$out/tree/bams-$version"
mkdir -p "$tree"
tar --create --exclude-vcs --exclude=./build --exclude=__pycache__ --exclude=node_modules --exclude='.*_cache' --file=- . |
    tar --extract --file=- --directory="$tree"

# Debian 12 alone: its pydantic is too old, so a package of its own carries a newer one.
if [ "$build" = binary ] && [ "$(. /etc/os-release && echo "${VERSION_ID:-}")" = 12 ]; then
    export DEB_BUILD_PROFILES="pkg.bams.bookworm"
    build/venv/bin/python -m pip download --quiet --disable-pip-version-check --only-binary :all: --no-deps \
        --require-hashes --requirement debian/bookworm-wheels.txt --dest "$tree/debian/wheels" >"$log" 2>&1 ||
        { tail -n 30 "$log" >&2; fail "pip download did not work, see above. Is a package index reachable?"; }
fi

echo "deb: building, output in $log"
(cd "$tree" && dpkg-buildpackage --build=$build --unsigned-source --unsigned-changes) >"$log" 2>&1 ||
    { tail -n 30 "$log" >&2; fail "dpkg-buildpackage did not work, see above and $log"; }
mv "$out"/tree/*.deb "$out"/tree/*.changes "$out"/tree/*.buildinfo "$out"
rm -rf "$out/tree"

[ "$only" = all ] && exit 0
echo "deb: lintian"
# --allow-root: in a container everybody is root.
lintian --allow-root --fail-on error,warning --display-level ">=warning" "$out"/*.changes || fail "lintian found faults, see above"
ls "$out"/*.deb
