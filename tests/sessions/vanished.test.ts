import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PEER_SESSION_REVISION, startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditRows, metric } from "../support/observed.ts";
import { CLIENTS, type ClientKind } from "../support/official-clients.ts";
import type { LeavingClient } from "../support/leaving-client.ts";
import { programFile } from "../support/programs/program-file.ts";
import {
  initialize,
  startSessionsUnderTest,
  type SessionsUnderTest,
} from "../support/sessions-under-test.ts";

/** Sessions that the gateway keeps; of the clients that vanish there are fewer. */
const MAX = 24;

let tools: McpServerHandle;
let opening: Server;
let scene: SessionsUnderTest;
let opened = 0;
beforeAll(async () => {
  tools = await startMcpServer();
  // Opens sessions for next to nothing, and keeps none.
  opening = createServer((request, response) => {
    request.resume().once("end", () => {
      opened += 1;
      const result = {
        protocolVersion: PEER_SESSION_REVISION,
        capabilities: {},
        serverInfo: { name: "s", version: "1" },
      };
      response
        .writeHead(200, { "content-type": "application/json", "mcp-session-id": `session-${opened}` })
        .end(JSON.stringify({ jsonrpc: "2.0", id: 0, result }));
    });
  });
  await once(opening.listen(0, "127.0.0.1"), "listening");
  const { port } = opening.address() as AddressInfo;
  scene = await startSessionsUnderTest({
    upstreams: [
      { name: "http", transport: "http", url: tools.url, sensitivity: "low" },
      {
        name: "stdio",
        transport: "stdio",
        command: process.execPath,
        args: [programFile("mcp-server"), "--stdio"],
        sensitivity: "low",
      },
      { name: "opening", transport: "http", url: `http://127.0.0.1:${port}/mcp`, sensitivity: "low" },
    ],
    config: { sessions: { idleTimeout: "8s", max: MAX, maxPerPrincipal: 20, displaceAfter: "0s" } },
  });
});
afterAll(async () => {
  await scene.close();
  await tools.close();
  opening.closeAllConnections();
  opening.close();
});

const descriptors = () => readdirSync("/proc/self/fd").length;
const processes = () => metric(scene.gateway, "sark_gateway_upstream_processes", { role: "session" });
const streams = () => metric(scene.gateway, "sark_gateway_open_streams");

interface Client {
  readonly kind: ClientKind;
  readonly server: "http" | "stdio";
  /** Of its call; its user, too. */
  readonly gate: string;
}

/** Whether its call runs, and it listens where its revision has a stream for that. */
async function isAtWork({ kind, gate }: Client): Promise<boolean> {
  // The call itself, and not one by which its client finds out about the server.
  const where = "user_id = $1 AND tool_name = 'stream'";
  if ((await auditRows(scene.gateway.databaseUrl, where, gate)).length !== 1) {
    return false;
  }
  const listed = await scene.list(`?user=${gate}`);
  const runs = listed.some(({ calls_running: calls }) => calls === 1);
  const listens = listed.some(({ streams_open: open }) => open === 1);
  return runs && (listens || kind === "v2 client, stateless");
}

/** Has clients make a call each, as a process of their own, and kills it in the middle. */
async function killInCalls(clients: readonly Client[]): Promise<void> {
  const leaving: LeavingClient[] = [];
  for (const { kind, server, gate } of clients) {
    const { authorization = "" } = await scene.as(gate);
    leaving.push({ kind, url: `${scene.gateway.url}/mcp/${server}`, authorization, gate });
  }
  const program = programFile("leaving-client");
  const child = spawn(process.execPath, [program, JSON.stringify(leaving)], { stdio: "ignore" });
  const closed = once(child, "close");
  for (const client of clients) {
    await vi.waitFor(async () => expect(await isAtWork(client)).toBe(true));
  }
  child.kill("SIGKILL");
  await closed;
}

/** Everything is as if there had never been a client. */
async function rested(): Promise<void> {
  expect(await scene.list("?limit=1000")).toEqual([]);
  expect([tools.sessions(), await processes(), await streams()]).toEqual([0, 0, 0]);
}

describe("a client that vanishes (kill -9) in the middle of a call [GTW-2]", () => {
  const vanished = CLIENTS.flatMap((kind, index) =>
    (["http", "stdio"] as const).map((server) => ({ kind, server, gate: `vanished-${server}-${index}` })),
  );
  beforeAll(() => killInCalls(vanished));

  it.each(vanished)("lets go of its call and its stream: at $server, of the $kind", async ({ gate }) => {
    await vi.waitFor(async () => {
      const busy = (await scene.list(`?user=${gate}`)).filter(
        (one) => one.calls_running + one.streams_open > 0,
      );
      expect(busy).toEqual([]);
    });
    const outcome = await vi.waitFor(async () => {
      const where = "user_id = $1 AND tool_name = 'stream' AND phase = 'outcome'";
      const [row] = await auditRows(scene.gateway.databaseUrl, where, gate);
      return row ?? Promise.reject(new Error("no outcome"));
    });
    expect(outcome).toMatchObject({ outcome: "cancelled" });
  });

  it("leaves no session, no process and no descriptor, however often it does so", async () => {
    await vi.waitFor(rested);
    const before = descriptors();
    await killInCalls([
      { kind: "v1 SDK", server: "stdio", gate: "again-stdio" },
      { kind: "v1 SDK", server: "http", gate: "again-http" },
    ]);
    await vi.waitFor(rested);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before));
  });
});

it("sessions that are opened and abandoned one after the other stay within the bound, and all end [GTW-2]", async () => {
  const many = 6 * MAX;
  let most = 0;
  for (let at = 0; at < many; at += 20) {
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, one) => initialize(scene, "opening", `user-${one}`)),
    );
    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused.map(({ status, text }) => (status === 429 ? status : text))).toEqual(
      refused.map(() => 429),
    );
    most = Math.max(most, (await scene.list("?server=opening&limit=1000")).length);
  }
  expect(most).toBeGreaterThan(20);
  expect(most).toBeLessThanOrEqual(MAX);
  await vi.waitFor(async () => expect(await scene.list("?server=opening")).toEqual([]));
});
