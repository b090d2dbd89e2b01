-- Names of keys, besides those known, that secrets of webhooks are sealed with, of all tenants. Names alone: who seals one for a tenant
-- has to know that no other key is in use, and sees no other tenant.
CREATE FUNCTION metrics.webhook_keys_besides(known text[]) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT DISTINCT name FROM (
      SELECT split_part(sealed_secret, '.', 1) AS name FROM metrics.webhooks WHERE sealed_secret IS NOT NULL
      UNION ALL
      SELECT split_part(sealed_previous, '.', 1) FROM metrics.webhooks
      WHERE sealed_previous IS NOT NULL AND previous_until > now()
    ) AS used
    WHERE name <> ALL (known) ORDER BY name
  $$;
ALTER FUNCTION metrics.webhook_keys_besides(text[]) OWNER TO metrics_platform;
REVOKE ALL ON FUNCTION metrics.webhook_keys_besides(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION metrics.webhook_keys_besides(text[]) TO metrics_service;
