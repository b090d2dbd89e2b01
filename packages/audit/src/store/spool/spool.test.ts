import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { lockFolder } from "@sark/observability/files";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { createAuditLog } from "../audit-log.ts";
import type { AuditLog, AuditLogOptions } from "../audit-log-types.ts";
import { expectGapless } from "../testing/expect-log.ts";
import { prepareAuditDatabase } from "../testing/prepare-audit-database.ts";
import { callIntent, readLog } from "../testing/records.ts";
import { encodeLine } from "./line.ts";

let postgres: TemporaryPostgres;
let template: string;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  template = await postgres.createDatabase();
  await prepareAuditDatabase(template);
});
afterAll(() => postgres.stop());

let url: string;
let directory: string;
const open: AuditLog[] = [];
beforeEach(async () => {
  url = await postgres.createDatabase({ template });
  directory = mkdtempSync(join(tmpdir(), "sark-spool-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.close()));
  for (const folder of [directory, ...cleanUp.splice(0)]) {
    rmSync(folder, { recursive: true, force: true });
  }
});
const cleanUp: string[] = [];

const everyLevel = { low: "spool", medium: "spool", high: "spool", critical: "spool" } as const;

function openLog(options: Partial<AuditLogOptions> = {}): AuditLog {
  const log = createAuditLog({
    connectionString: url,
    writeTimeoutMs: 1_000,
    whenDown: everyLevel,
    spool: { directory },
    ...options,
  });
  open.push(log);
  return log;
}

async function closeLog(log: AuditLog): Promise<void> {
  open.splice(open.indexOf(log), 1);
  await log.close();
}

const files = (): string[] => readdirSync(directory).filter((name) => name.startsWith("spool-"));
const emptied = (): Promise<void> => vi.waitFor(() => expect(files()).toEqual([]), { timeout: 20_000 });

it("keeps records on the disk while the database is away, and brings them in, in order, once [AUD-4]", async () => {
  const spooled: AcceptedEvent[] = [];
  const log = openLog({
    observer: { spooled: (event) => spooled.push(event) },
    payloads: { policy: "full" },
  });
  const before = await log.record(callIntent());
  await postgres.kill();
  const ids: string[] = [];
  for (let index = 0; index < 30; index += 1) {
    const kept = await log.record(callIntent({ reason: `separator \u2028 ${index}` }), {
      payloads: { arguments: { index } },
    });
    expect(kept).toMatchObject({ seq: null, kept: "spooled" });
    ids.push(kept.id);
  }
  expect(log.stats()).toMatchObject({ available: false, spool: { bytes: expect.any(Number) as number } });
  expect(log.stats().spool?.bytes).toBeGreaterThan(10_000);
  await expect(log.logGatewayEvent({ ...callIntent(), phase: undefined } as never)).rejects.toBeDefined();
  await postgres.restart();
  await emptied();
  expect((await readLog(url)).ids).toEqual([before.id, ...ids]);
  expect(spooled.map(({ id }) => id)).toEqual(ids);
  // What stands there is what was hashed when it was spooled.
  const rows = await queryDatabase<{ canonical: Buffer; leaf: boolean }>(
    url,
    String.raw`SELECT canonical, leaf_hash = sha256('\x00'::bytea || canonical) AS leaf FROM gateway_audit_events
     WHERE seq > 0 ORDER BY seq`,
  );
  expect(rows.map(({ canonical }) => canonical.toString())).toEqual(
    spooled.map(({ canonical }) => canonical),
  );
  expect(rows.every(({ leaf }) => leaf)).toBe(true);
  const payloads = await queryDatabase(url, "SELECT FROM gateway_audit_payloads WHERE event_id = ANY($1)", [
    ids,
  ]);
  expect(payloads).toHaveLength(30);
  expect(log.stats()).toMatchObject({ available: true, spool: { bytes: 0 } });
});

it("brings in what a process left that ended while the database was away [AUD-4]", async () => {
  const first = openLog();
  await first.check(new AbortController().signal);
  await postgres.kill();
  const ids = await Promise.all(
    Array.from({ length: 200 }, () => first.record(callIntent()).then(({ id }) => id)),
  );
  await closeLog(first);
  expect(files()).not.toEqual([]);
  await postgres.restart();
  openLog();
  await emptied();
  await expectGapless(url, ids);
  expect((await readLog(url)).ids.toSorted()).toEqual(ids.toSorted());
});

it("writes nothing twice when it was stopped between the commit and the removal of a file [AUD-4]", async () => {
  const first = openLog();
  await first.check(new AbortController().signal);
  await postgres.kill();
  const ids = await Promise.all(
    Array.from({ length: 20 }, () => first.record(callIntent()).then(({ id }) => id)),
  );
  await closeLog(first);
  const copies = files().map((name) => [name, readFileSync(join(directory, name))] as const);
  await postgres.restart();
  const second = openLog();
  await emptied();
  await closeLog(second);
  for (const [name, text] of copies) {
    writeFileSync(join(directory, name), text);
  }
  openLog();
  await emptied();
  await expectGapless(url, ids);
  expect((await readLog(url)).ids).toHaveLength(20);
});

it("passes over a line that a crash cut off, and sets aside one that is damaged or refused [AUD-4]", async () => {
  const events: AcceptedEvent[] = [];
  const first = openLog({ observer: { spooled: (event) => events.push(event) } });
  await first.check(new AbortController().signal);
  await postgres.kill();
  for (let index = 0; index < 4; index += 1) {
    await first.record(callIntent());
  }
  await closeLog(first);
  const [one, two, three, four] = events.map(encodeLine) as [string, string, string, string];
  const damaged = two.replace("alice", "malice");
  const poison = encodeLine({ ...events[2]!, canonical: events[2]!.canonical.replace('"allow"', '"maybe"') });
  const foreign = encodeLine({ ...events[2]!, canonical: "no record" });
  for (const name of files()) {
    rmSync(join(directory, name));
  }
  const name = join(directory, "spool-000000000001.jsonl");
  writeFileSync(name, `${one}${damaged}${foreign}${poison}${four}${three.slice(0, 100)}`);
  await postgres.restart();
  const reasons: string[] = [];
  openLog({ observer: { quarantined: ({ reason }) => reasons.push(reason) } });
  await emptied();
  expect((await readLog(url)).ids).toEqual([events[0]!.id, events[3]!.id]);
  expect(reasons).toEqual([
    "damaged: its checksum does not fit, or it holds no record",
    "damaged: its checksum does not fit, or it holds no record",
    expect.stringMatching(/refused the record: .*check constraint/),
  ]);
  const quarantined = readFileSync(join(directory, "quarantine.jsonl"), "utf8").trimEnd().split("\n");
  expect(quarantined.map((line) => (JSON.parse(line) as { line: string }).line)).toEqual([
    damaged.trimEnd(),
    foreign.trimEnd(),
    poison.trimEnd(),
  ]);
});

it("does what the record's sensitivity asks for: refuse, spool, or let pass and count [AUD-4]", async () => {
  const passed: string[] = [];
  const failed: string[] = [];
  const log = openLog({
    whenDown: { low: "open", medium: "spool", high: "closed" },
    observer: {
      passedUnrecorded: ({ id }) => passed.push(id),
      writeFailed: ({ code }) => failed.push(code),
    },
  });
  await log.record(callIntent());
  await postgres.kill();
  const open = await log.record(callIntent({ sensitivity: "low" }));
  expect(open).toMatchObject({ kept: "nowhere", seq: null });
  expect(passed).toEqual([open.id]);
  expect(await log.record(callIntent({ sensitivity: "medium" }))).toMatchObject({ kept: "spooled" });
  const refusal = { code: "store_unavailable" };
  await expect(log.record(callIntent({ sensitivity: "high" }))).rejects.toMatchObject(refusal);
  await expect(log.record(callIntent({ sensitivity: "critical" }))).rejects.toMatchObject(refusal);
  await expect(log.record(callIntent({ sensitivity: null }))).rejects.toMatchObject(refusal);
  expect(await log.record(callIntent({ sensitivity: "high" }), { whenDown: "spool" })).toMatchObject({
    kept: "spooled",
  });
  await expect(
    log.record(callIntent({ decision: "perhaps" as never }), { whenDown: "open" }),
  ).rejects.toBeDefined();
  expect(failed.slice(0, 3)).toEqual(["store_unavailable", "store_unavailable", "store_unavailable"]);
  await postgres.restart();
  await emptied();
  expect((await readLog(url)).ids).toHaveLength(3);
});

it("refuses records beyond its bound, and a folder that is in use or missing [AUD-4]", async () => {
  const log = openLog({ spool: { directory, maxBytes: 4_000 } });
  await log.check(new AbortController().signal);
  await postgres.kill();
  let kept = 0;
  await expect(
    (async () => {
      for (;;) {
        await log.record(callIntent());
        kept += 1;
      }
    })(),
  ).rejects.toMatchObject({ code: "spool_failed", message: expect.stringContaining("full") as string });
  expect(kept).toBeGreaterThan(2);
  expect(kept).toBeLessThan(20);
  const settings = { connectionString: url, whenDown: everyLevel };
  expect(() => createAuditLog({ ...settings, spool: { directory } })).toThrow(/in use/);
  expect(() => createAuditLog(settings)).toThrow(/no spool is set/);
  await postgres.restart();
  await emptied();
});

it("takes another folder where processes share one, first the one that still holds records [AUD-4]", async () => {
  const spool = { directory, alternatives: 2 };
  const folders = (): string[] =>
    ["", "-2", "-3"]
      .map((end) => `${directory}${end}`)
      .filter((folder) => existsSync(folder) && isHeld(folder));
  const first = openLog({ spool });
  const second = openLog({ spool });
  expect(folders()).toEqual([directory, `${directory}-2`]);
  await second.check(new AbortController().signal);
  await postgres.kill();
  const { id } = await second.record(callIntent());
  await closeLog(first);
  await closeLog(second);
  await postgres.restart();
  openLog({ spool });
  await vi.waitFor(async () => expect((await readLog(url)).ids).toEqual([id]), { timeout: 20_000 });
  expect(folders()).toEqual([`${directory}-2`]);
  openLog({ spool });
  openLog({ spool });
  expect(() => openLog({ spool })).toThrow(/in use/);
  for (const end of ["-2", "-3"]) {
    cleanUp.push(`${directory}${end}`);
  }
});

/** Whether a process has the folder to itself. */
function isHeld(folder: string): boolean {
  const release = lockFolder(folder);
  release?.();
  return release === null;
}

it("takes over the folder of a process that was killed, with what it left there [AUD-4]", async () => {
  const holding = `
    import { lockFolder } from "@sark/observability/files";
    if (lockFolder(${JSON.stringify(directory)}) !== null) console.log("held");
    setInterval(() => undefined, 1_000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", holding], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  expect(() => openLog()).toThrow(/in use/);
  other.kill("SIGKILL");
  await once(other, "exit");
  openLog();
  expect(isHeld(directory)).toBe(true);
});

it("keeps each record once when the hung database commits after all what was given up [AUD-4]", async () => {
  const log = openLog({ writeTimeoutMs: 400 });
  const ids = [(await log.record(callIntent())).id];
  for (let round = 0; round < 3; round += 1) {
    const writing = Array.from({ length: 50 }, () => log.record(callIntent()));
    // Some statements are under way when the server stops; what becomes of them shows when it goes on.
    await Promise.race(writing);
    postgres.pause();
    const more = await log.record(callIntent());
    ids.push(more.id);
    postgres.resume();
    ids.push(...(await Promise.all(writing)).map(({ id }) => id));
    await emptied();
  }
  await expectGapless(url, ids);
  expect((await readLog(url)).ids).toHaveLength(ids.length);
});
