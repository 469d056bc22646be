-- A change of Bacula's configuration is written here before the first file is touched, and removed when its end is
-- known. The files as they were before are in Bacula's own folder (bams.d/previous.json), because they hold passwords.
CREATE TABLE bacula_intents (
    job_id INTEGER PRIMARY KEY,
    devices TEXT NOT NULL, -- JSON array of the names of Device resources that must be there afterwards
    started_us INTEGER NOT NULL
);
