-- The picture that a company shows on its pages.
CREATE TABLE company_logo (
    company_id TEXT NOT NULL PRIMARY KEY REFERENCES company (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    octets BLOB NOT NULL,
    hash BLOB NOT NULL,
    changed_at BIGINT NOT NULL
);
