-- iSCSI targets as they shall be, and the devices under their LUNs.

-- document: JSON of a target with the number of a secret in place of the secret itself (iscsi/documents.py).
-- applied: the same as the kernel was last brought to, empty when it never was. wanted 0: to be removed from the kernel;
-- the row goes when that has happened.
CREATE TABLE iscsi_targets (
    iqn TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    applied TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    rel_tgt_id INTEGER NOT NULL UNIQUE,
    created_us INTEGER NOT NULL,
    created_by TEXT NOT NULL
);

-- The identity that initiators know a disk by is chosen once and kept for life, also while no LUN leads to it.
CREATE TABLE iscsi_devices (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('block', 'file')),
    path TEXT NOT NULL, -- where it was last seen; that of a repository is asked of org.bams.Disk
    repository TEXT NOT NULL, -- UUID, or empty for a file
    serial TEXT NOT NULL,
    naa TEXT NOT NULL,
    t10 TEXT NOT NULL,
    vendor TEXT NOT NULL,
    product TEXT NOT NULL,
    write_through INTEGER NOT NULL
);
