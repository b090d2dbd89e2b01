import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createLogBuilder } from "../log-builder/signing/log-builder.ts";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import type { Finding } from "./findings/finding.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { keys, signer, retainLog, exportedLog, inOnePiece } from "./testing/signed-log.ts";

let log: TestLog;

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());

it("raises no false alarm while events are written, signed and dropped [AUD-7]", async () => {
  const problems: unknown[] = [];
  const builder = createLogBuilder({
    pool: log.pool,
    signer,
    origin: signer.key.name,
    intervalMs: 1,
    observer: { refused: (error) => problems.push(error), failed: (error) => problems.push(error) },
  });
  builder.start();
  await log.append(500, { timestamp: 1_000_000_000 });
  await vi.waitFor(async () => expect(await builder.latestCheckpoint()).not.toBeNull());

  const ending = new AbortController();
  const background = async (work: () => Promise<unknown>): Promise<void> => {
    while (!ending.signal.aborted) {
      await work();
    }
  };
  let number = 0;
  const running = [
    // Every third batch is old enough to be dropped at once.
    background(() => log.append(50, (number += 1) % 3 === 0 ? { timestamp: 1_000_000_000 } : {})),
    background(() => retainLog(log.pool)),
  ];

  const found: Finding[] = [];
  let remembered: string | null = null;
  let [events, purged] = [0, 0];
  // Until retention has found its moment between two unsigned batches.
  for (let round = 0; round < 6 || purged < 500; round += 1) {
    const online = await verifyOnline({ pool: log.pool, keys, remembered });
    const input = inOnePiece(await exportedLog(log.pool));
    const offline = await verifyExport({ input, keys, remembered });
    found.push(...online.findings, ...offline.findings);
    remembered = online.checkpoint?.note ?? remembered;
    [events, purged] = [online.events, online.purged];
  }
  ending.abort();
  await Promise.all(running);
  await builder.close();
  expect(found).toEqual([]);
  expect(problems).toEqual([]);
  expect(events).toBeGreaterThan(100);
});

/** A log of which retention drops more each time that a verifier has read what excuses missing events. */
async function droppedUnderWay() {
  const own = await createTestLog(inject("postgresUrl"));
  const builder = createLogBuilder({ pool: own.pool, signer, origin: signer.key.name, intervalMs: 1 });
  builder.start();
  const appendOld = async (): Promise<void> => {
    await own.append(20, { timestamp: 1_000_000_000 });
    const { rows } = await own.pool.query<{ end: string }>(
      "SELECT max(seq) + 1 AS end FROM gateway_audit_events",
    );
    // Retention leaves what is not signed.
    await vi.waitFor(async () =>
      expect(Number((await builder.latestCheckpoint())?.split("\n")[1])).toBeGreaterThanOrEqual(
        Number(rows[0]?.end),
      ),
    );
  };
  await own.append(20);
  await appendOld();
  const connect = async () => {
    const client = await own.pool.connect();
    const { query, release } = client;
    const asked = query.bind(client) as (...given: unknown[]) => unknown;
    const hooked = (...given: unknown[]): unknown =>
      typeof given[0] === "string" && given[0].startsWith("SELECT min(seq) AS next")
        ? retainLog(own.pool)
            .then(appendOld)
            .then(() => asked(...given))
        : asked(...given);
    return Object.assign(client, {
      query: hooked,
      release(error?: Error) {
        Object.assign(client, { query, release });
        release.call(client, error);
      },
    });
  };
  return { own, builder, pool: { connect } as unknown as typeof own.pool };
}

it("says that nothing can be said while retention goes on dropping, and names all the same what it did not drop [AUD-7]", async () => {
  const { own, builder, pool } = await droppedUnderWay();
  try {
    await expect(verifyOnline({ pool, keys })).rejects.toMatchObject({ code: "dropped_meanwhile" });
    expect(await verifyOnline({ pool: own.pool, keys })).toMatchObject({ ok: true });
    await own.pool.query("DELETE FROM gateway_audit_events WHERE seq = 3");
    expect(await verifyOnline({ pool, keys })).toMatchObject({
      ok: false,
      findings: [{ kind: "missing", seq: 3 }],
    });
  } finally {
    await builder.close();
    await own.close();
  }
});
