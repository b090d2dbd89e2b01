ALTER TABLE audit_quarantine DROP COLUMN tenant_id;
