DROP TABLE gateway_audit_events;
DROP TABLE gateway_audit_head;
