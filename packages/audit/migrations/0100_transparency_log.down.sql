DROP TABLE gateway_audit_checkpoints;
DROP TABLE gateway_audit_tiles;
