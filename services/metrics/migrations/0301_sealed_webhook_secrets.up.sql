-- Secrets are sealed by the service: `NAME.SEALED`, with the name of the key. Those that were there stay plain until the service
-- starts, and seals them: no statement knows the key.
ALTER TABLE metrics.webhooks
  ALTER COLUMN secret DROP NOT NULL,
  ADD COLUMN sealed_secret text CHECK (length(sealed_secret) <= 200),
  ADD COLUMN sealed_previous text CHECK (length(sealed_previous) <= 200),
  ADD CONSTRAINT webhooks_one_secret CHECK ((secret IS NULL) <> (sealed_secret IS NULL));

-- For operators who have lost a key, or all (NULL): its webhooks get another secret, and are disabled until their tenant has
-- rotated it. The number of webhooks.
CREATE FUNCTION metrics.forget_webhook_key(lost text) RETURNS bigint LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
    UPDATE metrics.webhooks SET sealed_previous = NULL
      WHERE sealed_previous IS NOT NULL AND (lost IS NULL OR split_part(sealed_previous, '.', 1) = lost);
    WITH replaced AS (
      UPDATE metrics.webhooks
      SET sealed_secret = NULL, secret = sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')),
          disabled_at = coalesce(disabled_at, now()), disabled_reason = coalesce(disabled_reason, 'requested')
      WHERE sealed_secret IS NOT NULL AND (lost IS NULL OR split_part(sealed_secret, '.', 1) = lost)
      RETURNING webhook_id
    )
    SELECT count(*) FROM replaced
  $$;
ALTER FUNCTION metrics.forget_webhook_key(text) OWNER TO metrics_platform;
REVOKE ALL ON FUNCTION metrics.forget_webhook_key(text) FROM PUBLIC;
