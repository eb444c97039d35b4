-- One row: the last position and revision that were given out, the position up to which ids knows
-- all alerts, and a number that checks write.
CREATE TABLE counters (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    checks INTEGER NOT NULL
) STRICT;
INSERT INTO counters VALUES (1, 0, 0, 0, 0);

-- Agents that alerts came from, enrolled or not, so that alerts hold a number instead of an id.
CREATE TABLE senders (
    number INTEGER PRIMARY KEY,
    agent TEXT NOT NULL UNIQUE,
    alerts INTEGER NOT NULL
) STRICT;

-- What alerts are found by; what they say is in bodies, so that a scan here reads little.
-- id is 16 bytes where the id is 32 hexadecimal digits, and text otherwise.
-- place is 0 for alerts that lists show, + 1 where suppressed, + 2 where archived.
-- search is what text is looked for in, in lower case.
CREATE TABLE alerts (
    position INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    received INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    id ANY NOT NULL,
    update_number INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    place INTEGER NOT NULL,
    suppressed_by INTEGER,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    comments INTEGER NOT NULL,
    source_internal INTEGER,
    source TEXT,
    target TEXT,
    detector TEXT NOT NULL,
    rule TEXT NOT NULL,
    category TEXT NOT NULL,
    search TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alerts_by_revision ON alerts (revision);
CREATE INDEX alerts_by_severity ON alerts (place, severity, timestamp);
CREATE INDEX alerts_by_detector ON alerts (detector, timestamp);
CREATE INDEX alerts_by_source ON alerts (source, timestamp);
CREATE INDEX alerts_by_sender ON alerts (sender, timestamp);
CREATE INDEX alerts_suppressed ON alerts (suppressed_by) WHERE suppressed_by IS NOT NULL;

-- Where the alert with an id is.
CREATE TABLE ids (
    sender INTEGER NOT NULL,
    id ANY NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (sender, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bodies (
    position INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL REFERENCES alerts (position) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX comments_by_alert ON comments (position);

-- Counters that change in the transaction of what they count.
CREATE TABLE severity_counts (
    place INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    alerts INTEGER NOT NULL,
    PRIMARY KEY (place, severity, acknowledged)
) STRICT, WITHOUT ROWID;

-- Only alerts at place 0.
CREATE TABLE minute_counts (
    minute INTEGER NOT NULL,
    detector TEXT NOT NULL,
    category TEXT NOT NULL,
    severity INTEGER NOT NULL,
    alerts INTEGER NOT NULL,
    PRIMARY KEY (minute, detector, category, severity)
) STRICT, WITHOUT ROWID;

-- Alerts up to position `after` were there before the suppression and do not fall under it.
CREATE TABLE suppressions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    expires INTEGER,
    author TEXT NOT NULL,
    created INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    last_hit INTEGER,
    after INTEGER NOT NULL
) STRICT;

CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    key_hash BLOB NOT NULL,
    certificate TEXT,
    hostname TEXT NOT NULL,
    os TEXT NOT NULL,
    version TEXT NOT NULL,
    address TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    heartbeat TEXT
) STRICT;

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);
CREATE INDEX sessions_by_expiry ON sessions (expires);

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    author TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
