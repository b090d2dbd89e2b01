-- Events of such payloads keep their digests in the log.
DELETE FROM gateway_audit_payloads WHERE kind = 'params';
ALTER TABLE gateway_audit_payloads DROP CONSTRAINT gateway_audit_payloads_kind_check;
ALTER TABLE gateway_audit_payloads
  ADD CONSTRAINT gateway_audit_payloads_kind_check CHECK (kind IN ('arguments', 'result'));
