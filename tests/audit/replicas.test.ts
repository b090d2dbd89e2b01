import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createAuditLog } from "@sark/audit";
import { openCheckpoint, parseKeySet, verifyReceipt } from "@sark/audit/transparency-log";
import { createTestDatabase, noteExposition, startMcpServer, type McpServerHandle } from "@sark/testkit";
import { auditCommand } from "../support/audit-command.ts";
import { EVERYONE_MAY, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { EVERYONE, startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

// Three gateways, of which one is a process of its own: the one that is killed. Every test but the last leaves three.
const WAIT = { timeout: 120_000, interval: 50 };
const ORIGIN = "sark.local/audit";
let tools: McpServerHandle;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let folder: string;
let running: Replica[] = [];
beforeAll(async () => {
  tools = await startMcpServer();
  folder = mkdtempSync(join(tmpdir(), "sark-replicas-"));
  database = await createTestDatabase(inject("postgresUrl"));
  // What is there first leads.
  await leaderOf([await startProcess("a")]);
  await Promise.all(["b", "c"].map(startHere));
});
afterAll(async () => {
  await Promise.all(running.map((replica) => replica.end()));
  await tools.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

interface Replica {
  readonly name: string;
  readonly url: string;
  /** In this process there is none. */
  readonly process: GatewayProcess | null;
  end(): Promise<unknown>;
}

/** Each has a data directory of its own; the signing key is that of all. */
const settings = (name: string) => ({
  dataDirectory: join(folder, name),
  upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
  audit: {
    logKeyFile: join(folder, "log.pem"),
    checkpointInterval: "100ms",
    maintenanceInterval: "500ms",
    orphanAfter: "1s",
    retention: "30d",
  },
});

async function startProcess(name: string): Promise<Replica> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(settings(name)));
  const process = spawnGateway({
    environment: { DATABASE_URL: database.url, ...EVERYONE_MAY },
    args: ["--config", file],
  });
  await untilReady(process);
  const end = () => {
    process.kill("SIGKILL");
    return process.exited;
  };
  return added({ name, url: process.url(), process, end });
}

async function startHere(name: string): Promise<Replica> {
  const { upstreams, ...config } = settings(name);
  const gateway = await startGatewayUnderTest({
    upstreams,
    config: { ...config, database: { url: database.url } },
    policies: EVERYONE,
  });
  return added({ name, url: gateway.url, process: null, end: gateway.close });
}

function added(replica: Replica): Replica {
  running.push(replica);
  return replica;
}

async function killed(replica: Replica): Promise<void> {
  expect(replica.process).not.toBeNull();
  expect(await replica.end()).toBe("SIGKILL");
  running = running.filter((one) => one !== replica);
}

const keyOf = ({ name }: Replica) => ({
  "x-api-key": readFileSync(join(folder, name, "admin.key"), "utf8").trim(),
});

function get(replica: Replica, path: string) {
  return send(replica.url, { method: "GET", path, headers: keyOf(replica) });
}

async function decide(replica: Replica): Promise<void> {
  const body = { action: "gateway:tool:discover", server_name: "none" };
  const headers = keyOf(replica);
  const response = await send(replica.url, { path: "/api/v1/gateway/authorize", headers, body });
  expect(response.status).toBe(200);
}

const seqs = async (): Promise<number[]> => (await auditRows(database.url)).map(({ seq }) => Number(seq));

/** Waits until exactly one of them signs. */
function leaderOf(replicas: readonly Replica[]): Promise<Replica> {
  return vi.waitFor(async () => {
    const leading = [];
    for (const replica of replicas) {
      const { json } = await get(replica, "/health/detailed");
      const { components } = json as { components: { name: string; details?: { leading?: boolean } }[] };
      const log = components.find(({ name }) => name === "audit-log");
      if (log?.details?.leading === true) {
        leading.push(replica);
      }
    }
    expect(leading).toHaveLength(1);
    return leading[0]!;
  }, WAIT);
}

/** Waits until all of them serve one checkpoint that covers every event. */
function oneCheckpoint(replicas: readonly Replica[]): Promise<number> {
  const keys = parseKeySet(readFileSync(join(folder, replicas[0]!.name, "audit-log.vkey"), "utf8"));
  return vi.waitFor(async () => {
    const responses = await Promise.all(replicas.map((one) => get(one, "/api/v1/audit/checkpoint")));
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
    const { size } = openCheckpoint(responses[0]!.text, keys, ORIGIN);
    expect(size - 1).toBe((await seqs()).at(-1));
    return size;
  }, WAIT);
}

it("three replicas number without a gap, sign one at a time, and prove the same; another takes over from one that is killed [AUD-4] [AUD-7]", async () => {
  const replicas = [...running];
  const rounds = 15;
  await Promise.all(
    replicas.map(async (replica) => {
      for (let round = 0; round < rounds; round += 1) {
        await decide(replica);
      }
    }),
  );
  const numbers = await seqs();
  expect(numbers).toEqual(Array.from({ length: 3 * rounds }, (_, index) => index));
  expect(await oneCheckpoint(replicas)).toBe(3 * rounds);
  const leader = await leaderOf(replicas);

  // From any replica, for any event: the same key verifies it.
  const keys = parseKeySet(readFileSync(join(folder, "b", "audit-log.vkey"), "utf8"));
  const [row] = await auditRows(database.url, "seq = 7");
  for (const replica of replicas) {
    const { text } = await get(replica, `/api/v1/audit/receipt/${row!.id}`);
    expect(verifyReceipt(text, keys, { origin: ORIGIN }).receipt.index).toBe(7);
    expect((await get(replica, `/api/v1/audit/proof/${row!.id}`)).status).toBe(200);
    const { json } = await get(replica, "/api/v1/audit/consistency?from=3&to=40");
    expect(json).toEqual((await get(leader, "/api/v1/audit/consistency?from=3&to=40")).json);
  }

  await killed(leader);
  const survivors = replicas.filter((one) => one !== leader);
  await Promise.all(survivors.map(decide));
  const next = await leaderOf(survivors);
  expect(next).not.toBe(leader);
  const size = await oneCheckpoint(survivors);
  const back = await startProcess(leader.name);
  await decide(back);
  expect(await oneCheckpoint([...survivors, back])).toBeGreaterThan(size);
  await leaderOf([...survivors, back]);
  expect(await seqs()).toEqual(Array.from({ length: (await seqs()).length }, (_, index) => index));
  expect(
    await auditCommand(["verify", "--key", join(folder, back.name, "audit-log.vkey")], {
      DATABASE_URL: database.url,
    }),
  ).toMatchObject({ code: 0, report: { ok: true, findings: [] } });
});

it("three replicas drop what is due once, and record it once [AUD-3]", async () => {
  const replicas = [...running];
  const log = createAuditLog({ connectionString: database.url });
  const timestamp = Date.now() / 1_000 - 40 * 86_400;
  const recorded = await Promise.all(
    Array.from({ length: 50 }, () =>
      log.record({
        event_type: "tool_invoke",
        decision: "allow",
        reason: "",
        timestamp,
        gateway_request_id: "r",
      }),
    ),
  );
  await log.close();
  const old = `"timestamp" < now() - interval '30 days'`;
  await vi.waitFor(async () => expect(await auditRows(database.url, old)).toEqual([]), WAIT);
  // Each has had its turn since.
  const before = (await auditRows(database.url)).length;
  for (const replica of replicas) {
    await decide(replica);
  }
  await oneCheckpoint(replicas);
  const purges = await auditRows(database.url, "event_type = 'retention_purge'");
  const dropped = purges.flatMap(({ metadata }) => metadata["seq_ranges"] as [number, number][]);
  const numbers = dropped.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
  expect(numbers.toSorted((a, b) => a - b)).toEqual(recorded.map(({ seq }) => Number(seq)));
  expect((await auditRows(database.url)).length).toBe(before + 3);
});

it("a call that a gateway was killed under is listed, counted and shown without an end [AUD-6]", async () => {
  const first = running.find(({ process }) => process !== null)!;
  const second = running.find(({ process }) => process === null)!;
  const done = await send(first.url, toolCall("tools", "add", { a: 1, b: 2 }, keyOf(first)));
  expect(done.status).toBe(200);
  const call = send(first.url, toolCall("tools", "slow", { ms: 60_000, steps: 1 }, keyOf(first)));
  call.catch(() => undefined);
  const [intent] = await vi.waitFor(async () => {
    const rows = await auditRows(database.url, "tool_name = 'slow'");
    expect(rows).toHaveLength(1);
    return rows;
  }, WAIT);
  await killed(first);
  await expect(call).rejects.toThrow();

  await vi.waitFor(async () => {
    expect((await get(second, "/api/v1/audit/orphans")).json).toMatchObject({
      count: 1,
      intents: [{ event: { id: intent!.id, phase: "intent", tool_name: "slow" } }],
      next_cursor: null,
    });
  }, WAIT);
  expect((await get(second, `/api/v1/audit/events/${intent!.id}/trail`)).json).toMatchObject({
    steps: [{ kind: "call", intent_id: intent!.id, outcome_id: null }],
  });
  await vi.waitFor(async () => {
    const { text } = await get(second, "/metrics");
    noteExposition("gateway", text);
    expect(text).toMatch(/^sark_audit_orphaned_intents 1$/m);
  }, WAIT);
});
