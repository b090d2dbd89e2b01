import type { Queryable } from "@sark/audit/postgres";
import { DatabaseError } from "./errors.ts";

/** Rejects where the role of this session is not bound by row-level security, on any table of tenants. */
export async function checkServiceRole(tx: Queryable): Promise<void> {
  const { rows } = await tx.query<{ role: string; is_free: boolean; open_tables: string[] }>(
    `SELECT current_user AS role,
            (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS is_free,
            ARRAY(SELECT c.relname::text FROM pg_class c
                  WHERE c.relnamespace = 'metrics'::regnamespace AND c.relkind IN ('r', 'p')
                    AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
                         OR pg_get_userbyid(c.relowner) = current_user)
                    AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')) AS open_tables`,
  );
  const [found] = rows;
  if (found === undefined || found.is_free) {
    throw new DatabaseError(
      "unsafe_role",
      `The role ${found?.role ?? "?"} is not bound by row-level security; connect as metrics_service.`,
    );
  }
  if (found.open_tables.length > 0) {
    throw new DatabaseError(
      "unsafe_table",
      `Row-level security does not bind ${found.role} on ${found.open_tables.join(", ")}; run the migrations.`,
    );
  }
}
