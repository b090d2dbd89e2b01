-- The head: one row whose lock makes commit order and number order the same thing, for any number of writers.
CREATE TABLE gateway_audit_head (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  next_seq  bigint  NOT NULL
);
INSERT INTO gateway_audit_head (next_seq) VALUES (0);

-- Keys contain `timestamp`, as time partitions and hypertables demand. `canonical` holds the exact bytes that
-- `leaf_hash` is made of; the other columns are there to be asked for, and are checked against it.
DO $migration$
DECLARE
  hypertable boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  EXECUTE $ddl$
    CREATE TABLE gateway_audit_events (
      id                 uuid             NOT NULL,
      seq                bigint           NOT NULL,
      event_type         text             NOT NULL,
      user_id            text,
      agent_id           text,
      server_name        text,
      tool_name          text,
      decision           text             NOT NULL CHECK (decision IN ('allow', 'deny')),
      reason             text             NOT NULL,
      "timestamp"        timestamptz      NOT NULL,
      gateway_request_id text             NOT NULL,
      metadata           jsonb            NOT NULL,
      created_at         timestamptz      NOT NULL,
      phase              text             NOT NULL CHECK (phase IN ('intent', 'outcome', 'decision')),
      outcome            text,
      intent_id          uuid,
      tenant_id          text,
      sensitivity        text,
      duration_ms        double precision,
      trace_id           text,
      session_id         text,
      policy             jsonb,
      payloads           jsonb,
      canonical          bytea            NOT NULL,
      leaf_hash          bytea            NOT NULL,
      PRIMARY KEY (id, "timestamp")
    ) $ddl$ || CASE WHEN hypertable THEN '' ELSE 'PARTITION BY RANGE ("timestamp")' END;

  IF hypertable THEN
    PERFORM create_hypertable('gateway_audit_events', 'timestamp', chunk_time_interval => interval '1 day',
      create_default_indexes => false);
  ELSE
    -- Catches what no dated partition covers: clocks that are off, events told of long after.
    CREATE TABLE gateway_audit_events_default PARTITION OF gateway_audit_events DEFAULT;
  END IF;
END
$migration$;

CREATE INDEX ix_gateway_audit_seq ON gateway_audit_events (seq);
CREATE INDEX ix_gateway_audit_timestamp ON gateway_audit_events ("timestamp");
CREATE INDEX ix_gateway_audit_request_id ON gateway_audit_events (gateway_request_id);
-- With `seq` behind the value that is asked for, a page of the newest events is one walk along the index.
CREATE INDEX ix_gateway_audit_user_id ON gateway_audit_events (user_id, seq);
CREATE INDEX ix_gateway_audit_agent_id ON gateway_audit_events (agent_id, seq) WHERE agent_id IS NOT NULL;
CREATE INDEX ix_gateway_audit_decision ON gateway_audit_events (decision, seq);
CREATE INDEX ix_gateway_audit_event_type ON gateway_audit_events (event_type, seq);
CREATE INDEX ix_gateway_audit_server_name ON gateway_audit_events (server_name, seq);
CREATE INDEX ix_gateway_audit_tool_name ON gateway_audit_events (tool_name, seq);
-- Joins an outcome to its intent.
CREATE INDEX ix_gateway_audit_intent_id ON gateway_audit_events (intent_id) WHERE intent_id IS NOT NULL;
