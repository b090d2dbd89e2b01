import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wait } from "@sark/observability/waiting";
import { createAuditDatabase } from "@sark/audit/testing";
import {
  requireServer,
  startHaproxy,
  startMcpServer,
  type Haproxy,
  type McpServerHandle,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EVERYONE_MAY, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { auditRows } from "../support/observed.ts";
import { CLIENTS, connectClient, type ClientKind, type OfficialClient } from "../support/official-clients.ts";
import { send } from "../support/requests.ts";

const NAMES = ["a", "b", "c"];

describe.skipIf(requireServer("haproxy") === null)(
  "three replicas behind a balancer without affinity",
  () => {
    let tools: McpServerHandle;
    let database: Awaited<ReturnType<typeof createAuditDatabase>>;
    let haproxy: Haproxy;
    let folder: string;
    const replicas = new Map<string, GatewayProcess>();
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sark-rolling-"));
      writeFileSync(join(folder, "session-key"), randomBytes(32).toString("hex"));
      tools = await startMcpServer();
      database = await createAuditDatabase();
      haproxy = await startHaproxy(NAMES);
      // The first makes the key of the log and the API key that all of them use.
      await start("a");
      await Promise.all(["b", "c"].map(start));
    });
    afterAll(async () => {
      for (const replica of replicas.values()) {
        replica.kill("SIGKILL");
      }
      await Promise.all([...replicas.values()].map(({ exited }) => exited));
      await haproxy.close();
      await tools.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    });

    /** Starts a replica and lets the balancer know; resolves when it sends requests there. */
    async function start(name: string): Promise<void> {
      const file = join(folder, `${name}.json`);
      writeFileSync(
        file,
        JSON.stringify({
          dataDirectory: join(folder, name),
          authentication: { apiKeysFile: join(folder, "api-keys.json") },
          mcp: { sessionKey: `\${file:${join(folder, "session-key")}}` },
          upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
          audit: { logKeyFile: join(folder, "log.pem") },
        }),
      );
      const replica = spawnGateway({
        environment: { DATABASE_URL: database.url, ...EVERYONE_MAY },
        args: ["--config", file],
      });
      replicas.set(name, replica);
      await untilReady(replica);
      await haproxy.point(name, Number(new URL(replica.url()).port));
      await vi.waitFor(async () => expect(await haproxy.isUp(name)).toBe(true));
    }

    const credentials = () => ({ "x-api-key": readFileSync(join(folder, "admin.key"), "utf8").trim() });

    /** As an operator does it: out of service, until the balancer knows and no call runs; then the signal. */
    async function restart(name: string): Promise<void> {
      const replica = replicas.get(name)!;
      const path = "/admin/v1/drain";
      const headers = credentials();
      const begun = await send(replica.url(), {
        path,
        headers,
        body: { timeout: "1h", reason: "rolling restart" },
      });
      expect(begun).toMatchObject({ status: 202, json: { state: "draining" } });
      await vi.waitFor(async () => expect(await haproxy.isUp(name)).toBe(false));
      await vi.waitFor(async () => {
        const { json } = await send(replica.url(), { method: "GET", path, headers });
        expect(json).toMatchObject({ state: "drained", calls_cut: 0 });
      });
      replica.kill("SIGTERM");
      expect(await replica.exited).toBe(0);
      await start(name);
    }

    const connect = (kind: ClientKind): Promise<OfficialClient> =>
      connectClient(kind, `${haproxy.url}/mcp/tools`, { headers: credentials() });

    it("restart one after another under load without a failed call, and sessions go on at the others [GTW-5] [GTW-6]", async () => {
      const stop = new AbortController();
      let calls = 0;
      let sessions = 0;
      async function call(client: OfficialClient): Promise<void> {
        const sent = `call ${(calls += 1)}`;
        expect(await client.callTool("echo", { text: sent })).toMatchObject({ content: [{ text: sent }] });
      }
      /** One client for all of the time: its session outlives each of the replicas. */
      async function lasting(kind: ClientKind): Promise<void> {
        const client = await connect(kind);
        while (!stop.signal.aborted) {
          await call(client);
          await wait(100);
        }
        await client.close();
      }
      /** A client that comes again and again. */
      async function coming(kind: ClientKind): Promise<void> {
        while (!stop.signal.aborted) {
          const client = await connect(kind);
          sessions += 1;
          await call(client);
          await client.terminate();
          await client.close();
          await wait(150);
        }
      }
      async function restarts(): Promise<void> {
        for (const name of NAMES) {
          const before = calls;
          await restart(name);
          await vi.waitFor(() => expect(calls).toBeGreaterThan(before));
        }
      }
      const restarted = restarts().finally(() => stop.abort());
      await Promise.all([restarted, ...CLIENTS.map(lasting), coming("v1 SDK")]);
      expect(sessions).toBeGreaterThan(NAMES.length);

      // Each call is on record once with how it ended, whichever replica it went through.
      await vi.waitFor(async () => {
        const rows = await auditRows(database.url, "tool_name = 'echo'");
        const outcomes = rows.filter(({ phase }) => phase === "outcome");
        expect(rows.filter(({ phase }) => phase === "intent")).toHaveLength(calls);
        expect(outcomes).toHaveLength(calls);
        expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
      });
      const drains = await auditRows(database.url, "event_type = 'drain_control'");
      expect(drains).toHaveLength(NAMES.length);
    });
  },
);
