import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { readRegularFile } from "@sark/observability/files";
import type { Database } from "../database/database.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { eventKey } from "../ingest/event-key.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { digestBytes, insertKey } from "../tenancy/keys.ts";

/** A tenant for newcomers: an administrator's key in a file, some users, and a day of events. */
export interface Example {
  readonly tenant: string;
  readonly keyFile: string;
}

const TENANT = "example";
const USERS = [
  { id: "alice", name: "Alice", role: "engineer", team: "research" },
  { id: "bob", name: "Bob", role: "engineer", team: "platform" },
  { id: "carol", name: "Carol", role: "designer", team: "research" },
] as const;
const HOURS = 24;
const HOUR_MS = 3_600_000;
const MAX_BYTES = 4_096;

/** Makes it once. */
export async function ensureExample(
  database: Pick<Database, "asPlatform" | "asTenant">,
  dataDirectory: string,
): Promise<Example> {
  const keyFile = join(dataDirectory, "example.key");
  if (!existsSync(keyFile)) {
    writeFileSync(keyFile, `${generateApiKey()}\n`, { mode: 0o600, flag: "wx" });
  }
  const key = readRegularFile(keyFile, MAX_BYTES).toString("utf8").trim();
  await database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ($1, 'Example') ON CONFLICT DO NOTHING", [
      TENANT,
    ]),
  );
  await database.asTenant("ingest", TENANT, async (tx) => {
    const { rowCount } = await tx.query("SELECT 1 FROM metrics.api_keys WHERE sha256 = $1", [
      digestBytes(key),
    ]);
    if (rowCount !== 0) {
      return;
    }
    await insertKey(
      tx,
      TENANT,
      {
        name: "example",
        principal: "example-admin",
        type: "user",
        roles: ["admin", "sender", "viewer"],
        expiresAt: null,
        createdBy: "start",
      },
      key,
    );
    for (const { id, name, role, team } of USERS) {
      await tx.query(
        `INSERT INTO metrics.users (tenant_id, user_id, name, user_role, team) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        [TENANT, id, name, role, team],
      );
    }
    await insertEvents(tx, TENANT, exampleEvents(Date.now()));
  });
  return { tenant: TENANT, keyFile };
}

function exampleEvents(now: number): IngestEvent[] {
  return Array.from({ length: HOURS }, (_, hour) =>
    USERS.flatMap(({ id }, at): IngestEvent[] => {
      const occurredAt = now - hour * HOUR_MS - at * 60_000;
      const shared = { user: id, occurredAt, attributes: null };
      const score = 55 + ((hour * 7 + at * 13) % 40);
      return [
        {
          kind: "activity",
          key: eventKey(`example-activity-${hour}-${id}`),
          type: "document.edited",
          ...shared,
        },
        {
          kind: "score",
          key: eventKey(`example-score-${hour}-${id}`),
          score,
          role: null,
          team: null,
          ...shared,
        },
      ];
    }),
  ).flat();
}
