-- The same text on SQLite and PostgreSQL (where BLOB is read as BYTEA). Times are milliseconds since 1970, in UTC.

-- One row. `revision` grows with every change that a running server must see; changes up to `floor` are forgotten.
CREATE TABLE change_counter (
    id BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
INSERT INTO change_counter (id, revision, floor) VALUES (1, 0, 0);

-- What changed: kind is company, user or session; subject is an identifier, or a session key in hexadecimal.
CREATE TABLE change (
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (revision, kind, subject)
);

CREATE TABLE company (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    return_origins TEXT NOT NULL,
    landing TEXT,
    organization TEXT,
    contact TEXT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

-- A host name leads to one company. The public origin has position 0.
CREATE TABLE company_origin (
    host_key TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    origin TEXT NOT NULL,
    UNIQUE (company_id, position)
);

CREATE TABLE connection (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    sort_order BIGINT NOT NULL,
    enabled_at BIGINT,
    settings TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (company_id, name)
);

CREATE TABLE permission_group (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    sso_only BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (company_id, title)
);

-- A user. `email_key` is the address in ASCII lower case.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    company_name TEXT NOT NULL,
    created_by TEXT NOT NULL,
    password BLOB,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT,
    UNIQUE (company_id, email_key)
);

CREATE TABLE identity (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, subject),
    UNIQUE (user_id, connection_id)
);

-- source is idp:<connection>, jit:<connection>, administrator or directory.
CREATE TABLE group_grant (
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES permission_group (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, group_id, source)
);
CREATE INDEX group_grant_by_group ON group_grant (group_id);

CREATE TABLE login_attempt (
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
    UNIQUE (company_id, request_id),
    UNIQUE (company_id, relay)
);
CREATE INDEX login_attempt_by_code ON login_attempt (company_id, code);
CREATE INDEX login_attempt_by_start ON login_attempt (company_id, started_at);
CREATE INDEX login_attempt_by_age ON login_attempt (started_at);

-- Assertion IDs that were accepted, until they have expired.
CREATE TABLE assertion_seen (
    connection_id TEXT NOT NULL,
    assertion_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, assertion_id)
);
CREATE INDEX assertion_seen_by_expiry ON assertion_seen (expires_at);

-- session_key is SHA-256 of the session ID.
CREATE TABLE session (
    session_key BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    connection_id TEXT,
    attempt_id TEXT NOT NULL,
    name_id TEXT,
    name_id_value TEXT,
    session_index TEXT,
    signed_in_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    idle_ms BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_name_id ON session (connection_id, name_id_value);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE audit_event (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_event_by_time ON audit_event (company_id, at);
