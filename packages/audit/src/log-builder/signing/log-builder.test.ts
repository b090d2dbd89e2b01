import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it, vi } from "vitest";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { createKeySet, type KeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { openCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { parseProof, verifyReceipt } from "../../transparency-log/proofs/receipt.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { referenceTree } from "../../transparency-log/testing/reference-tree.ts";
import { verifyConsistency, verifyInclusion } from "../../transparency-log/proofs/verify-proof.ts";
import { fileMemory } from "./checkpoint-memory.ts";
import { deleteRedundantCheckpoints } from "../../log-tables/checkpoint-table.ts";
import { createLogBuilder, type LogBuilder, type LogBuilderOptions } from "./log-builder.ts";
import { createTestLog, type TestLog } from "../testing/test-log.ts";

const ORIGIN = "sark.example/audit";
const signer = createNoteSigner(ORIGIN, namedKey("log"));
const everySize = { fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER };
const keys: KeySet = createKeySet([{ key: signer.key, ...everySize }]);

let log: TestLog;
let folder: string;
const builders: LogBuilder[] = [];

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-log-"));
  await log.empty();
});
afterEach(async () => {
  await Promise.all(builders.splice(0).map((builder) => builder.close()));
  rmSync(folder, { recursive: true });
});

function build(options: Partial<LogBuilderOptions> = {}): LogBuilder {
  const builder = createLogBuilder({ pool: log.pool, signer, origin: ORIGIN, intervalMs: 20, ...options });
  builders.push(builder);
  return builder;
}

async function sizeOf(builder: LogBuilder): Promise<number> {
  const note = await builder.latestCheckpoint();
  return note === null ? 0 : openCheckpoint(note, keys, ORIGIN).size;
}

async function expectSize(builder: LogBuilder, size: number): Promise<void> {
  await vi.waitFor(async () => expect(await sizeOf(builder)).toBe(size), { timeout: 20_000, interval: 10 });
}

it("signs the tree over the committed events and proves each of them [AUD-7]", async () => {
  const builder = build();
  expect(await builder.latestCheckpoint()).toBeNull();
  expect(await builder.tile(0, 0, 1)).toBeNull();
  builder.start();
  const events = [...(await log.append(300))];
  await expectSize(builder, 300);
  events.push(...(await log.append(700)));
  await expectSize(builder, 1_000);

  const reference = referenceTree(events.map(({ canonical }) => canonical));
  const checkpoint = openCheckpoint((await builder.latestCheckpoint())!, keys, ORIGIN);
  expect(checkpoint.root).toEqual(reference.root(0, 1_000));
  for (const index of [0, 255, 256, 999]) {
    const { id, canonical } = events[index]!;
    const { receipt } = verifyReceipt(await builder.receipt(id), keys, { origin: ORIGIN });
    expect(receipt.index).toBe(index);
    expect(Buffer.from(receipt.event)).toEqual(canonical);
    const proof = parseProof(await builder.proof(id));
    expect(proof.event).toBeNull();
    const leaf = reference.root(index, index + 1);
    expect(verifyInclusion(index, 1_000, leaf, proof.hashes, checkpoint.root)).toBe(true);
  }
  const consistency = await builder.consistency(300);
  expect(verifyConsistency(300, 1_000, reference.root(0, 300), checkpoint.root, consistency.hashes)).toBe(
    true,
  );
});

it("serves tiles at the widths that the signed tree has, and no others [AUD-7]", async () => {
  const builder = build();
  builder.start();
  const events = await log.append(600);
  await expectSize(builder, 600);
  const leaves = events.map(({ canonical }) => leafHash(canonical));
  expect(await builder.tile(0, 0, 256)).toEqual(Buffer.concat(leaves.slice(0, 256)));
  expect(await builder.tile(0, 0, 17)).toEqual(Buffer.concat(leaves.slice(0, 17)));
  expect(await builder.tile(0, 2, 88)).toEqual(Buffer.concat(leaves.slice(512)));
  const reference = referenceTree(events.map(({ canonical }) => canonical));
  expect(await builder.tile(1, 0, 2)).toEqual(
    Buffer.concat([reference.root(0, 256), reference.root(256, 512)]),
  );
  for (const [level, index, width] of [
    [0, 2, 89],
    [0, 3, 1],
    [1, 0, 3],
    [2, 0, 1],
    [0, 0, 0],
  ] as const) {
    expect(await builder.tile(level, index, width)).toBeNull();
  }
});

it("says of what it cannot prove why [AUD-7]", async () => {
  const builder = build();
  const [event] = await log.append(1);
  await expect(builder.proof(event!.id)).rejects.toMatchObject({ code: "not_yet_logged" });
  await expect(builder.consistency(1)).rejects.toMatchObject({ code: "not_yet_logged" });
  await expect(builder.proof("no uuid")).rejects.toMatchObject({ code: "unknown_event" });
  await expect(builder.receipt("019a9b1e-0000-7000-8000-00000000abcd")).rejects.toMatchObject({
    code: "unknown_event",
  });
  builder.start();
  await expectSize(builder, 1);
  await log.query("UPDATE gateway_audit_events SET canonical = 'x'");
  await expect(builder.receipt(event!.id)).rejects.toMatchObject({ code: "unprovable" });
});

it("has one leader; another takes over when it ends or loses its connection [AUD-7]", async () => {
  const leading = new Set<string>();
  const replica = (name: string): LogBuilder =>
    build({
      memory: fileMemory(join(folder, name)),
      observer: {
        leadershipChanged: (leads) => (leads ? leading.add(name) : leading.delete(name)),
      },
    });
  const [a, b] = [replica("a"), replica("b")];
  a.start();
  await vi.waitFor(() => expect([...leading]).toEqual(["a"]));
  b.start();
  await log.append(10);
  await expectSize(b, 10);
  expect([...leading]).toEqual(["a"]);
  // Standing by, b remembers what a signed.
  await vi.waitFor(async () =>
    expect(await fileMemory(join(folder, "b")).load()).toMatchObject({ size: 10 }),
  );

  await a.close();
  await vi.waitFor(() => expect([...leading]).toEqual(["b"]));
  await log.append(10);
  await expectSize(b, 20);

  const c = replica("c");
  await log.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
    AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  c.start();
  await log.append(10);
  await expectSize(c, 30);
});

it("goes on after the keys were changed, by both of them or by the new one alone [AUD-7]", async () => {
  const next = createNoteSigner(ORIGIN, namedKey("next"));
  const last = createNoteSigner(ORIGIN, namedKey("last"));
  const all = createKeySet([signer, next, last].map(({ key }) => ({ key, ...everySize })));
  const signedBy = async (builder: LogBuilder, size: number): Promise<string[]> =>
    vi.waitFor(async () => {
      const checkpoint = openCheckpoint((await builder.latestCheckpoint())!, all, ORIGIN);
      expect(checkpoint.size).toBe(size);
      return checkpoint.signedBy.map(({ vkey }) => vkey);
    });
  const steps: [Partial<LogBuilderOptions>, string[]][] = [
    [{}, [signer.key.vkey]],
    [{ signer: next, retiringSigners: [signer] }, [next.key.vkey, signer.key.vkey]],
    [{ signer: next }, [next.key.vkey]],
    [{ signer: last, formerKeys: [{ key: next.key, ...everySize }] }, [last.key.vkey]],
  ];
  for (const [index, [options, names]] of steps.entries()) {
    const builder = build(options);
    builder.start();
    await log.append(5);
    expect(await signedBy(builder, (index + 1) * 5)).toEqual(names);
    await builder.close();
  }
});

it("thins out old checkpoints to one in each hour and 1,024 events [AUD-7]", async () => {
  const root = Buffer.alloc(32);
  const old = [1, 2, 3, 1_023, 1_024, 1_025];
  for (const size of old) {
    await log.query(
      `INSERT INTO gateway_audit_checkpoints (size, root, note, decided_at)
       VALUES ($1::int, $2, 'x', date_trunc('hour', now()) - interval '3 days' + $1::int * interval '1 second')`,
      [size, root],
    );
  }
  await log.query("UPDATE gateway_audit_checkpoints SET time_stamp = 'x' WHERE size = 2");
  await deleteRedundantCheckpoints(log.pool);
  const rows = await log.query("SELECT size::int FROM gateway_audit_checkpoints ORDER BY size");
  expect(rows.map(({ size }) => size)).toEqual([2, 1_023, 1_025]);
});
