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
-- A NameID was known by its value alone. It counts for the format that its connection has now, whatever the qualifiers, until its
-- next sign-in writes the whole key.
UPDATE identity SET subject = 'name_id(emailAddress;*):' || SUBSTR(subject, 9) WHERE subject LIKE 'name_id:%' AND connection_id IN
    (SELECT id FROM connection WHERE settings NOT LIKE '%"name_id_format":%'
     OR settings LIKE '%"name_id_format":"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"%');
UPDATE identity SET subject = 'name_id(persistent;*):' || SUBSTR(subject, 9) WHERE subject LIKE 'name_id:%' AND connection_id IN
    (SELECT id FROM connection WHERE settings LIKE '%"name_id_format":"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"%');
UPDATE identity SET subject = 'name_id(unspecified;*):' || SUBSTR(subject, 9) WHERE subject LIKE 'name_id:%' AND connection_id IN
    (SELECT id FROM connection WHERE settings LIKE '%"name_id_format":"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"%');
UPDATE identity SET subject = 'name_id(*):' || SUBSTR(subject, 9) WHERE subject LIKE 'name_id:%';
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
