-- Three roles, of the whole server. Tables belong to one without a login; the service runs as another, which owns
-- nothing, and takes the third for a transaction where it works for all tenants at once.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['metrics_owner NOLOGIN', 'metrics_platform NOLOGIN', 'metrics_service LOGIN NOINHERIT'] LOOP
    BEGIN
      EXECUTE 'CREATE ROLE ' || wanted || ' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Another database of this server has them, or makes them just now.
      NULL;
    END;
  END LOOP;
  BEGIN
    -- Members do not have its rights unless they say SET ROLE: the service's role inherits nothing.
    GRANT metrics_platform TO metrics_service;
    EXECUTE format('GRANT metrics_owner, metrics_platform, metrics_service TO %I', current_user);
  EXCEPTION WHEN invalid_grant_operation OR unique_violation OR internal_error THEN
    -- A superuser needs no grant, and another database may make the same one just now.
    NULL;
  END;
END $$;

CREATE SCHEMA metrics AUTHORIZATION metrics_owner;
GRANT USAGE ON SCHEMA metrics TO metrics_service, metrics_platform;
GRANT CREATE ON SCHEMA metrics TO metrics_platform;

-- The tenant of this transaction; NULL where none was set, and then no row is seen and none can be written.
CREATE FUNCTION metrics.current_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('metrics.tenant', true), '') $$;
ALTER FUNCTION metrics.current_tenant() OWNER TO metrics_owner;

-- What each table of tenants gets: a policy for the service, bound to the tenant of the transaction, and one for the platform.
-- FORCE binds the owner, too: it has no policy, and so sees nothing.
CREATE PROCEDURE metrics.protect(name text, privileges text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE metrics.%I OWNER TO metrics_owner', name);
  EXECUTE format('ALTER TABLE metrics.%I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE metrics.%I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY of_tenant ON metrics.%I TO metrics_service '
    'USING (tenant_id = (SELECT metrics.current_tenant())) WITH CHECK (tenant_id = (SELECT metrics.current_tenant()))', name);
  EXECUTE format('CREATE POLICY of_platform ON metrics.%I TO metrics_platform USING (true) WITH CHECK (true)', name);
  EXECUTE format('GRANT %s ON metrics.%I TO metrics_service', privileges, name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.%I TO metrics_platform', name);
END $$;
ALTER PROCEDURE metrics.protect(text, text) OWNER TO metrics_owner;

CREATE TABLE metrics.tenants (
  tenant_id text PRIMARY KEY CHECK (length(tenant_id) BETWEEN 1 AND 200),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  -- Days that raw events are kept; NULL: as the service is configured.
  retention_days integer CHECK (retention_days BETWEEN 1 AND 36500),
  created_at timestamptz NOT NULL DEFAULT now(),
  suspended_at timestamptz
);
CALL metrics.protect('tenants', 'SELECT');

CREATE TABLE metrics.users (
  tenant_id text NOT NULL REFERENCES metrics.tenants ON DELETE CASCADE,
  user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 200),
  name text CHECK (length(name) BETWEEN 1 AND 200),
  user_role text CHECK (length(user_role) BETWEEN 1 AND 100),
  team text CHECK (length(team) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id)
);
CALL metrics.protect('users', 'SELECT, INSERT, UPDATE, DELETE');

-- Keys of tenants, and of the platform (tenant_id NULL), which no tenant's transaction sees.
CREATE TABLE metrics.api_keys (
  key_id uuid PRIMARY KEY,
  tenant_id text REFERENCES metrics.tenants ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  principal text NOT NULL CHECK (length(principal) BETWEEN 1 AND 200),
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'agent')),
  roles text[] NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 20),
  sha256 bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
  -- After a rotation the key before is good until then.
  previous_sha256 bytea UNIQUE CHECK (length(previous_sha256) = 32),
  previous_until timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX ix_api_keys_tenant ON metrics.api_keys (tenant_id, created_at, key_id);
CALL metrics.protect('api_keys', 'SELECT, INSERT, UPDATE');

-- A key is looked up before its tenant is known: by its digest alone, one row.
CREATE FUNCTION metrics.find_api_key(digest bytea)
  RETURNS TABLE (key_id uuid, tenant_id text, principal text, principal_type text, roles text[], good_until timestamptz,
                 is_revoked boolean, is_suspended boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT k.key_id, k.tenant_id, k.principal, k.principal_type, k.roles,
           least(k.expires_at, CASE WHEN k.sha256 = digest THEN NULL ELSE k.previous_until END),
           k.revoked_at IS NOT NULL, t.suspended_at IS NOT NULL
    FROM metrics.api_keys k LEFT JOIN metrics.tenants t ON t.tenant_id = k.tenant_id
    WHERE k.sha256 = digest OR k.previous_sha256 = digest
    LIMIT 1
  $$;
ALTER FUNCTION metrics.find_api_key(bytea) OWNER TO metrics_platform;
REVOKE ALL ON FUNCTION metrics.find_api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION metrics.find_api_key(bytea) TO metrics_service;
