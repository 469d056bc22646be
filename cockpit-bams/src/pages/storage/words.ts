// The words of disks, and the small facts that several cards need.
import type { DiskPool, DiskRepository } from "../../api/disk";
import { N_, _ } from "../../text";

const KINDS: Record<string, string> = {
    lvm: N_("LVM volume group"),
    "lvm-thin": N_("LVM thin pool"),
    zfs: N_("ZFS pool"),
    zvol: N_("ZFS volume"),
};

const VOLUMES: Record<string, string> = {
    lvm: N_("LVM volume"),
    "lvm-thin": N_("LVM thin volume"),
    zvol: N_("ZFS volume"),
};

export function poolKind(kind: string): string {
    const text = KINDS[kind];
    return text ? _(text) : kind;
}

export function volumeKind(kind: string): string {
    const text = VOLUMES[kind];
    return text ? _(text) : kind;
}

export function stackOf(kind: string): "lvm" | "zfs" {
    return kind === "zfs" || kind === "zvol" ? "zfs" : "lvm";
}

/** The name of a pool for a call: with its stack where both have one of that name. */
export function poolName(pool: DiskPool, pools: readonly DiskPool[]): string {
    const twins = pools.filter(({ Name }) => Name === pool.Name);
    return twins.length > 1 ? `${stackOf(pool.Kind)}:${pool.Name}` : pool.Name;
}

export function isIn(repository: DiskRepository, pool: DiskPool): boolean {
    return repository.Pool === pool.Name && stackOf(repository.Kind) === stackOf(pool.Kind);
}

/** Whether a volume takes space only when it is written. */
export function isThin(pool: DiskPool): boolean {
    return pool.Kind === "lvm-thin";
}

/** Bytes of a pool that are taken; null when not known. */
export function takenBytes(pool: DiskPool): number | null {
    if (pool.Size <= 0) return null;
    if (pool.DataPercent >= 0) return (pool.Size * pool.DataPercent) / 100;
    return pool.Kind === "lvm" && pool.Free <= pool.Size ? pool.Size - pool.Free : null;
}

/** The first reason that LVM or ZFS gave for an unknown figure. */
export function unknownReason(pool: DiskPool): string | undefined {
    const [name] = Object.keys(pool.Reasons).filter((known) => /size|free|percent/.test(known));
    return name ? pool.Reasons[name] : undefined;
}

/** A repository's name is one that LVM, ZFS, systemd and iSCSI take. */
export const NAME_PATTERN = /^[a-z][a-z0-9_-]{0,47}$/;

export function nameProblem(name: string): string {
    if (name === "" || NAME_PATTERN.test(name)) return "";
    return _("Use a to z, 0 to 9, _ and -, beginning with a letter, at most 48.");
}

/** How a repository is used: as a raw device, or its mount point. */
export function usageText({ Use, MountPoint, Mounted, Filesystem }: DiskRepository): string {
    if (Use !== "filesystem") return _("Block device");
    return Mounted ? MountPoint : `${Filesystem}, ${_("not mounted")}`;
}
