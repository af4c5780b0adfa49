-- Settings of a connection have its protocol inside: the program rewrites them after this, as JSON.

-- The audit log is read on behind an entry, also within one moment: an import of users writes thousands of entries in one.
DROP INDEX audit_event_by_time;
CREATE INDEX audit_event_by_time ON audit_event (company_id, at, id);
