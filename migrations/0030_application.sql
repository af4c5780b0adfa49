-- Applications of the installation. settings is JSON; every_company is 1 where the users of every company may be served.
CREATE TABLE application (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    settings TEXT NOT NULL,
    every_company BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- The hosts of its origins, as they are written: a host name with a gate cookie belongs to one application (rule Q55).
CREATE TABLE application_host (
    host TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE
);
CREATE INDEX application_host_by_application ON application_host (application_id);
CREATE TABLE application_company (
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    PRIMARY KEY (application_id, company_id)
);
CREATE INDEX application_company_by_company ON application_company (company_id);
-- What proxies show with a check, as hashes: two at a time, for a change (rule Q15).
CREATE TABLE application_key (
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    key_hash BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, key_hash)
);
-- A company lets some of its permission groups use an application. While this row is there, nobody else may: also when the last
-- of its groups is deleted.
CREATE TABLE application_restriction (
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    PRIMARY KEY (application_id, company_id)
);
CREATE INDEX application_restriction_by_company ON application_restriction (company_id);
CREATE TABLE application_group (
    application_id TEXT NOT NULL,
    company_id TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES permission_group (id) ON DELETE CASCADE,
    PRIMARY KEY (application_id, company_id, group_id),
    FOREIGN KEY (application_id, company_id) REFERENCES application_restriction (application_id, company_id) ON DELETE CASCADE
);
CREATE INDEX application_group_by_group ON application_group (group_id);
-- One-time codes that carry a session to another host (rules Q30 and Q31). kind says who may redeem one: gate or client. binding is
-- the hash of what the browser holds that asked.
CREATE TABLE one_time_code (
    code_hash BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    session_key BLOB NOT NULL REFERENCES session (session_key) ON DELETE CASCADE,
    binding BLOB NOT NULL,
    back_to TEXT NOT NULL,
    lost BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT,
    gate_key BLOB
);
CREATE INDEX one_time_code_by_session ON one_time_code (session_key);
CREATE INDEX one_time_code_by_expiry ON one_time_code (expires_at);
-- A session on an application's host: gone with its parent.
CREATE TABLE gate_session (
    gate_key BLOB NOT NULL PRIMARY KEY,
    session_key BLOB NOT NULL REFERENCES session (session_key) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX gate_session_by_session ON gate_session (session_key);
CREATE INDEX gate_session_by_application ON gate_session (application_id);
-- Sessions that were ended at an application's host, while their browsers are on the way to the company's site, which tells the
-- identity provider (rule Q53). ended is JSON.
CREATE TABLE ended_session (
    handle_hash BLOB NOT NULL PRIMARY KEY,
    ended TEXT NOT NULL,
    hint BLOB,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ended_session_by_expiry ON ended_session (expires_at);
-- Keys that sign identity tokens (rules V8 and V9), sealed. The one that signs is the latest whose signs_from has come; one
-- without is published and waits.
CREATE TABLE identity_key (
    kid TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT
);
