-- What else a directory says of a user, for applications: a JSON object of names and texts (seed 001-25).
ALTER TABLE account ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
