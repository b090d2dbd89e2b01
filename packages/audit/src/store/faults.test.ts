import { fork } from "node:child_process";
import { once } from "node:events";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import type { AuditRecord } from "../events/record.ts";
import { createAuditLog } from "./audit-log.ts";
import type { AuditLog, AuditLogOptions } from "./audit-log-types.ts";
import { prepareAuditDatabase } from "./testing/prepare-audit-database.ts";
import { expectGapless } from "./testing/expect-log.ts";
import { callIntent, readLog } from "./testing/records.ts";
import { startProxy, type Proxy } from "./testing/start-proxy.ts";

let postgres: TemporaryPostgres;
let template: string;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  template = await postgres.createDatabase();
  await prepareAuditDatabase(template);
});
afterAll(() => postgres.stop());

let url: string;
const cleanup: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  url = await postgres.createDatabase({ template });
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

function openLog(options: Partial<AuditLogOptions> = {}): AuditLog {
  const log = createAuditLog({ connectionString: url, writeTimeoutMs: 60_000, ...options });
  cleanup.push(() => log.close());
  return log;
}

async function openProxy(): Promise<Proxy> {
  const proxy = await startProxy(url);
  cleanup.push(() => proxy.close());
  return proxy;
}

it("acknowledges nothing while the row that numbers events is missing [AUD-4]", async () => {
  const log = openLog({ writeTimeoutMs: 2_000, payloads: { policy: "full" } });
  await openLog().record(callIntent());
  await queryDatabase(url, "DELETE FROM gateway_audit_head");
  for (const options of [{}, { payloads: { arguments: { a: 1 } } }]) {
    await expect(log.record(callIntent(), options)).rejects.toMatchObject({ code: "store_unavailable" });
  }
  await expect(log.check(new AbortController().signal)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await queryDatabase(url, "SELECT FROM gateway_audit_payloads")).toHaveLength(0);
  await queryDatabase(url, "INSERT INTO gateway_audit_head (next_seq) VALUES (1)");
  await vi.waitUntil(() =>
    log.check(new AbortController().signal).then(
      () => true,
      () => false,
    ),
  );
  expect((await log.record(callIntent())).seq).toBe(1n);
});

it("commits what it acknowledges after it had to refuse within a transaction [AUD-4]", async () => {
  const log = openLog({ writeTimeoutMs: 2_000 });
  await openLog().record(callIntent());
  await queryDatabase(url, "DELETE FROM gateway_audit_head");
  // Refused once; in doubt from then on, the writer looks and writes in one transaction.
  await expect(log.record(callIntent())).rejects.toMatchObject({ code: "store_unavailable" });
  await queryDatabase(url, "INSERT INTO gateway_audit_head (next_seq) VALUES (1)");
  const { id } = await vi.waitFor(() => log.record(callIntent()), { timeout: 10_000 });
  const { id: next } = await log.record(callIntent());
  // Another connection sees nothing that is not committed.
  expect((await readLog(url)).ids).toEqual(expect.arrayContaining([id, next]));
  expect(
    await queryDatabase(url, "SELECT FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"),
  ).toEqual([]);
});

describe("says at a health check what would refuse the next record, or change it [AUD-4] [HLT-2]", () => {
  const boom = `CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'boom'; END $$`;
  const swallow = `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`;
  const partition = (table: string): string => `DO $$ BEGIN
    EXECUTE (SELECT string_agg(format('DROP TABLE %s', inhrelid::regclass), ';')
      FROM pg_inherits WHERE inhparent = '${table}'::regclass); END $$`;

  it.each<[fault: string, statements: string[], says: RegExp, payloads: boolean]>([
    ["a trigger that fails", [boom, on("gateway_audit_events", "boom")], /boom/, false],
    ["one on payloads", [boom, on("gateway_audit_payloads", "boom")], /boom/, true],
    ["a trigger that drops rows", [swallow, on("gateway_audit_events", "swallow")], /fewer rows/, false],
    ["one that drops payloads", [swallow, on("gateway_audit_payloads", "swallow")], /fewer rows/, true],
    ["partitions that were dropped", [partition("gateway_audit_events")], /no partition/, false],
    ["those of payloads", [partition("gateway_audit_payloads")], /no partition/, true],
  ])("%s", async (_fault, statements, says, payloads) => {
    const log = openLog({ writeTimeoutMs: 2_000, payloads: { policy: "full" } });
    const first = await openLog().record(callIntent());
    await log.check(new AbortController().signal);
    for (const statement of statements) {
      await queryDatabase(url, statement);
    }
    const failure: unknown = await log.check(new AbortController().signal).catch((error: unknown) => error);
    expect(inspect(failure)).toMatch(says);
    const options = payloads ? { payloads: { arguments: { a: 1 } } } : {};
    await expect(log.record(callIntent(), options)).rejects.toMatchObject({ code: "store_unavailable" });
    // Neither has used up a number.
    expect(await queryDatabase(url, "SELECT next_seq::int FROM gateway_audit_head")).toEqual([
      { next_seq: Number(first.seq) + 1 },
    ]);
  });

  const change = (what: string): string => `CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN ${what}; RETURN NEW; END $$`;

  it.each<[what: string, change: string, says: RegExp]>([
    ["a name that a trigger hides", "NEW.user_id = md5(NEW.user_id)", /other than it was given: user_id/],
    [
      "metadata, and a time, that one adds to",
      "NEW.metadata = NEW.metadata || '{\"a\":1}'; NEW.created_at = now()",
      /other than it was given: metadata, created_at/,
    ],
    [
      "a text that one writes anew, with its hash",
      String.raw`NEW.canonical = convert_to(replace(convert_from(NEW.canonical, 'UTF8'), 'trial', 'other'), 'UTF8');
        NEW.leaf_hash = sha256('\x00'::bytea || NEW.canonical)`,
      /other than it was given: canonical, leaf_hash/,
    ],
  ])("what would keep another record than it is given: %s", async (_what, statement, says) => {
    const log = openLog({ writeTimeoutMs: 2_000 });
    await log.check(new AbortController().signal);
    await queryDatabase(url, change(statement));
    await queryDatabase(url, on("gateway_audit_events", "change"));
    const failure: unknown = await log.check(new AbortController().signal).catch((error: unknown) => error);
    expect(inspect(failure)).toMatch(says);
    await queryDatabase(url, "DROP TRIGGER odd ON gateway_audit_events");
    await log.check(new AbortController().signal);
  });

  it("and leaves nothing behind where all is well", async () => {
    const log = openLog();
    await log.record(callIntent());
    for (let times = 0; times < 3; times += 1) {
      await log.check(new AbortController().signal);
    }
    expect((await log.record(callIntent())).seq).toBe(1n);
    expect((await readLog(url)).seqs).toEqual([0, 1]);
    expect(await queryDatabase(url, "SELECT FROM gateway_audit_payloads")).toHaveLength(0);
  });

  function on(table: string, trigger: string): string {
    return `CREATE TRIGGER odd BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${trigger}()`;
  }
});

describe("connections that break [AUD-4]", () => {
  it("learns what became of a commit whose response was lost, and writes nothing twice", async () => {
    const proxy = await openProxy();
    const log = openLog({ connectionString: proxy.url, payloads: { policy: "full" } });
    const ids = [(await log.record(callIntent())).id];
    for (let round = 0; round < 10; round += 1) {
      proxy.loseNextResponse();
      const payloads = round % 2 === 0 ? {} : { payloads: { arguments: { round } } };
      const batch = await Promise.all(Array.from({ length: 5 }, () => log.record(callIntent(), payloads)));
      ids.push(...batch.map(({ id }) => id));
      expect(batch.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5].map((step) => BigInt(round * 5 + step)));
    }
    await expectGapless(url, ids);
    expect((await readLog(url)).ids).toEqual(ids);
    expect(await queryDatabase(url, "SELECT FROM gateway_audit_payloads")).toHaveLength(25);
  });

  it("goes through resets under load without an error or a doublet", async () => {
    const proxy = await openProxy();
    const log = openLog({ connectionString: proxy.url });
    const acknowledged: string[] = [];
    const load = { over: false };
    const callers = Array.from({ length: 20 }, async () => {
      while (!load.over) {
        acknowledged.push((await log.record(callIntent())).id);
      }
    });
    for (let round = 0; round < 15; round += 1) {
      const before = acknowledged.length;
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 40), { timeout: 20_000 });
      proxy.reset();
    }
    load.over = true;
    await Promise.all(callers);
    await expectGapless(url, acknowledged);
    expect((await readLog(url)).ids).toHaveLength(acknowledged.length);
  });

  it("does not take a connection that ended late for the one that replaced it", async () => {
    const log = openLog();
    for (let round = 0; round < 20; round += 1) {
      await log.record(callIntent());
      await queryDatabase(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'sark-audit'`,
      );
    }
    await log.record(callIntent());
    const left = await queryDatabase(
      url,
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sark-audit'`,
    );
    expect(left.length).toBeLessThanOrEqual(2);
  });
});

describe("a database that is away [AUD-4]", () => {
  it("tells callers at once after the first, and takes records again when it is back", async () => {
    const told: string[] = [];
    const writeTimeoutMs = 2_000;
    const log = openLog({
      writeTimeoutMs,
      observer: {
        storeLost: () => told.push("lost"),
        storeRegained: () => told.push("regained"),
        writeFailed: ({ known }) => told.push(known ? "known" : "new"),
      },
    });
    await log.record(callIntent());
    await postgres.kill();
    const failures = await Promise.allSettled(Array.from({ length: 3 }, () => log.record(callIntent())));
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    // Three times the time of a write, had each tried for itself; a refusal takes a tenth of that. On a machine that
    // stood still meanwhile the next ones show it.
    await vi.waitFor(async () => {
      const started = performance.now();
      for (let call = 0; call < 3; call += 1) {
        await expect(log.record(callIntent())).rejects.toMatchObject({ code: "store_unavailable" });
      }
      expect(performance.now() - started).toBeLessThan(3 * writeTimeoutMs - 100);
    });
    await expect(log.check(new AbortController().signal)).rejects.toMatchObject({
      code: "store_unavailable",
    });
    await postgres.restart();
    // Each is refused at once until the database has said that it is back.
    await vi.waitFor(() => log.record(callIntent()));
    const known = told.slice(1, -1);
    expect(known.length).toBeGreaterThanOrEqual(6);
    expect(told).toEqual(["lost", ...known.map(() => "known"), "regained"]);
  });

  it("says why a health check failed in the time that it is given, when the database hangs [HLT-2]", async () => {
    const log = openLog();
    await log.check(new AbortController().signal);
    postgres.pause();
    await expect(log.check(AbortSignal.timeout(100))).rejects.toMatchObject({ name: "TimeoutError" });
    postgres.resume();
    await log.check(new AbortController().signal);
  });

  it("fails over when the server turns into a standby", async () => {
    const log = openLog({ writeTimeoutMs: 5_000 });
    await openLog().record(callIntent());
    const name = new URL(url).pathname.slice(1);
    await queryDatabase(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await queryDatabase(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sark-audit' AND datname = current_database()",
    );
    await expect(log.record(callIntent())).rejects.toMatchObject({ code: "store_unavailable" });
    await queryDatabase(postgres.url, `ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await vi.waitFor(() => log.record(callIntent()), { timeout: 30_000 });
  });

  it("keeps what is acknowledged, once, over crashes in the middle of payload batches", async () => {
    const log = openLog({ payloads: { policy: "full" }, maxBatch: 50 });
    const acknowledged: string[] = [];
    const load = { over: false };
    const callers = Array.from({ length: 20 }, async () => {
      while (!load.over) {
        const recorded = await log
          .record(callIntent(), { payloads: { arguments: { a: 1 } } })
          .catch(() => null);
        if (recorded !== null) {
          acknowledged.push(recorded.id);
        }
      }
    });
    for (let round = 0; round < 2; round += 1) {
      const before = acknowledged.length;
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 100), { timeout: 30_000 });
      await postgres.kill();
      await postgres.restart();
    }
    load.over = true;
    await Promise.all(callers);
    await expectGapless(url, acknowledged);
    const alone = await queryDatabase(
      url,
      `SELECT FROM gateway_audit_events AS e FULL JOIN gateway_audit_payloads AS p ON p.event_id = e.id
       WHERE e.id IS NULL OR p.event_id IS NULL`,
    );
    expect(alone).toEqual([]);
  });
});

describe("poison [AUD-4]", () => {
  const poison: [string, Partial<AuditRecord>, string][] = [
    ["a tool name too long for an index", { tool_name: "x".repeat(100_000) }, "invalid_event"],
    ["metadata without an end", { metadata: circle() }, "invalid_event"],
    ["numbers that JSON does not have", { metadata: { n: Number.NaN } }, "invalid_event"],
    ["a number that JSON does not have", { duration_ms: Infinity }, "invalid_event"],
    ["big integers", { metadata: { n: 1n } }, "invalid_event"],
    ["a time beyond all times", { timestamp: 1e300 }, "invalid_event"],
    ["the year 10000", { timestamp: 253_402_300_800 }, "invalid_event"],
    ["a name of which four overflow an index", { user_id: "€".repeat(171) }, "invalid_event"],
    ["NUL in a key", { metadata: { "a\u0000": 1 } }, "invalid_event"],
    ["half a surrogate in a name", { server_name: "\udc00" }, "invalid_event"],
    ["a word of no list", { outcome: "fine" as never }, "invalid_event"],
    ["no type", { event_type: undefined as never }, "invalid_event"],
  ];

  function circle(): Record<string, unknown> {
    const own: Record<string, unknown> = {};
    own["own"] = own;
    return own;
  }

  it.each(poison)("fails alone: %s", async (_what, change, code) => {
    const log = openLog();
    const results = await Promise.allSettled([
      log.record(callIntent()),
      log.record(callIntent(change)),
      log.record(callIntent()),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ code });
    await expectGapless(url, []);
  });

  it("takes odd but sound values as they are", async () => {
    const log = openLog();
    const metadata = JSON.parse(
      '{"__proto__":{"x":1},"constructor":1,"e":1e308,"z":-0,"s":"\\\\u0000 \u2028"}',
    ) as Record<string, unknown>;
    const { id } = await log.record(callIntent({ metadata, reason: "", timestamp: 0 }));
    const [row] = await queryDatabase<{ stored: string; same: boolean }>(
      url,
      `SELECT metadata::text AS stored, metadata = (convert_from(canonical, 'UTF8')::jsonb -> 'metadata') AS same
       FROM gateway_audit_events WHERE id = $1`,
      [id],
    );
    expect(row?.same).toBe(true);
    expect(JSON.parse(row?.stored ?? "")).toEqual(JSON.parse(JSON.stringify(metadata).replace("-0", "0")));
  });
});

it("bounds what waits by its bytes, too, and waits for nothing larger than that [AUD-4]", async () => {
  const log = openLog({ queueBytes: 250_000 });
  const big = { metadata: { text: "x".repeat(50_000) } };
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => log.record(callIntent(big))));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
  for (const result of results.slice(4)) {
    expect((result as PromiseRejectedResult).reason).toMatchObject({ code: "overloaded" });
  }
});

it("migrates once when eight processes start together [AUD-3]", async () => {
  const empty = await postgres.createDatabase();
  const program = new URL("./testing/migrate-once.ts", import.meta.url);
  const processes = Array.from({ length: 8 }, () => fork(program, [empty]));
  const applied = await Promise.all(
    processes.map(async (child) => ((await once(child, "message")) as [string[]])[0]),
  );
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  expect(await queryDatabase(empty, "SELECT name FROM audit_migrations")).toHaveLength(applied.flat().length);
});
