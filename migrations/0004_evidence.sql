-- The administrator who runs a test of a connection.
ALTER TABLE login_attempt ADD COLUMN tested_by TEXT;
-- What an attempt holds beyond its record, sealed and for a short time only: kind is response (what a refused sign-in or a
-- test received) or findings (what a test found).
CREATE TABLE attempt_evidence (
    attempt_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    kept_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, kind)
);
CREATE INDEX attempt_evidence_by_company ON attempt_evidence (company_id, kind, kept_at);
CREATE INDEX attempt_evidence_by_expiry ON attempt_evidence (expires_at);
