#!/bin/sh
# Install the first configuration: the example with every line commented out. One that exists is never touched.
# usage: install-config.sh EXAMPLE TARGET (meson sets DESTDIR)
set -eu
target="${DESTDIR:-}$2"
if [ -e "$target" ]; then
    echo "Keeping $target"
    exit 0
fi
umask 027
mkdir -p "$(dirname "$target")"
sed 's/^\([^#]\)/#\1/' "$1" > "$target"
chmod 0640 "$target"
