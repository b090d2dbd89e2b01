import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

const PACKAGE = join(import.meta.dirname, "../..");
const ENTRY = '  region: { by: "service", ...optionalFilledText(16), filter: true },\n';

let scratch: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;

/** A copy of the library with one more field: one entry in the table of fields, and one migration. */
beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  scratch = mkdtempSync(join(tmpdir(), "audit-new-field-"));
  for (const part of ["src", "migrations", "package.json"]) {
    cpSync(join(PACKAGE, part), join(scratch, part), {
      recursive: true,
      filter: (path) => !path.endsWith(".test.ts"),
    });
  }
  symlinkSync(join(PACKAGE, "../../node_modules"), join(scratch, "node_modules"));

  const table = join(scratch, "src/events/fields.ts");
  const before = readFileSync(table, "utf8");
  const after = before.replace(/^ {2}policy: \{/m, (next) => `${ENTRY}${next}`);
  expect(after).not.toBe(before);
  writeFileSync(table, after);
  const migration = join(scratch, "migrations/9999_region");
  writeFileSync(`${migration}.up.sql`, "ALTER TABLE gateway_audit_events ADD COLUMN region text;\n");
  writeFileSync(`${migration}.down.sql`, "ALTER TABLE gateway_audit_events DROP COLUMN region;\n");
});

afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await database.drop();
});

it("has a new field everywhere after one entry in the table and a migration [AUD-1] [AUD-6] [AUD-7]", () => {
  writeFileSync(join(scratch, "program.ts"), PROGRAM);
  const output = execFileSync(process.execPath, [join(scratch, "program.ts")], {
    cwd: scratch,
    env: { ...process.env, DATABASE_URL: database.url },
    encoding: "utf8",
  });
  const seen = JSON.parse(output) as Record<string, unknown>;
  expect(seen["refused"]).toEqual({ code: "invalid_event", field: "region" });
  // A caller of `logGatewayEvent` may not say what only the service knows.
  expect(seen["notByCaller"]).toEqual({ code: "invalid_event", field: "region" });
  expect(seen["column"]).toEqual(["eu", "us"]);
  expect(seen["found"]).toEqual(["eu"]);
  expect(seen["text"]).toMatch(/"reason":"[^"]*","region":"eu",/);
  const [head, first] = (seen["csv"] as string).split("\r\n").map((line) => line.split(","));
  expect(head).toContain("region");
  expect(first?.[head?.indexOf("region") ?? -1]).toBe("eu");
  expect(seen["restored"]).toBe(true);
  expect(seen["whole"]).toEqual({ ok: true, findings: [] });
  expect(seen["altered"]).toEqual([{ column: "region", stored: "apac", recorded: "us" }]);
  expect(seen["formats"]).toEqual({ json: true, ocsf: true, ecs: true });
});

const PROGRAM = `
import { join } from "node:path";
import pg from "pg";
import { createAuditLog, migrate } from "./src/index.ts";
import { createAuditReader } from "./src/exports/store.ts";
import { openTransparencyLog } from "./src/exports/log-builder.ts";
import { parseKeySet } from "./src/exports/transparency-log.ts";
import { verifyOnline } from "./src/exports/verification.ts";
import { restoreEvent } from "./src/events/restore-event.ts";
import { createFormat } from "./src/delivery/formats/create-format.ts";
import { toDeliverableEvent } from "./src/delivery/audit-events/deliverable-event.ts";

const connectionString = process.env.DATABASE_URL;
await migrate(connectionString);
const log = createAuditLog({ connectionString });
await log.check(new AbortController().signal);
const event = {
  event_type: "tool_invoke",
  user_id: "alice",
  decision: "allow",
  reason: "permitted",
  timestamp: Date.now() / 1000,
  gateway_request_id: "request-1",
};
const fault = (promise) => promise.then(() => null, ({ code, field }) => ({ code, field }));
await log.record({ ...event, region: "eu" });
await log.record({ ...event, region: "us" });
const refused = await fault(log.record({ ...event, region: "x".repeat(17) }));
const notByCaller = await fault(log.logGatewayEvent({ ...event, region: "eu" }));

const pool = new pg.Pool({ connectionString, max: 2 });
const { rows } = await pool.query("SELECT region, canonical FROM gateway_audit_events ORDER BY seq");
const reader = createAuditReader({ connectionString });
const found = (await reader.events({ region: "eu" })).events.map(({ event }) => event.region);
let csv = "";
for await (const chunk of reader.export({ region: "eu" }, "csv")) csv += chunk;
const text = rows[0].canonical.toString();
const restored = restoreEvent(text, []);

const signed = await openTransparencyLog({
  connectionString,
  origin: "example.org/log",
  keyFile: join(import.meta.dirname, "key.pem"),
  memoryFile: join(import.meta.dirname, "memory"),
  intervalMs: 20,
});
signed.start();
while (((await signed.latestCheckpoint()) ?? "").split("\\n")[1] !== "2") await new Promise((next) => setImmediate(next));
const trust = { keys: parseKeySet(signed.verifierKey), origin: "example.org/log" };
await signed.close();
const { ok, findings } = await verifyOnline({ pool, ...trust });
await pool.query("UPDATE gateway_audit_events SET region = 'apac' WHERE seq = 1");
const altered = await verifyOnline({ pool, ...trust });

const producer = { version: "1", host: "host", vendor: "V", suite: "S", name: "P", kind: "service", service: "s" };
const formats = Object.fromEntries(["json", "ocsf", "ecs"].map((name) => {
  const sent = createFormat(name, producer).encode(toDeliverableEvent(0, restored.id, text));
  return [name, sent.includes('"region":"eu"')];
}));
await Promise.all([log.close(), reader.close(), pool.end()]);
console.log(JSON.stringify({
  refused,
  notByCaller,
  column: rows.map(({ region }) => region),
  found,
  text,
  csv: csv,
  restored: restored.record.region === "eu" && restored.canonical === text,
  whole: { ok, findings },
  altered: altered.findings.flatMap(({ columns }) => columns ?? []),
  formats,
}));
`;
