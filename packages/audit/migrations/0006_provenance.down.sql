ALTER TABLE gateway_audit_events DROP COLUMN client_address;
ALTER TABLE gateway_audit_events DROP COLUMN credential;
ALTER TABLE gateway_audit_events DROP COLUMN submitted_by;
