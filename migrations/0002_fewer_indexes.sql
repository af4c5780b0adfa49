-- An attempt costs a write for each index at each start, so that it has only those that a question needs. The handle of
-- RelayState is compared with the attempt that the request ID leads to, and is not looked up; a code says when its
-- attempt began; and what is old is found by company and time.
CREATE TABLE login_attempt_next (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    connection_id TEXT,
    kind TEXT NOT NULL,
    request_id TEXT,
    relay TEXT,
    return_to TEXT,
    browser_hash BLOB NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT,
    finished_at BIGINT,
    outcome TEXT NOT NULL,
    rule TEXT,
    summary TEXT NOT NULL,
    record TEXT NOT NULL,
    user_id TEXT,
    session_key BLOB,
    UNIQUE (company_id, request_id)
);
INSERT INTO login_attempt_next (id, code, company_id, connection_id, kind, request_id, relay, return_to, browser_hash, started_at,
    expires_at, consumed_at, finished_at, outcome, rule, summary, record, user_id, session_key)
SELECT id, code, company_id, connection_id, kind, request_id, relay, return_to, browser_hash, started_at,
    expires_at, consumed_at, finished_at, outcome, rule, summary, record, user_id, session_key
FROM login_attempt ORDER BY started_at;
DROP TABLE login_attempt;
ALTER TABLE login_attempt_next RENAME TO login_attempt;
-- Sessions that have ended are found by two times, one of which no index can have.
DROP INDEX session_by_expiry;
CREATE INDEX login_attempt_by_start ON login_attempt (company_id, started_at);
