import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startPostgres, startSplunkHec, type SplunkHec, type TemporaryPostgres } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { migrate } from "../../index.ts";
import { createDestinationControl } from "../postgres-ledger/destination-control.ts";
import { createQuarantine } from "../postgres-ledger/quarantine.ts";
import { indexedSeqs, splunkDestination } from "../testing/engine.ts";
import { openLog, type LogDatabase } from "../testing/log-database.ts";
import { startDelivery, type Delivery } from "./start-delivery.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const PROGRAM = fileURLToPath(new URL("../testing/deliver-program.ts", import.meta.url));
const PATIENCE = { timeout: 50_000, interval: 25 };

let postgres: TemporaryPostgres;
let log: LogDatabase;
let hec: SplunkHec;
let children: ChildProcess[];
let deliveries: Delivery[];
beforeEach(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrate(url);
  log = openLog(url);
  hec = await startSplunkHec({ token: TOKEN, acknowledgement: true });
  children = [];
  deliveries = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const delivery of deliveries) await delivery.close(0);
  await hec.close();
  await log.drop();
  await postgres.stop();
});

async function spawnReplica(replica: string): Promise<ChildProcess> {
  const settings = { url: log.url, hec: hec.url, token: TOKEN, replica, acknowledgementTimeoutMs: 500 };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

/** Waits until nothing is behind and the figures add up; what is then missing, or in quarantine without reason. */
async function judge(count: number): Promise<{ lost: number[]; wronglySetAside: number[] }> {
  const control = createDestinationControl(log.pool);
  await vi.waitFor(async () => {
    expect(await control.status()).toMatchObject([{ written: count, behind: 0, addsUp: true }]);
  }, PATIENCE);
  const setAside = (await createQuarantine(log.pool).list("splunk", { limit: 1_000 })).map(({ seq }) => seq);
  const accounted = new Set([...indexedSeqs(hec), ...setAside]);
  const all = Array.from({ length: count }, (_, seq) => seq);
  return {
    lost: all.filter((seq) => !accounted.has(seq)),
    wronglySetAside: setAside.filter((seq) => poisonous(seq).reason === undefined),
  };
}
const NOTHING = { lost: [], wronglySetAside: [] };

function poisonous(seq: number): { reason?: string } {
  return seq % 70 === 13 ? { reason: "poison" } : {};
}

describe("deliveries survive", () => {
  it(
    "kill -9 of the replica that delivers, again and again, while others want the lead [SIEM-5]",
    { timeout: 150_000 },
    async () => {
      hec.poison("poison");
      let total = 0;
      const replicas = [await spawnReplica("a"), await spawnReplica("b")];
      for (let round = 0; round < 4; round++) {
        // Killed at whatever it is doing: reading, sending, waiting for acknowledgement, writing down.
        hec.faults.add(
          { kind: "reset-after-body", taken: true },
          { kind: "special", name: "never-acknowledged" },
        );
        await log.append(200, poisonous);
        total += 200;
        const before = hec.requests().length;
        await vi.waitUntil(() => hec.requests().length > before + round, PATIENCE);
        const victim = replicas[round % 2];
        victim?.kill("SIGKILL");
        replicas[round % 2] = await spawnReplica(`r${round}`);
      }
      expect(await judge(total)).toEqual(NOTHING);
    },
  );

  it(
    "a leader that stands still: another one takes over, and the first cannot move the cursor back [SIEM-5]",
    { timeout: 150_000 },
    async () => {
      const control = createDestinationControl(log.pool);
      const leader = async () => (await control.status())[0]?.leader;
      const first = await spawnReplica("first");
      await vi.waitFor(async () => expect(await leader()).toBe("first"), PATIENCE);
      const second = await spawnReplica("second");
      hec.faults.add({ kind: "hang" });
      await log.append(100);
      await vi.waitUntil(() => hec.requests().length > 0, PATIENCE);
      first.kill("SIGSTOP");
      await vi.waitFor(async () => expect(await leader()).toBe("second"), PATIENCE);
      await log.append(100);
      await vi.waitFor(async () => expect(await control.status()).toMatchObject([{ behind: 0 }]), PATIENCE);
      first.kill("SIGCONT");
      await log.append(100);
      second.kill("SIGKILL");
      expect(await judge(300)).toEqual(NOTHING);
    },
  );

  it("PostgreSQL that crashes, restarts and hangs [SIEM-5]", { timeout: 150_000 }, async () => {
    hec.poison("poison");
    const failures: string[] = [];
    for (const replica of ["a", "b"]) {
      const sinkSettings = { acknowledgementTimeoutMs: 500 };
      deliveries.push(
        startDelivery({
          connectionString: log.url,
          destinations: [splunkDestination(hec, TOKEN, { settings: { maxEvents: 20 }, sinkSettings })],
          replica,
          pollMs: 10,
          electionMs: 20,
          statementTimeoutMs: 1_000,
          observer: { storeFailed: (operation) => void failures.push(operation) },
        }),
      );
    }
    await log.append(400, poisonous);
    await vi.waitUntil(() => hec.indexed().length > 20, PATIENCE);
    await postgres.kill();
    await postgres.restart();
    await log.append(400, poisonous);
    await vi.waitUntil(() => hec.indexed().length > 420, PATIENCE);
    postgres.pause();
    const before = failures.length;
    await vi.waitUntil(() => failures.length > before, PATIENCE);
    postgres.resume();
    await log.append(200, poisonous);
    expect(await judge(1_000)).toEqual(NOTHING);
    expect(new Set(failures)).toContain("session");
  });
});
