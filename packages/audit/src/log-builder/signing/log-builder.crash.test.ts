import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, afterEach, expect, inject, it, vi } from "vitest";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner, type NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { openCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { referenceTree } from "../../transparency-log/testing/reference-tree.ts";
import { fileMemory, type CheckpointMemory } from "./checkpoint-memory.ts";
import { createLogBuilder, type LogBuilder, type LogBuilderOptions } from "./log-builder.ts";
import { recordingSigner } from "../testing/recording-signer.ts";
import { createTestLog, type AppendedEvent, type TestLog } from "../testing/test-log.ts";

const ORIGIN = "sark.example/audit";
let log: TestLog;
let folder: string;

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());
beforeEach(async () => {
  await log.empty();
  folder = mkdtempSync(join(tmpdir(), "sark-log-"));
});
afterEach(async () => {
  await Promise.all(builders.splice(0).map((builder) => builder.close()));
  rmSync(folder, { recursive: true });
});

const builders: LogBuilder[] = [];
function build(options: Omit<LogBuilderOptions, "origin">): LogBuilder {
  const builder = createLogBuilder({ ...options, origin: ORIGIN, intervalMs: 1 });
  builders.push(builder);
  builder.start();
  return builder;
}

/** Counts every step that leaves the process, and ends the builder's world before or after a chosen one. */
function crashingWorld(
  pool: pg.Pool,
  memory: CheckpointMemory,
  signer: NoteSigner,
  step: number,
  after: boolean,
) {
  let taken = 0;
  const around = async <T>(work: () => T | Promise<T>): Promise<T> => {
    taken += 1;
    const crash = new Error(`crashed at step ${step}`);
    if (taken > step || (taken === step && !after)) {
      throw crash;
    }
    const result = await work();
    if (taken === step) {
      throw crash;
    }
    return result;
  };
  const bound = (target: object, name: PropertyKey): unknown => {
    const value: unknown = Reflect.get(target, name);
    return typeof value === "function" ? (value.bind(target) as unknown) : value;
  };
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    return new Proxy(client, {
      get(target, property) {
        if (property === "query") {
          return (...values: Parameters<pg.PoolClient["query"]>) => around(() => target.query(...values));
        }
        return bound(target, property);
      },
    });
  };
  return {
    pool: new Proxy(pool, {
      get: (target, name) => (name === "connect" ? connect : bound(target, name)),
    }),
    memory: {
      load: () => around(() => memory.load()),
      save: (checkpoint) => around(() => memory.save(checkpoint)),
    } satisfies CheckpointMemory,
    signer: {
      key: signer.key,
      sign(text) {
        taken += 1;
        if (taken >= step && !after) {
          throw new Error(`crashed at step ${step}`);
        }
        const signature = signer.sign(text);
        if (taken >= step) {
          throw new Error(`crashed at step ${step}`);
        }
        return signature;
      },
    } satisfies NoteSigner,
    get reached() {
      return taken >= step;
    },
  };
}

async function newestSize(builder: LogBuilder, keys: Parameters<typeof openCheckpoint>[1]): Promise<number> {
  const note = await builder.latestCheckpoint();
  return note === null ? 0 : openCheckpoint(note, keys, ORIGIN).size;
}

it.each([false, true])(
  "never signs two trees of one size, whichever step it dies at (the step itself done: %s) [AUD-7]",
  async (after) => {
    const signer = recordingSigner(createNoteSigner(ORIGIN, namedKey("log")));
    const keys = createKeySet([{ key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER }]);
    const memory = fileMemory(join(folder, "memory"));
    const events: AppendedEvent[] = [...(await log.append(100))];
    let steps = 0;

    for (let step = 1; ; step += 1) {
      const world = crashingWorld(log.pool, memory, signer, step, after);
      let crashed = false;
      const doomed = build({ ...world, observer: { failed: () => (crashed = true) } });
      const complete = await vi.waitFor(
        async () => {
          const done = (await newestSize(doomed, keys)) === events.length;
          expect(done || crashed).toBe(true);
          return done && !world.reached;
        },
        { timeout: 20_000, interval: 2 },
      );
      await doomed.close();
      steps = step;
      if (complete) {
        break;
      }

      // More happens before another builder takes over, so that what was decided on is not the newest any more.
      events.push(...(await log.append(3)));
      const refused = vi.fn<(error: Error) => void>();
      const heir = build({ pool: log.pool, memory, signer, observer: { refused } });
      await vi.waitFor(async () => expect(await newestSize(heir, keys)).toBe(events.length), {
        timeout: 20_000,
        interval: 2,
      });
      await heir.close();
      expect(refused).not.toHaveBeenCalled();
      events.push(...(await log.append(200)));
    }

    expect(steps).toBeGreaterThan(12);
    const reference = referenceTree(events.map(({ canonical }) => canonical));
    for (const [size, roots] of signer.signed) {
      expect([...roots]).toEqual([reference.root(0, size).toString("hex")]);
    }
    const rows = await log.query("SELECT size::int, note FROM gateway_audit_checkpoints");
    expect(rows.every(({ note }) => note !== null)).toBe(true);
  },
);

it("goes on after kill -9, again and again, while events flow [AUD-7]", async () => {
  const program = new URL("../testing/build-log.ts", import.meta.url);
  const events: AppendedEvent[] = [];
  const sizes = async (): Promise<number> =>
    Number((await log.query("SELECT count(*) FROM gateway_audit_checkpoints"))[0]?.["count"]);
  const complaints: unknown[] = [];

  for (let round = 0; round < 5; round += 1) {
    const child = fork(program, [log.url, folder], { stdio: "inherit" });
    child.on("message", (message: { readonly refused?: string }) => {
      if (message.refused !== undefined) {
        complaints.push(message.refused);
      }
    });
    // Before it signs, events would only pile up.
    await once(child, "message");
    const before = await sizes();
    // Killed in the midst of signing: as soon as this round has signed a few trees.
    await vi.waitFor(
      async () => {
        events.push(...(await log.append(20)));
        expect(await sizes()).toBeGreaterThan(before + 3);
      },
      { timeout: 30_000, interval: 1 },
    );
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  expect(complaints).toEqual([]);
  const reference = referenceTree(events.map(({ canonical }) => canonical));
  const signed = readFileSync(join(folder, "signed"), "utf8").trim().split("\n");
  expect(new Set(signed).size).toBeGreaterThan(15);
  const right = new Set(
    events.map((_event, at) => `${at + 1} ${reference.root(0, at + 1).toString("base64")}`),
  );
  expect(signed.filter((line) => !right.has(line))).toEqual([]);
});
