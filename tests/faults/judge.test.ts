import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditLog, migrate, openTransparencyLog, type RecordedEvent } from "@sark/audit";
import { createTestDatabase } from "@sark/testkit";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { judge, ORIGIN } from "./judge.ts";
import { oracleLine } from "./oracle.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let folder: string;
let oracle: string;
let verifierKey: string;
let events: RecordedEvent[];

beforeEach(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  folder = mkdtempSync(join(tmpdir(), "sark-judge-"));
  oracle = join(folder, "oracle");
  await migrate(database.url);
  const log = createAuditLog({ connectionString: database.url });
  events = await Promise.all(
    Array.from({ length: 20 }, (_value, index) =>
      log.record({
        event_type: "tool_invoke",
        decision: "allow",
        reason: "A test.",
        timestamp: Date.now() / 1000,
        gateway_request_id: `request-${index}`,
      }),
    ),
  );
  await log.close();
  writeFileSync(oracle, events.map(oracleLine).join(""));
  const builder = await openTransparencyLog({
    connectionString: database.url,
    origin: ORIGIN,
    keyFile: join(folder, "key.pem"),
    memoryFile: join(folder, "memory"),
    intervalMs: 1,
  });
  ({ verifierKey } = builder);
  builder.start();
  await vi.waitFor(async () => expect(await builder.latestCheckpoint()).toContain(`${ORIGIN}\n20\n`), 20_000);
  await builder.close();
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

it("finds nothing wrong with a log that kept its word, and passes over a line that was being written [AUD-4]", async () => {
  appendFileSync(oracle, "0199a0b0-0000-7000-8000-00000000");
  expect(await judge(database.url, [oracle], verifierKey)).toEqual({
    events: 20,
    acknowledged: 20,
    unacknowledged: 0,
    orphanedIntents: 0,
    proven: 20,
    violations: [],
  });
});

it("names an acknowledged event that is lost, or stands elsewhere [AUD-4]", async () => {
  const id = "0199a0b0-0000-7000-8000-000000000000";
  appendFileSync(oracle, `${id} 20 ${"00".repeat(32)}\n`);
  const [first, second] = events as [RecordedEvent, RecordedEvent];
  writeFileSync(`${oracle}-2`, oracleLine({ ...first, seq: 5n }));
  const { violations } = await judge(database.url, [oracle, `${oracle}-2`], verifierKey);
  expect(violations).toEqual([
    "ids were acknowledged twice: 1",
    ...[
      `${id} was acknowledged at 20 and stands nowhere`,
      `${first.id} was acknowledged at 5 and stands at ${first.seq}`,
    ].toSorted(),
  ]);
  expect(violations.join()).not.toContain(second.id);
});

it.each([
  ["a gap", "DELETE FROM gateway_audit_events WHERE seq = 3", /numbers are missing.*: 1$/m],
  [
    "a column",
    "UPDATE gateway_audit_events SET reason = 'x' WHERE seq = 3",
    /columns say something else.*: 1$/m,
  ],
  ["bytes", "UPDATE gateway_audit_events SET canonical = '{}' WHERE seq = 3", /leaf hashes are not.*: 1$/m],
  [
    "a record that was written twice",
    "UPDATE gateway_audit_events SET gateway_request_id = 'request-4' WHERE seq = 3",
    /records were written twice: 1$/m,
  ],
])("finds %s [AUD-4] [AUD-7]", async (_what, tamper, violation) => {
  await query(tamper);
  const { violations } = await judge(database.url, [oracle], verifierKey);
  expect(violations.join("\n")).toMatch(violation);
  expect(violations.join("\n")).toMatch(/ at 3: /);
});
