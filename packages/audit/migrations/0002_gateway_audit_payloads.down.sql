DROP TABLE gateway_audit_payloads;
