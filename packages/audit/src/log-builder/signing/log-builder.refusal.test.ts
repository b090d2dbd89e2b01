import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it, vi } from "vitest";
import { combineObservers } from "../../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER } from "../../observer.ts";
import { tryLock } from "../../postgres/advisory-locks.ts";
import { applyRetention } from "../../store/maintenance/retention.ts";
import { parseCheckpoint } from "../../transparency-log/notes/checkpoint.ts";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { parseNote } from "../../transparency-log/notes/signed-note.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { fileMemory } from "./checkpoint-memory.ts";
import type { LogBuilderErrorCode } from "../errors.ts";
import { createLogBuilder, type LogBuilder, type LogBuilderOptions } from "./log-builder.ts";
import { recordingSigner } from "../testing/recording-signer.ts";
import { createTestLog, type TestLog } from "../testing/test-log.ts";

const ORIGIN = "sark.example/audit";
const SIZE = 700;

let log: TestLog;
let folder: string;
let signer: ReturnType<typeof recordingSigner>;
const builders: LogBuilder[] = [];

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());
beforeEach(async () => {
  await log.empty();
  folder = mkdtempSync(join(tmpdir(), "sark-log-"));
  signer = recordingSigner(createNoteSigner(ORIGIN, namedKey("log")));
});
afterEach(async () => {
  await Promise.all(builders.splice(0).map((builder) => builder.close()));
  rmSync(folder, { recursive: true });
});

interface Watched {
  readonly builder: LogBuilder;
  readonly refusals: LogBuilderErrorCode[];
  readonly rebuilt: number[];
}

function start(options: Partial<LogBuilderOptions> = {}): Watched {
  const refusals: LogBuilderErrorCode[] = [];
  const rebuilt: number[] = [];
  const builder = createLogBuilder({
    pool: log.pool,
    signer,
    origin: ORIGIN,
    intervalMs: 5,
    memory: fileMemory(join(folder, "memory")),
    observer: {
      refused: ({ code }) => refusals.push(code),
      tilesRebuilt: ({ size }) => rebuilt.push(size),
    },
    ...options,
  });
  builders.push(builder);
  builder.start();
  return { builder, refusals, rebuilt };
}

async function expectSize({ builder }: Watched, size: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const note = await builder.latestCheckpoint();
      expect(note === null ? 0 : parseCheckpoint(parseNote(note).text).size).toBe(size);
    },
    { timeout: 20_000, interval: 10 },
  );
}

/** Lets a builder sign `SIZE` events and ends it. */
async function signed(): Promise<void> {
  await log.append(SIZE);
  const first = start();
  await expectSize(first, SIZE);
  await first.builder.close();
}

/** A backup: the audit tables as they are now, to be put back later. */
async function backup(): Promise<() => Promise<void>> {
  const tables = ["events", "head", "tiles", "checkpoints"].map((name) => `gateway_audit_${name}`);
  // Each in one transaction: a builder is running, and would write into a table that it finds empty.
  await log.query(tables.map((table) => `CREATE TABLE backup_${table} AS SELECT * FROM ${table}`).join(";"));
  return async () => {
    await log.query(
      tables
        .flatMap((table) => [
          `TRUNCATE ${table}`,
          `INSERT INTO ${table} SELECT * FROM backup_${table}`,
          `DROP TABLE backup_${table}`,
        ])
        .join(";"),
    );
  };
}

/** Why the builder refuses; while it does, it puts its name to nothing new, though there are events to be signed. */
async function refusal(watched: Watched): Promise<LogBuilderErrorCode[]> {
  const before = signer.signed.size;
  await vi.waitFor(() => expect(watched.refusals.length).toBeGreaterThan(1), { timeout: 20_000 });
  expect(signer.signed.size).toBe(before);
  for (const roots of signer.signed.values()) {
    expect(roots.size).toBe(1);
  }
  return [...new Set(watched.refusals)];
}

it.each<[string, LogBuilderErrorCode, string]>([
  [
    "its tail was cut off",
    "rollback",
    "WITH cut AS (DELETE FROM gateway_audit_events WHERE seq >= 690) UPDATE gateway_audit_head SET next_seq = 690",
  ],
  ["its last events were deleted", "gap", "DELETE FROM gateway_audit_events WHERE seq >= 690"],
  ["an event near the end was deleted", "gap", "DELETE FROM gateway_audit_events WHERE seq = 695"],
  [
    "an event was replaced",
    "fork",
    "UPDATE gateway_audit_events SET leaf_hash = sha256('other') WHERE seq = 699",
  ],
  [
    "the root of the checkpoint was changed",
    "fork",
    "UPDATE gateway_audit_checkpoints SET root = sha256('other')",
  ],
  ["the checkpoint was taken away", "rollback", "DELETE FROM gateway_audit_checkpoints"],
  [
    "the checkpoint was signed by another key",
    "unknown_signer",
    "UPDATE gateway_audit_checkpoints SET note = replace(note, '— sark.example/audit ', '— sark.example/other ')",
  ],
])(
  "signs nothing more when %s, says %s, and goes on once that is mended [AUD-7]",
  async (_what, code, tamper) => {
    await signed();
    const restore = await backup();
    await log.query(tamper);
    const watched = start();
    expect(await refusal(watched)).toEqual([code]);
    await restore();
    await log.append(5);
    await expectSize(watched, SIZE + 5);
  },
);

it("notices an old backup, by what it remembers outside the database [AUD-7]", async () => {
  await signed();
  const restore = await backup();
  await log.append(50);
  const second = start();
  await expectSize(second, SIZE + 50);
  await second.builder.close();

  await restore();
  const third = start();
  expect(await refusal(third)).toEqual(["rollback"]);
  await third.builder.close();

  // Grown past what was signed, along another way: a fork.
  await log.append(60);
  await log.query("DELETE FROM gateway_audit_checkpoints");
  await log.query("DELETE FROM gateway_audit_tiles");
  const blind = start({
    memory: fileMemory(join(folder, "other")),
    signer: createNoteSigner(ORIGIN, namedKey("log")),
  });
  await expectSize(blind, SIZE + 60);
  await blind.builder.close();
  expect(await refusal(start())).toEqual(["fork"]);
});

it("notices while it runs that the tail was replaced under it [AUD-7]", async () => {
  await log.append(SIZE);
  const watched = start();
  await expectSize(watched, SIZE);
  await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('other') WHERE seq = 699");
  expect(await refusal(watched)).toEqual(["fork"]);
});

it("stands by as watchful as it leads: a rollback is told by who only follows [AUD-7]", async () => {
  const leader = start();
  const follower = start({ memory: fileMemory(join(folder, "follower")) });
  await log.append(SIZE);
  await expectSize(leader, SIZE);
  await vi.waitFor(async () =>
    expect(await fileMemory(join(folder, "follower")).load()).toMatchObject({ size: SIZE }),
  );
  await log.query("DELETE FROM gateway_audit_checkpoints");
  await vi.waitFor(() => expect(follower.refusals).toContain("rollback"));
});

it("refuses when numbers stand there twice, and when the memory is of another log or no memory [AUD-7]", async () => {
  await signed();
  await log.append(3);
  await log.query("UPDATE gateway_audit_events SET seq = 701 WHERE seq = 702");
  expect(await refusal(start())).toEqual(["gap"]);
  await Promise.all(builders.splice(0).map((builder) => builder.close()));

  const memory = fileMemory(join(folder, "strange"));
  await memory.save({ origin: "other.example", size: 1, root: Buffer.alloc(32) });
  expect(await refusal(start({ memory }))).toEqual(["memory_unusable"]);
  await Promise.all(builders.splice(0).map((builder) => builder.close()));
  writeFileSync(join(folder, "strange"), "nonsense");
  expect(await refusal(start({ memory }))).toEqual(["memory_unusable"]);
});

it("goes on after retention dropped all that was logged, and says so in the log itself [AUD-7] [AUD-3]", async () => {
  await log.append(SIZE, { timestamp: 1_000_000_000 });
  const watched = start();
  await expectSize(watched, SIZE);
  const client = await log.pool.connect();
  await applyRetention(client, { days: 30, signer: watched.builder.recordSigner }, SILENT_AUDIT_OBSERVER);
  client.release();
  expect(await log.query("SELECT seq::int, event_type FROM gateway_audit_events")).toEqual([
    { seq: SIZE, event_type: "retention_purge" },
  ]);
  await expectSize(watched, SIZE + 1);
  await watched.builder.close();
  const next = start();
  await log.append(3);
  await expectSize(next, SIZE + 4);
  expect([...watched.refusals, ...next.refusals]).toEqual([]);
});

it("keeps what no checkpoint covers where the log is signed, and says what is wrong where it was not [AUD-3]", async () => {
  await log.append(5, { timestamp: 1_000_000_000 });
  const client = await log.pool.connect();
  const held: string[] = [];
  const observer = combineObservers(SILENT_AUDIT_OBSERVER, { purgeHeld: ({ reason }) => held.push(reason) });
  await applyRetention(
    client,
    { days: 30, signer: { origin: ORIGIN, signers: [signer], keys: createKeySet([]) } },
    observer,
  );
  expect(held).toEqual(["no signed checkpoint covers it"]);
  expect(await log.query("SELECT seq::int FROM gateway_audit_events")).toHaveLength(5);
  await applyRetention(client, { days: 30 }, observer);
  client.release();
  const errors: string[] = [];
  const builder = start({ observer: { refused: ({ message }) => errors.push(message) } });
  await vi.waitFor(() => expect(errors[0]).toMatch(/^Retention dropped the event at seq 0 before any/));
  expect(await builder.builder.latestCheckpoint()).toBeNull();
});

it("makes useless tiles again from the events, when those give what was signed [AUD-7]", async () => {
  for (const tamper of [
    "DELETE FROM gateway_audit_tiles",
    "UPDATE gateway_audit_tiles SET hashes = sha256('x') || substring(hashes FROM 33) WHERE width < 256",
  ]) {
    await log.empty();
    rmSync(join(folder, "memory"), { force: true });
    await signed();
    const before = await log.query("SELECT * FROM gateway_audit_tiles ORDER BY level, index");
    await log.query(tamper);
    const watched = start();
    await vi.waitFor(() => expect(watched.rebuilt).toEqual([SIZE]));
    expect(await log.query("SELECT * FROM gateway_audit_tiles ORDER BY level, index")).toEqual(before);
    await log.append(1);
    await expectSize(watched, SIZE + 1);
    await watched.builder.close();
  }
});

it("makes tiles that are missing below the newest ones again, too, where they are needed to go on [AUD-7]", async () => {
  await signed();
  const behind = readFileSync(join(folder, "memory"));
  await log.append(SIZE);
  const second = start();
  await expectSize(second, 2 * SIZE);
  await second.builder.close();
  const before = await log.query("SELECT * FROM gateway_audit_tiles ORDER BY level, index");
  // A replica that remembers the first tree proves that the second one continues it: by a tile that is not at the edge.
  writeFileSync(join(folder, "memory"), behind);
  await log.query("DELETE FROM gateway_audit_tiles WHERE level = 0 AND index = 2");
  const watched = start();
  await vi.waitFor(() => expect(watched.rebuilt).toEqual([2 * SIZE]), { timeout: 20_000 });
  await log.append(1);
  await expectSize(watched, 2 * SIZE + 1);
  expect(watched.refusals).toEqual([]);
  await watched.builder.close();
  const after = await log.query("SELECT * FROM gateway_audit_tiles ORDER BY level, index");
  expect(after.slice(0, 4)).toEqual(before.slice(0, 4));
});

it("says what the cause is where tiles are missing and retention has dropped what they would be made from [AUD-7] [AUD-3]", async () => {
  await log.append(SIZE, { timestamp: 1_000_000_000 });
  const first = start();
  await expectSize(first, SIZE);
  const client = await log.pool.connect();
  await applyRetention(client, { days: 30, signer: first.builder.recordSigner }, SILENT_AUDIT_OBSERVER);
  client.release();
  await expectSize(first, SIZE + 1);
  await first.builder.close();
  const messages: string[] = [];
  await log.query("DELETE FROM gateway_audit_tiles");
  const watched = start({
    observer: { refused: ({ code, message }) => messages.push(`${code}: ${message}`) },
  });
  await vi.waitFor(() => expect(messages.length).toBeGreaterThan(0), { timeout: 20_000 });
  expect(messages[0]).toMatch(/^tiles_altered: .*retention has dropped the event at seq 0.*from a backup/);
  await watched.builder.close();
});

it("signs neither of two histories when tiles and events both are not what was signed [AUD-7]", async () => {
  await signed();
  await log.query("DELETE FROM gateway_audit_tiles");
  await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('other') WHERE seq = 3");
  const watched = start();
  expect(await refusal(watched)).toEqual(["fork"]);
  expect(watched.rebuilt).toEqual([]);
});

it("does not overwrite a tile that does not begin as it should [AUD-7]", async () => {
  await log.append(SIZE);
  const watched = start();
  await expectSize(watched, SIZE);
  await log.query(
    "UPDATE gateway_audit_tiles SET hashes = sha256('x') || substring(hashes FROM 33) WHERE level = 0 AND index = 2",
  );
  await log.append(1);
  // Refused at first; then the leader starts anew and finds that the events are as they were.
  await vi.waitFor(() => expect(watched.refusals).toEqual(["tiles_altered"]));
  await expectSize(watched, SIZE + 1);
  expect(watched.rebuilt).toEqual([SIZE]);
});

it("does not say that it signs, time and again, while the database takes nothing of it [AUD-7]", async () => {
  await log.append(3);
  const reject = `
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100'', MESSAGE = ''no space left on device''; END';
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON gateway_audit_tiles EXECUTE FUNCTION full_disk()`;
  await log.query(reject);
  const leads: boolean[] = [];
  const failed = vi.fn<(error: unknown) => void>();
  const { builder } = start({
    observer: { failed, leadershipChanged: (leading) => void leads.push(leading) },
  });
  await vi.waitFor(() => expect(failed.mock.calls.length).toBeGreaterThan(2));
  expect(leads).toEqual([]);
  await log.query("DROP TRIGGER full_disk ON gateway_audit_tiles; DROP FUNCTION full_disk");
  await vi.waitFor(() => expect(leads).toEqual([true]), { timeout: 60_000 });
  await builder.close();
  expect(leads).toEqual([true, false]);
});

it("stands by a tree that it had decided on and not yet signed, or signs nothing [AUD-7]", async () => {
  await log.append(10);
  const memory = fileMemory(join(folder, "memory"));
  const failed = Promise.withResolvers<void>();
  const dying = start({
    memory: { load: memory.load, save: () => Promise.reject(new Error("died")) },
    observer: { failed: () => failed.resolve() },
  });
  await failed.promise;
  await dying.builder.close();
  expect(await dying.builder.latestCheckpoint()).toBeNull();

  // Before a builder signs, the same number of events tell something else.
  const restore = await backup();
  await log.query("DELETE FROM gateway_audit_tiles");
  await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('other') WHERE seq = 4");
  const next = start();
  expect(await refusal(next)).toEqual(["fork"]);
  expect(signer.signed.size).toBe(0);
  await restore();
  await expectSize(next, 10);
});

it("raises no alarm while another session still holds the lock and what is remembered is not signed yet [AUD-7]", async () => {
  await signed();
  // Decides on the next tree and remembers it, then fails to sign: as a leader whose connection breaks there.
  await log.append(20);
  const failed = vi.fn<(error: unknown) => void>();
  const sign = (): never => {
    throw new Error("no signature");
  };
  const doomed = start({ signer: { key: signer.key, sign }, observer: { failed } });
  await vi.waitFor(() => expect(failed).toHaveBeenCalled());
  await doomed.builder.close();

  const holder = await log.pool.connect();
  await vi.waitFor(async () => {
    expect(await tryLock(holder, "logBuilder")).toBe(true);
  });
  const memory = fileMemory(join(folder, "memory"));
  const looks = vi.fn<typeof memory.load>(() => memory.load());
  const heir = start({ memory: { ...memory, load: looks } });
  await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(2));
  holder.release(true);
  await expectSize(heir, SIZE + 20);
  expect(heir.refusals).toEqual([]);
});
