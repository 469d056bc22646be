-- What a way (mail, hook) was last told of a condition. Rows of conditions that are over go when they are old.
CREATE TABLE alerts_told (
    way TEXT NOT NULL CHECK (way IN ('mail', 'hook')),
    id TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    summary TEXT NOT NULL,
    advice TEXT NOT NULL,
    object TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    is_over INTEGER NOT NULL,
    told_us INTEGER NOT NULL,
    PRIMARY KEY (way, id)
) WITHOUT ROWID;

-- Where each record of the audit log is, and what it can be found by. Made from the files again when it is lost.
-- text: what a search for words looks at. at, size: the line's place in the file that holds this number.
CREATE TABLE audit_index (
    seq INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    person TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    method TEXT NOT NULL,
    outcome TEXT NOT NULL,
    job INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    size INTEGER NOT NULL
);
CREATE INDEX audit_index_time ON audit_index (time_us);
CREATE INDEX audit_index_person ON audit_index (person, seq);
CREATE INDEX audit_index_action ON audit_index (action, seq);
CREATE INDEX audit_index_object ON audit_index (object, seq);
CREATE INDEX audit_index_outcome ON audit_index (outcome, seq);
