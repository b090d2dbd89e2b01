-- Whose event stands in quarantine, for those who may see the events of one tenant alone. Of what retention has dropped since,
-- it is not known any more.
ALTER TABLE audit_quarantine ADD COLUMN tenant_id text;
UPDATE audit_quarantine AS q SET tenant_id = e.tenant_id
FROM gateway_audit_events AS e WHERE e.id = q.event_id AND e.seq = q.seq AND e.tenant_id IS NOT NULL;
