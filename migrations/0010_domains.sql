-- The e-mail domains of a company, in ASCII lower case. `connection_id` is the one connection that the company has assigned the
-- domain to. `links` is 0 for a domain that an earlier version only used to find the connection of an address (`email_domains`):
-- nothing is linked through it until an administrator assigns it. `verified_by` is operator or dns.
CREATE TABLE company_domain (
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    connection_id TEXT REFERENCES connection (id) ON DELETE SET NULL,
    links BIGINT NOT NULL,
    verified_at BIGINT,
    verified_by TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, domain)
);
CREATE INDEX company_domain_by_connection ON company_domain (connection_id);

-- The connection through which an account that waits for its first sign-in may come; NULL is the only enabled one.
ALTER TABLE account ADD COLUMN waits_for TEXT REFERENCES connection (id) ON DELETE SET NULL;
