-- Pages of a company's sessions, the newest first. New rows stand side by side, so that sign-ins share its pages.
CREATE INDEX session_by_company ON session (company_id, signed_in_at);
