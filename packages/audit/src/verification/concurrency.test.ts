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
