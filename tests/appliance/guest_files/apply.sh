#!/bin/sh
# apply FOLDER: lays FOLDER/layer.tar over the root file system. Runs in the initramfs (chroot) at boot, and over ssh
# in a running machine. Files of the layer before that are gone from this one are removed.
set -eu
folder=$1
known=/var/lib/bams-appliance
mkdir -p "$known"
cmp -s "$folder/layer" "$known/layer" && exit 0
if [ -f "$known/files" ]; then
    sort "$folder/files" | comm -13 - "$known/files" | while read -r name; do rm -f "/$name"; done
fi
tar --extract --file="$folder/layer.tar" --directory=/ --preserve-permissions --no-overwrite-dir --keep-directory-symlink
sort "$folder/files" >"$known/files"
cp "$folder/layer" "$known/layer"
