-- Sign-ins that nobody finished are counted and not kept: how many began on each day (days since 1970).
CREATE TABLE unanswered (
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    day BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (company_id, day)
);
-- Up to when the beginnings of a company's sign-ins have been looked through for them.
CREATE TABLE unanswered_until (
    company_id TEXT NOT NULL PRIMARY KEY REFERENCES company (id) ON DELETE CASCADE,
    looked_until BIGINT NOT NULL
);
-- What pages show has ended. However many are open, they are not in the way; and a start writes nothing here.
CREATE INDEX login_attempt_ended ON login_attempt (company_id, started_at) WHERE outcome <> 'open';
