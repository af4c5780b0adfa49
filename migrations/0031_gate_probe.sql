-- Questions of `doctor gate` on their way through an operator's own proxy (rule Q66): the hash of the token, until when it counts,
-- and how much was noted for it.
CREATE TABLE gate_probe (
    token_hash BLOB NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    noted BIGINT NOT NULL
);
CREATE INDEX gate_probe_by_expiry ON gate_probe (expires_at);
-- What arrived at the check. observed is JSON.
CREATE TABLE gate_observation (
    token_hash BLOB NOT NULL REFERENCES gate_probe (token_hash) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    observed TEXT NOT NULL,
    PRIMARY KEY (token_hash, place)
);
