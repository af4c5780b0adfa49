-- The hash of the text that made each part of the schema (SHA-256, hex), so that an edited one is noticed.
ALTER TABLE migration ADD COLUMN checksum TEXT;

-- Which keys belong to this database: a fingerprint of each, from which no key can be had. `kind` is instance, signing or
-- encryption.
CREATE TABLE key_fingerprint (
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (kind, fingerprint)
);
