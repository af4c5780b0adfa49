-- 1 for a password that somebody else has set: whoever signs in with it sets another one before anything else.
ALTER TABLE account ADD COLUMN password_for_once BIGINT NOT NULL DEFAULT 0;
