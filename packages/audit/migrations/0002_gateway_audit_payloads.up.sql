-- Arguments and results, apart from the log, so that they can be erased while the log still verifies: an event's
-- canonical bytes hold only SHA-256(salt || body). Without the salt, no guess at an erased body can be checked.
DO $migration$
DECLARE
  hypertable boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  EXECUTE $ddl$
    CREATE TABLE gateway_audit_payloads (
      event_id    uuid        NOT NULL,
      kind        text        NOT NULL CHECK (kind IN ('arguments', 'result')),
      "timestamp" timestamptz NOT NULL,
      policy      text        NOT NULL CHECK (policy IN ('digest', 'redacted', 'full')),
      salt        bytea,
      body        bytea,
      erased_at   timestamptz,
      erased_by   uuid,
      CHECK (erased_at IS NULL OR (salt IS NULL AND body IS NULL AND erased_by IS NOT NULL)),
      PRIMARY KEY (event_id, kind, "timestamp")
    ) $ddl$ || CASE WHEN hypertable THEN '' ELSE 'PARTITION BY RANGE ("timestamp")' END;

  IF hypertable THEN
    PERFORM create_hypertable('gateway_audit_payloads', 'timestamp', chunk_time_interval => interval '1 day',
      create_default_indexes => false);
  ELSE
    CREATE TABLE gateway_audit_payloads_default PARTITION OF gateway_audit_payloads DEFAULT;
  END IF;
END
$migration$;
