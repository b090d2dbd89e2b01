-- The roles stay: other databases of the server may have tables of theirs.
DROP FUNCTION metrics.find_api_key(bytea);
DROP TABLE metrics.api_keys, metrics.users, metrics.tenants;
DROP PROCEDURE metrics.protect(text, text);
DROP FUNCTION metrics.current_tenant();
DROP SCHEMA metrics;
