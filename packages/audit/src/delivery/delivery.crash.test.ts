import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startSplunkHec, type ReceiverFault, type SplunkHec } from "@sark/testkit";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createDestinationControl } from "./postgres/destination-control.ts";
import type { DestinationControl } from "./engine/ports/destination-control.ts";
import { createQuarantine } from "./postgres/quarantine.ts";
import { indexedSeqs } from "./testing/engine.ts";
import { createLogDatabase, type LogDatabase } from "./testing/log-database.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const PROGRAM = fileURLToPath(new URL("./testing/deliver-program.ts", import.meta.url));
const WAIT = { timeout: 50_000, interval: 10 };

let log: LogDatabase;
let control: DestinationControl;
let hec: SplunkHec;
let replicas: Map<string, ChildProcess>;
beforeEach(async () => {
  log = await createLogDatabase(inject("postgresUrl"));
  control = createDestinationControl(log.pool);
  hec = await startSplunkHec({ token: TOKEN, acknowledgement: true });
  hec.poison("poison");
  replicas = new Map();
});
afterEach(async () => {
  for (const replica of replicas.values()) {
    replica.kill("SIGKILL");
  }
  await hec.close();
  await log.drop();
});

function startReplica(): void {
  const replica = `replica-${replicas.size}`;
  const settings = { url: log.url, hec: hec.url, token: TOKEN, replica, acknowledgementTimeout: "500ms" };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  replicas.set(replica, child);
}

/** The replica that delivers, once it is one that lives. */
async function leader(): Promise<ChildProcess> {
  return vi.waitFor(async () => {
    const [status] = await control.status();
    const child = replicas.get(status?.leader ?? "");
    if (child === undefined || child.signalCode !== null) {
      throw new Error("no replica leads");
    }
    return child;
  }, WAIT);
}

async function kill(replica: ChildProcess): Promise<void> {
  const ended = once(replica, "exit");
  replica.kill("SIGKILL");
  await ended;
}

/** Two poisonous events in each hundred. */
function poisonous(seq: number): { reason?: string } {
  return seq % 50 === 13 ? { reason: "poison" } : {};
}

/** Waits until nothing is behind and the figures add up; what is then missing, or in quarantine without reason. */
async function findLosses(count: number): Promise<{ lost: number[]; wronglyQuarantined: number[] }> {
  await vi.waitFor(async () => {
    expect(await control.status()).toMatchObject([{ written: count, behind: 0, addsUp: true }]);
  }, WAIT);
  const quarantined = (await createQuarantine(log.pool).list("splunk", { limit: 1_000 })).map(
    ({ seq }) => seq,
  );
  const accounted = new Set([...indexedSeqs(hec), ...quarantined]);
  const all = Array.from({ length: count }, (_, seq) => seq);
  return {
    lost: all.filter((seq) => !accounted.has(seq)),
    wronglyQuarantined: quarantined.filter((seq) => poisonous(seq).reason === undefined),
  };
}
const NOTHING = { lost: [], wronglyQuarantined: [] };

/** Brings the leader to a step that it cannot leave; resolves to what lets others pass. */
type Step = () => Promise<() => Promise<void>>;

/** The receiver has the next request, and goes on as the fault says. */
const atReceiver =
  (fault: ReceiverFault): Step =>
  async () => {
    const { on = "events" } = fault;
    const count = () => hec.requests().filter(({ operation }) => operation === on).length;
    const before = count();
    hec.faults.add(fault);
    await log.append(100, poisonous);
    await vi.waitUntil(() => count() > before, WAIT);
    return () => Promise.resolve();
  };

/** The leader waits in the database for what is locked here. */
const inDatabase =
  (lock: string): Step =>
  async () => {
    const client = new pg.Client({ connectionString: log.url });
    // The end of a test that failed drops the database under it.
    client.on("error", () => undefined);
    await client.connect();
    await client.query("BEGIN");
    await client.query(lock);
    await log.append(100, poisonous);
    await vi.waitFor(async () => {
      const { rows } = await log.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sark-delivery'
         AND wait_event_type = 'Lock'`,
      );
      expect(rows).not.toEqual([]);
    }, WAIT);
    return () => client.end();
  };

/** What was refused is sent again, and taken now. */
const replaying: Step = async () => {
  await vi.waitFor(async () => expect(await control.status()).toMatchObject([{ behind: 0 }]), WAIT);
  hec.poison(null);
  const before = hec.requests().length;
  hec.faults.add({ kind: "hang", taken: true });
  await createQuarantine(log.pool).replay({ destination: "splunk" });
  await vi.waitUntil(() => hec.requests().length > before, WAIT);
  return () => Promise.resolve();
};

describe("deliveries survive", () => {
  it("kill -9 at every step, while another one waits for the lead [SIEM-5]", async () => {
    const steps: readonly Step[] = [
      // Reading the log, which takes all partitions; writing to it takes one.
      inDatabase("LOCK TABLE long_ago IN ACCESS EXCLUSIVE MODE"),
      atReceiver({ kind: "hang" }),
      atReceiver({ kind: "hang", taken: true }),
      atReceiver({ kind: "special", name: "never-acknowledged" }),
      atReceiver({ kind: "hang", on: "ack" }),
      // Writing cursor and quarantine down, which the database does for the dead, too.
      inDatabase("SELECT FROM audit_destinations FOR UPDATE"),
      replaying,
    ];
    await log.pool.query(
      "CREATE TABLE long_ago PARTITION OF gateway_audit_events FOR VALUES FROM ('2000-01-01') TO ('2000-01-02')",
    );
    startReplica();
    startReplica();
    for (const step of steps) {
      const victim = await leader();
      const release = await step();
      await kill(victim);
      startReplica();
      await release();
    }
    await vi.waitFor(async () => expect(await control.status()).toMatchObject([{ quarantined: 0 }]), WAIT);
    expect(await findLosses((steps.length - 1) * 100)).toEqual(NOTHING);
  });

  it("a leader that stands still: another one takes over, and the first cannot move the cursor back [SIEM-5]", async () => {
    startReplica();
    startReplica();
    const first = await leader();
    await atReceiver({ kind: "hang" })();
    first.kill("SIGSTOP");
    const second = await vi.waitFor(async () => {
      const now = await leader();
      expect(now).not.toBe(first);
      return now;
    }, WAIT);
    await log.append(100, poisonous);
    await vi.waitFor(async () => expect(await control.status()).toMatchObject([{ behind: 0 }]), WAIT);
    first.kill("SIGCONT");
    await log.append(100, poisonous);
    await kill(second);
    expect(await findLosses(300)).toEqual(NOTHING);
  });
});
