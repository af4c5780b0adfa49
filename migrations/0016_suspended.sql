-- A company that is suspended: since when. Its site is closed, and nobody is signed in.
ALTER TABLE company ADD COLUMN suspended_at BIGINT;
