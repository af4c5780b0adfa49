-- Users are searched, and filtered, in an index alone. `search` is the address, the names and the company in lower case;
-- SQLite lowers ASCII here, and a user's own next sign-in or change the rest.
ALTER TABLE account ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE account SET search = LOWER(email || ' ' || first_name || ' ' || last_name || ' ' || company_name);
CREATE INDEX account_search ON account (company_id, email_key, search, id, created_by, disabled_at);
-- Whom a signed assertion names that was refused, so that an administrator finds it.
ALTER TABLE login_attempt ADD COLUMN named TEXT;
-- The sign-ins of a user.
CREATE INDEX login_attempt_by_user ON login_attempt (user_id, started_at) WHERE user_id IS NOT NULL;
