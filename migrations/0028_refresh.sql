-- What the provider of a live session is asked with again, sealed for that session alone; gone with it (rule T6).
CREATE TABLE session_refresh (
    session_key BLOB NOT NULL PRIMARY KEY REFERENCES session (session_key) ON DELETE CASCADE,
    company_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    next_at BIGINT NOT NULL,
    good_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL
);
CREATE INDEX session_refresh_by_next ON session_refresh (next_at);
