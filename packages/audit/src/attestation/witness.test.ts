import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it, vi } from "vitest";
import type { AttestationError } from "./errors.ts";
import { createLogBuilder, type LogBuilder } from "../log-builder/signing/log-builder.ts";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { createKeySet } from "../transparency-log/notes/key-set.ts";
import { createCosigner, createNoteSigner } from "../transparency-log/notes/note-signer.ts";
import { openCheckpoint } from "../transparency-log/notes/open-checkpoint.ts";
import { formatSignatureLine } from "../transparency-log/notes/signed-note.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import type { VerifierKey } from "../transparency-log/notes/verifier-key.ts";
import { startWitness, type TestWitness } from "./testing/start-witness.ts";
import { createWitness } from "./witness.ts";

const ORIGIN = "sark.example/audit";
const signer = createNoteSigner(ORIGIN, namedKey("log"));
const cosigner = createCosigner("witness.example/w1", namedKey("witness"));
const trust = (key: VerifierKey) => ({ key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER });
const keys = createKeySet([trust(signer.key), trust(cosigner.key)]);

let log: TestLog;
let witness: TestWitness;
let builder: LogBuilder | null = null;
const failures: AttestationError[] = [];

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());
beforeEach(async () => {
  await log.empty();
  witness = await startWitness(ORIGIN, createKeySet([trust(signer.key)]), cosigner);
  failures.length = 0;
});
afterEach(async () => {
  await builder?.close();
  builder = null;
  await witness.close();
});

function start(): LogBuilder {
  builder = createLogBuilder({
    pool: log.pool,
    signer,
    origin: ORIGIN,
    intervalMs: 5,
    attestors: [createWitness({ url: witness.url, key: cosigner.key, everyMs: 10 })],
    observer: { attestationFailed: ({ error }) => failures.push(error as AttestationError) },
  });
  builder.start();
  return builder;
}

/** The newest checkpoint, once the witness's cosignature is on it. */
async function witnessed(log: LogBuilder, size: number): Promise<number> {
  return vi.waitFor(
    async () => {
      const checkpoint = openCheckpoint((await log.latestCheckpoint())!, keys, ORIGIN);
      expect(checkpoint).toMatchObject({ size, witnessedBy: [{ key: cosigner.key }] });
      return checkpoint.witnessedBy[0]!.time;
    },
    { timeout: 20_000, interval: 10 },
  );
}

it("has checkpoints cosigned, each proven to continue the one before [AUD-7]", async () => {
  const first = start();
  await log.append(300);
  expect(Math.abs((await witnessed(first, 300)) - Date.now() / 1000)).toBeLessThan(60);
  await log.append(400);
  await witnessed(first, 700);
  await first.close();
  expect(new Set(witness.statuses)).toEqual(new Set([200]));

  // Started anew, it does not know how far the witness is, and learns it from the witness.
  await log.append(1);
  await witnessed(start(), 701);
  expect(witness.statuses.filter((status) => status !== 200)).toEqual([409]);
  expect(witness.newest.size).toBe(701);
  expect(failures).toEqual([]);
});

it("says so when the witness knows a longer log than there is: the history was set back [AUD-7]", async () => {
  const first = start();
  await log.append(30);
  await witnessed(first, 30);
  await first.close();
  await log.empty();
  await log.append(20);
  start();
  await vi.waitFor(() => expect(failures[0]).toMatchObject({ code: "rollback" }));
  await log.append(20);
  // As long as the witness's again, by another way: it cosigns nothing.
  await vi.waitFor(() => expect(failures.at(-1)?.message).toMatch(/422/), { timeout: 5_000 });
  expect(witness.newest.size).toBe(30);
});

const foreign = createCosigner(cosigner.key.name, namedKey("another witness"));
it.each<[string, (response: ServerResponse) => void]>([
  ["an error", (response) => response.writeHead(500).end("broken")],
  ["another redirect", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ["no signature", (response) => response.writeHead(200).end("thank you\n")],
  [
    "a foreign signature",
    (response) => response.writeHead(200).end(formatSignatureLine(foreign.cosign("x\n", 1))),
  ],
  [
    "a wrong signature",
    (response) => response.writeHead(200).end(formatSignatureLine(cosigner.cosign("x\n", 1))),
  ],
  ["no final newline", (response) => response.writeHead(200).end("—")],
  ["a conflict without a size", (response) => response.writeHead(409).end("7\n")],
  [
    "conflicts only",
    (response) => response.writeHead(409, { "content-type": "text/x.tlog.size" }).end("1\n"),
  ],
  ["far too much", (response) => response.writeHead(200).end("—".repeat(100_000))],
  ["a broken connection", (response) => response.destroy()],
])(
  "keeps nothing of a witness that responds with %s, and goes on signing [AUD-7]",
  async (_what, misbehave) => {
    witness.misbehave = misbehave;
    const log1 = start();
    await log.append(10);
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0));
    await log.append(10);
    await vi.waitFor(async () => {
      const checkpoint = openCheckpoint((await log1.latestCheckpoint())!, keys, ORIGIN);
      expect(checkpoint).toMatchObject({ size: 20, witnessedBy: [] });
    });
    witness.misbehave = null;
    await log.append(10);
    await witnessed(log1, 30);
  },
);

it("takes only cosignature keys for witnesses [AUD-7]", () => {
  expect(() => createWitness({ url: "http://127.0.0.1", key: signer.key })).toThrow("no cosignature key");
});
