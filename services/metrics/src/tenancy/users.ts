import type { Database, Queryable } from "../database/database.ts";

export interface User {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
  readonly team: string | null;
}

interface Row extends Record<string, unknown> {
  readonly user_id: string;
  readonly name: string | null;
  readonly user_role: string | null;
  readonly team: string | null;
}

/** Users of one tenant at a time: what is known of whom events are about. */
export interface Users {
  put(tenant: string, user: User): Promise<User>;
  list(tenant: string, after: string | null, limit: number): Promise<readonly User[]>;
  /** `null` where there is none. */
  find(tenant: string, id: string): Promise<User | null>;
}

export function createUsers(database: Pick<Database, "asTenant">): Users {
  const within = <T>(tenant: string, work: (tx: Queryable) => Promise<T>) =>
    database.asTenant("users", tenant, work);
  return {
    put: (tenant, user) =>
      within(tenant, async (tx) => {
        await tx.query(
          `INSERT INTO metrics.users (tenant_id, user_id, name, user_role, team) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, user_id) DO UPDATE
           SET name = excluded.name, user_role = excluded.user_role, team = excluded.team, updated_at = now()`,
          [tenant, user.id, user.name, user.role, user.team],
        );
        return user;
      }),
    list: (tenant, after, limit) =>
      within(tenant, async (tx) => {
        const { rows } = await tx.query<Row>(
          `SELECT user_id, name, user_role, team FROM metrics.users WHERE $1::text IS NULL OR user_id > $1
           ORDER BY user_id LIMIT $2`,
          [after, limit],
        );
        return rows.map(toUser);
      }),
    find: (tenant, id) =>
      within(tenant, async (tx) => {
        const { rows } = await tx.query<Row>(
          "SELECT user_id, name, user_role, team FROM metrics.users WHERE user_id = $1",
          [id],
        );
        return rows[0] === undefined ? null : toUser(rows[0]);
      }),
  };
}

function toUser({ user_id, name, user_role, team }: Row): User {
  return { id: user_id, name, role: user_role, team };
}
