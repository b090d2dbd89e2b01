import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import {
  freePort,
  mcpServerProgram,
  PEER_SESSION_REVISION,
  requireServer,
  startMcpServer,
  startRedis,
  type McpServerHandle,
  type Redis,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric } from "../support/observed.ts";
import { send } from "../support/requests.ts";

describe.skipIf(requireServer("redis-server") === null)(
  "a session of several replicas whose server was restarted [GTW-6]",
  () => {
    let tools: McpServerHandle;
    let redis: Redis;
    let database: Awaited<ReturnType<typeof createAuditDatabase>>;
    let folder: string;
    /** Where the first takes what the other passes on. */
    let port: number;
    let a: GatewayUnderTest;
    let b: GatewayUnderTest;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sark-renewal-"));
      tools = await startMcpServer();
      redis = await startRedis();
      database = await createAuditDatabase();
      const upstream = { transport: "http", url: tools.url, sensitivity: "low" };
      const start = (replicas: object) =>
        startGatewayUnderTest({
          upstreams: [
            { name: "unused", ...upstream },
            { name: "used", ...upstream, renewSessions: "used" },
            {
              name: "program",
              transport: "stdio",
              command: process.execPath,
              args: [mcpServerProgram, "--stdio"],
              sensitivity: "low",
            },
          ],
          config: {
            dataDirectory: join(folder, "data"),
            database: { url: database.url },
            // Where it does not respond in time, a session is over: that is not what is shown here.
            redis: { url: `redis://127.0.0.1:${redis.port}`, timeout: "5s" },
            replicas,
          },
        });
      /** Another program may take the port before it is listened on. */
      async function startAtFreePort(): Promise<GatewayUnderTest> {
        port = await freePort();
        try {
          return await start({ port });
        } catch (error) {
          if (!String(error).includes("EADDRINUSE")) {
            throw error;
          }
          return startAtFreePort();
        }
      }
      // The first makes the keys of both.
      a = await startAtFreePort();
      b = await start({});
    });
    afterAll(async () => {
      await a.close();
      await b.close();
      await redis.close();
      await tools.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    });

    async function begin(server: string): Promise<string> {
      const params = {
        protocolVersion: PEER_SESSION_REVISION,
        capabilities: {},
        clientInfo: { name: "raw", version: "1" },
      };
      const response = await send(a.url, {
        path: `/mcp/${server}`,
        headers: { "x-api-key": a.apiKey },
        body: { jsonrpc: "2.0", id: 1, method: "initialize", params },
      });
      return String(response.headers["mcp-session-id"]);
    }
    let id = 1;
    async function ask(at: GatewayUnderTest, server: string, session: string, method: string, params = {}) {
      const { status } = await send(at.url, {
        path: `/mcp/${server}`,
        headers: {
          "x-api-key": a.apiKey,
          "mcp-session-id": session,
          "mcp-protocol-version": PEER_SESSION_REVISION,
        },
        body: { jsonrpc: "2.0", id: (id += 1), method, params },
      });
      return status;
    }
    const list = (at: GatewayUnderTest, server: string, session: string) =>
      ask(at, server, session, "tools/list");
    const call = (at: GatewayUnderTest, server: string, session: string) =>
      ask(at, server, session, "tools/call", { name: "echo", arguments: { text: "hi" } });
    const renewals = async (server: string) => {
      const of = (at: GatewayUnderTest) =>
        metric(at, "sark_gateway_upstream_sessions_renewed_total", { server });
      return (await of(a)) + (await of(b));
    };

    it("goes on at each of them, also where it did not begin, and is renewed once", async () => {
      const session = await begin("unused");
      const before = await renewals("unused");
      await tools.forgetSessions();
      expect(await list(b, "unused", session)).toBe(200);
      expect(await list(a, "unused", session)).toBe(200);
      expect(await renewals("unused")).toBe(before + 1);
      expect(tools.sessions()).toBe(1);
    });

    it("is over at each of them where one of them called a tool in it", async () => {
      const session = await begin("unused");
      expect(await call(b, "unused", session)).toBe(200);
      await tools.forgetSessions();
      expect(await list(a, "unused", session)).toBe(404);
    });

    it("is renewed once where both meet it at the same time", async () => {
      const session = await begin("used");
      expect(await call(a, "used", session)).toBe(200);
      expect(await call(b, "used", session)).toBe(200);
      const before = await renewals("used");
      await tools.forgetSessions();
      const calls = Array.from({ length: 6 }, (_, number) => call(number % 2 === 0 ? a : b, "used", session));
      expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
      expect(await renewals("used")).toBe(before + 1);
      await vi.waitFor(() => expect(tools.sessions()).toBe(1));
    });

    it("is at whichever replica a request comes to; what passes on, and what is no request of a replica, is counted [MET-9]", async () => {
      const session = await begin("program");
      expect(await call(b, "program", session)).toBe(200);
      const passed = { result: "passed" };
      expect(await metric(b, "sark_gateway_forwarded_requests_total", passed)).toBeGreaterThan(0);

      expect((await fetch(`http://127.0.0.1:${port}/forwarded`, { method: "POST", body: "x" })).status).toBe(
        421,
      );
      const refused = { reason: "not_authentic" };
      expect(await metric(a, "sark_gateway_forwarded_refused_total", refused)).toBeGreaterThan(0);
    });

    it("is over while it is not known what the other did in it", async () => {
      const session = await begin("unused");
      expect(await list(b, "unused", session)).toBe(200);
      await redis.kill();
      await tools.forgetSessions();
      expect(await list(a, "unused", session)).toBe(404);
      await redis.restart();
    });
  },
);
