-- Disk repositories and the changes under way.

-- A repository is known by the UUID in the owner mark of its volume, so this table can be rebuilt from the volumes.
CREATE TABLE repositories (
    uuid TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    stack TEXT NOT NULL CHECK (stack IN ('lvm', 'zfs')),
    kind TEXT NOT NULL CHECK (kind IN ('lvm', 'lvm-thin', 'zvol')),
    pool TEXT NOT NULL,
    volume TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    use TEXT NOT NULL CHECK (use IN ('block', 'filesystem')),
    filesystem TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    leftover TEXT NOT NULL DEFAULT '' CHECK (leftover IN ('', 'format', 'mount', 'grow')) -- left by an interrupted change
);

-- A change is written here before its first command and removed when its end is known. stage counts the steps that
-- were begun.
CREATE TABLE disk_intents (
    job_id INTEGER PRIMARY KEY,
    operation TEXT NOT NULL,
    stack TEXT NOT NULL,
    pool TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    volume TEXT NOT NULL DEFAULT '',
    repository TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER NOT NULL DEFAULT 0,
    before_bytes INTEGER NOT NULL DEFAULT 0,
    use TEXT NOT NULL DEFAULT 'block',
    filesystem TEXT NOT NULL DEFAULT '',
    devices TEXT NOT NULL DEFAULT '[]', -- JSON array of device paths
    stage INTEGER NOT NULL DEFAULT 0,
    started_us INTEGER NOT NULL,
    person TEXT NOT NULL
);
