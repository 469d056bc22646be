#!/bin/sh
# Makes a running machine use the layer that apply.sh has just put in place, as a package's postinst would.
set -eu
systemd-sysusers
systemd-tmpfiles --create
/usr/lib/bams-appliance/accounts
python3 -m compileall -q /usr/lib/python3/dist-packages/bamsd
systemctl daemon-reload
udevadm control --reload
udevadm trigger --subsystem-match=scsi_generic --subsystem-match=scsi_tape
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
systemctl try-restart polkit.service
if systemctl cat bamsd.service >/dev/null 2>&1; then
    systemctl reset-failed bamsd.service 2>/dev/null || true
    systemctl restart bamsd.service
fi
