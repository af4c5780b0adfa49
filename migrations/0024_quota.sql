-- What a company has, and may have, of a family (users, groups and so on). `used` is kept for what would be long to count, by who adds
-- and removes it; NULL is not counted yet. `most` is what the operator has set for this company; NULL is the configuration's.
CREATE TABLE company_quota (
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    family TEXT NOT NULL,
    used BIGINT,
    most BIGINT,
    PRIMARY KEY (company_id, family)
);
INSERT INTO company_quota (company_id, family, used)
    SELECT c.id, 'users', (SELECT COUNT(*) FROM account a WHERE a.company_id = c.id) FROM company c;
INSERT INTO company_quota (company_id, family, used)
    SELECT c.id, 'memberships', (SELECT COUNT(*) FROM permission_group g JOIN group_grant m ON m.group_id = g.id
        WHERE g.company_id = c.id AND m.source = 'administrator') FROM company c;
