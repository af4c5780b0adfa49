-- The company's console. A revision counts the changes of a row, so that two who edit it at once learn of each other.
ALTER TABLE account ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE permission_group ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- Where from, and what changed: JSON objects, never a secret.
ALTER TABLE audit_event ADD COLUMN client TEXT;
ALTER TABLE audit_event ADD COLUMN before_value TEXT;
ALTER TABLE audit_event ADD COLUMN after_value TEXT;

-- The one-time way in for a company's first administrator. secret_hash is SHA-256 of what the link holds.
CREATE TABLE setup_link (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    secret_hash BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX setup_link_by_company ON setup_link (company_id, created_at);

-- Each change of a connection's trust (certificates, issuer, audience, policy), numbered from 1.
CREATE TABLE trust_version (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    company_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_id TEXT,
    settings TEXT NOT NULL,
    PRIMARY KEY (connection_id, number)
);

-- The newest change of trust that an administrator has read.
CREATE TABLE trust_read (
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    PRIMARY KEY (user_id, connection_id)
);

-- secret_hash is SHA-256 of the token.
CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_token_by_company ON api_token (company_id, created_at);

-- The answer to a creation, for the same request that comes again.
CREATE TABLE idempotency (
    token_id TEXT NOT NULL REFERENCES api_token (id) ON DELETE CASCADE,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
);

-- The last failure is found without a look at each success. Begun and finished sign-ins do not touch it.
CREATE INDEX login_attempt_refused ON login_attempt (company_id, started_at) WHERE outcome = 'refused';
