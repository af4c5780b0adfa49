-- LOWER follows the locale of a PostgreSQL, and changed more than ASCII: src/store/session.rs writes the names anew, after this.
UPDATE session SET name_id_value = NULL WHERE name_id IS NULL AND name_id_value IS NOT NULL;
