-- What a request brings beside its arguments is kept by the same policy: answers of people and models, state, tasks.
ALTER TABLE gateway_audit_payloads DROP CONSTRAINT gateway_audit_payloads_kind_check;
ALTER TABLE gateway_audit_payloads
  ADD CONSTRAINT gateway_audit_payloads_kind_check CHECK (kind IN ('arguments', 'params', 'result'));
