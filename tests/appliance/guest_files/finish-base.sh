#!/bin/sh
# Runs inside the new root file system, once, after all packages are there.
set -eu
echo bams-appliance >/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 bams-appliance\n::1 localhost\n' >/etc/hosts
printf 'nameserver 10.0.2.3\n' >/etc/resolv.conf
printf '/dev/vda / ext4 rw,noatime 0 1\n' >/etc/fstab

# Plain accounts. Their groups come with the project layer (sysusers.d), their passwords at boot.
for name in admin operator viewer; do
    useradd --create-home --no-user-group --gid users --shell /bin/bash "$name"
done
usermod --append --groups sudo admin

# Boot time is paid in every test run: what no test looks at is switched off.
systemctl mask --quiet \
    serial-getty@ttyS0.service getty@tty1.service exim4.service exim4-base.timer user@0.service \
    modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    systemd-network-generator.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount cockpit-issue.service \
    systemd-networkd-wait-online.service systemd-hwdb-update.service ldconfig.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer man-db.timer logrotate.timer
disable() {
    for unit in "$@"; do
        systemctl disable --quiet "$unit" 2>/dev/null || echo "not there: $unit"
    done
}
# Installed for the tests and the benchmark, started by them when wanted.
disable bacula-director.service bacula-fd.service bacula-sd.service firewalld.service udisks2.service \
    lvm2-lvmdbusd.service lvm2-monitor.service blk-availability.service \
    smartmontools.service zfs-zed.service zfs-mount.service zfs-share.service zfs-import-cache.service \
    zfs-import-scan.service zfs.target zfs-import.target zfs-volumes.target \
    open-iscsi.service rtslib-fb-targetctl.service nfs-common.service rpcbind.service rpcbind.socket \
    cockpit-motd.service
# tgtd is used for the tape library on its own port; the distribution's unit would take the real target's port.
systemctl mask --quiet tgt.service
systemctl enable --quiet systemd-networkd.service ssh.service cockpit.socket iscsid.socket
systemctl set-default --quiet multi-user.target

# RDMA comes with tgt; nothing here has it.
rm -f /etc/rdma/modules/* /usr/lib/udev/rules.d/*rdma* /lib/udev/rules.d/*rdma*

rm -f /etc/motd /etc/update-motd.d/* /etc/issue.d/cockpit.issue
rm -rf /var/cache/apt/*.bin /var/lib/apt/lists/* /var/log/*.log /usr/share/man
touch /etc/.updated /var/.updated
