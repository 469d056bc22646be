-- What bamsd remembers between two starts. Times are microseconds since the epoch.
-- SQLite 3.34 must be able to run this, so no STRICT tables and no RETURNING.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- AUTOINCREMENT keeps the highest number that was ever given out, so that no job number comes twice.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    description TEXT NOT NULL,
    objects TEXT NOT NULL, -- JSON array of object paths
    action TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled', 'planned')),
    progress REAL NOT NULL,
    progress_valid INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    expected_end_us INTEGER NOT NULL,
    started_by_uid INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    cancelable INTEGER NOT NULL,
    result TEXT NOT NULL, -- JSON object
    error_name TEXT NOT NULL,
    error_message TEXT NOT NULL
);

CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    summary TEXT NOT NULL,
    advice TEXT NOT NULL,
    object TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    acknowledged_by TEXT NOT NULL,
    acknowledged_us INTEGER NOT NULL
);

-- One row: the last record of the audit log, and the last record of the newest log file that was dropped.
CREATE TABLE audit_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    dropped_seq INTEGER NOT NULL,
    dropped_hash TEXT NOT NULL
);

-- Every barcode ever seen. home_slot is where the cartridge goes back to; mtx only guesses it.
CREATE TABLE cartridges (
    barcode TEXT PRIMARY KEY,
    generation TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    worm INTEGER NOT NULL DEFAULT 0,
    library TEXT NOT NULL DEFAULT '',
    place_kind TEXT NOT NULL CHECK (place_kind IN ('slot', 'drive', 'import-export', 'outside')),
    place_number INTEGER,
    loads INTEGER NOT NULL DEFAULT 0,
    first_seen_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    home_library TEXT,
    home_slot INTEGER
);
CREATE INDEX cartridges_by_place ON cartridges (library, place_kind, place_number);

CREATE TABLE cartridge_moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    barcode TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    library TEXT NOT NULL,
    from_kind TEXT NOT NULL,
    from_number INTEGER,
    to_kind TEXT NOT NULL,
    to_number INTEGER,
    cause TEXT NOT NULL,
    person TEXT NOT NULL DEFAULT ''
);
CREATE INDEX cartridge_moves_by_barcode ON cartridge_moves (barcode, time_us);

-- A move is written here before the robot starts and removed when its end is known.
CREATE TABLE tape_intents (
    job_id INTEGER PRIMARY KEY,
    library_serial TEXT NOT NULL,
    operation TEXT NOT NULL,
    barcode TEXT NOT NULL DEFAULT '',
    from_kind TEXT NOT NULL,
    from_number INTEGER,
    to_kind TEXT NOT NULL,
    to_number INTEGER,
    started_us INTEGER NOT NULL
);
