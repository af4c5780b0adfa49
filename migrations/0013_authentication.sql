-- Whether the request of a sign-in asked the user to sign in again (ForceAuthn): the answer is held to it.
ALTER TABLE login_attempt ADD COLUMN forced BIGINT NOT NULL DEFAULT 0;

-- When and how the user of a session was authenticated, as the identity provider says. NULL is unknown.
ALTER TABLE session ADD COLUMN authn_instant BIGINT;
ALTER TABLE session ADD COLUMN authn_context TEXT;

-- Whether our encryption key stands in the metadata of a company. Companies that are there go on publishing it.
ALTER TABLE company ADD COLUMN encrypted_assertions BIGINT NOT NULL DEFAULT 0;
UPDATE company SET encrypted_assertions = 1;
