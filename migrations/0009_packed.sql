-- The record of an attempt, packed; `record` is empty then. Those of earlier versions stay as they are.
ALTER TABLE login_attempt ADD COLUMN packed_record BLOB;
