-- What a browser connects with, because it can send no header with a WebSocket: good once, and for seconds.
CREATE TABLE metrics.live_tickets (
  sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
  tenant_id text NOT NULL REFERENCES metrics.tenants ON DELETE CASCADE,
  -- Who asked for it, and by which credential: the connection lasts no longer than that is good.
  identity jsonb NOT NULL,
  credential text NOT NULL,
  proof jsonb NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX ix_live_tickets_tenant ON metrics.live_tickets (tenant_id, expires_at);
CALL metrics.protect('live_tickets', 'SELECT, INSERT, DELETE');

-- A ticket is taken before its tenant is known: by its digest alone, one row, once.
CREATE FUNCTION metrics.redeem_live_ticket(digest bytea)
  RETURNS TABLE (identity jsonb, credential text, proof jsonb, is_suspended boolean)
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
    WITH taken AS (DELETE FROM metrics.live_tickets WHERE sha256 = digest RETURNING *)
    SELECT k.identity, k.credential, k.proof, t.suspended_at IS NOT NULL
    FROM taken k JOIN metrics.tenants t ON t.tenant_id = k.tenant_id
    WHERE k.expires_at > now()
  $$;
ALTER FUNCTION metrics.redeem_live_ticket(bytea) OWNER TO metrics_platform;
REVOKE ALL ON FUNCTION metrics.redeem_live_ticket(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION metrics.redeem_live_ticket(bytea) TO metrics_service;
