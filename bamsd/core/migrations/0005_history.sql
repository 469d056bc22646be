-- What was sampled, for graphs and forecasts. A series is a name; its samples are thinned from minutes to hours to days.
-- Times count minutes, hours and days since the epoch: few bytes each, and no two samples of one minute.
CREATE TABLE history_series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    object TEXT NOT NULL, -- object path, or empty
    unit TEXT NOT NULL,
    description TEXT NOT NULL
);

CREATE TABLE history_minutes (
    series INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (series, minute)
) WITHOUT ROWID;

-- samples: how many lie behind the mean, so that a day is not bent by an hour with few of them.
CREATE TABLE history_hours (
    series INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    low REAL NOT NULL,
    mean REAL NOT NULL,
    high REAL NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (series, hour)
) WITHOUT ROWID;

CREATE TABLE history_days (
    series INTEGER NOT NULL,
    day INTEGER NOT NULL,
    low REAL NOT NULL,
    mean REAL NOT NULL,
    high REAL NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (series, day)
) WITHOUT ROWID;
