-- A user may have several identities at one connection: by its NameID, and by the object identifier that came later.
CREATE TABLE identity_next (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, subject)
);
INSERT INTO identity_next (connection_id, subject, user_id, created_at) SELECT connection_id, subject, user_id, created_at FROM identity;
DROP TABLE identity;
ALTER TABLE identity_next RENAME TO identity;
CREATE INDEX identity_by_user ON identity (user_id, connection_id);

-- Who set the password: own (the user), administrator (who may change administrators: in the console, by command, or by a token
-- with admins:write) or token (any other token). NULL where nobody knows, which counts as a token.
ALTER TABLE account ADD COLUMN password_by TEXT;
-- Only tokens are distrusted: where a company never had one, an administrator or the user did it. Administrators of now are left
-- what they have.
UPDATE account SET password_by = 'administrator' WHERE password IS NOT NULL AND (
    NOT EXISTS (SELECT 1 FROM api_token t WHERE t.company_id = account.company_id)
    OR EXISTS (SELECT 1 FROM group_grant m JOIN permission_group g ON g.id = m.group_id
               WHERE m.user_id = account.id AND g.kind = 'administrator'));
