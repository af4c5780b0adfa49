-- What a provider of OpenID Connect wants back at a sign-out, sealed for its session alone (rule T2).
ALTER TABLE session ADD COLUMN logout_hint BLOB;
-- Sessions by the provider's own name for them, `sid` (rules T3 and T4). Those of SAML are found by their NameID.
CREATE INDEX session_by_index ON session (connection_id, session_index) WHERE session_index IS NOT NULL AND name_id IS NULL;
