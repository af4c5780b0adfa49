-- Names are looked up in ASCII lower case; whether they are equal is decided by their format (rule D7).
UPDATE session SET name_id_value = LOWER(name_id_value) WHERE name_id_value IS NOT NULL;
