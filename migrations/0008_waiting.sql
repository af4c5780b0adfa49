-- Those who wait for their first sign-in, and those who have a password, in the order of the list of users.
CREATE INDEX account_waiting ON account (company_id, email_key) WHERE password IS NULL AND last_sign_in_at IS NULL;
CREATE INDEX account_with_password ON account (company_id, email_key) WHERE password IS NOT NULL;
