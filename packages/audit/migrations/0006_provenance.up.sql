-- Where a request came from, which credential it was authenticated by (an id, never the secret), and who had an event
-- recorded that the gateway did not see itself. They stand in the canonical bytes, like all that columns repeat.
ALTER TABLE gateway_audit_events ADD COLUMN client_address text;
ALTER TABLE gateway_audit_events ADD COLUMN credential text;
ALTER TABLE gateway_audit_events ADD COLUMN submitted_by text;
