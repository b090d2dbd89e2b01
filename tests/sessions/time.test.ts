import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { auditRows, metric } from "../support/observed.ts";
import { programFile } from "../support/programs/program-file.ts";
import { send, type RawResponse } from "../support/requests.ts";
import {
  initialize,
  startSessionsUnderTest,
  type SessionsUnderTest,
} from "../support/sessions-under-test.ts";

let tools: McpServerHandle;
beforeAll(async () => {
  tools = await startMcpServer();
});
afterAll(() => tools.close());
// No test leaves a session to the next one.
afterEach(() => tools.forgetSessions());

async function start(sessions: Record<string, string>, config: object = {}): Promise<SessionsUnderTest> {
  const stdio = {
    transport: "stdio",
    command: process.execPath,
    args: [programFile("mcp-server"), "--stdio"],
  };
  return startSessionsUnderTest({
    upstreams: [
      { name: "http", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "stdio", ...stdio, sensitivity: "low" },
    ],
    config: { sessions, ...config },
  });
}

async function ping(
  scene: SessionsUnderTest,
  server: string,
  { caller, id }: { caller: string; id: string },
): Promise<RawResponse> {
  return send(scene.gateway.url, {
    path: `/mcp/${server}`,
    headers: { ...(await scene.as(caller)), "mcp-session-id": id },
    body: { jsonrpc: "2.0", id: 1, method: "ping" },
  });
}

async function endsOf(scene: SessionsUnderTest, caller: string): Promise<unknown[]> {
  const where = "event_type = 'session_end' AND user_id = $1";
  const rows = await auditRows(scene.gateway.databaseUrl, where, caller);
  return rows.map(({ metadata }) => metadata["reason_code"]);
}

const processes = (scene: SessionsUnderTest) =>
  metric(scene.gateway, "sark_gateway_upstream_processes", { server: "stdio", role: "session" });

describe("sessions whose clients never say goodbye [GTW-2]", () => {
  let scene: SessionsUnderTest;
  beforeAll(async () => {
    scene = await start({ idleTimeout: "300ms" });
  });
  afterAll(() => scene.close());

  it.each([["http"], ["stdio"]])(
    "at %s end when they are unused: the server is told, the end is on record once, and the id is refused",
    async (server) => {
      const caller = `left-${server}`;
      const { headers } = await initialize(scene, server, caller);
      const id = String(headers["mcp-session-id"]);
      await vi.waitFor(async () => expect(await scene.list(`?user=${caller}`)).toEqual([]));
      await vi.waitFor(async () => expect([tools.sessions(), await processes(scene)]).toEqual([0, 0]));
      const back = await ping(scene, server, { caller, id });
      expect(back.status).toBe(404);
      expect(back.text).toContain("it was not used for too long; initialize again");
      await vi.waitFor(async () => expect(await endsOf(scene, caller)).toEqual(["idle"]));
      expect((await initialize(scene, server, caller)).status).toBe(200);
    },
  );

  it("stay while a client listens", async () => {
    const scene = await start({ idleTimeout: "3s" });
    onTestFinished(() => scene.close());
    const client = await scene.connect("v1 SDK", "http", "listener");
    onTestFinished(() => client.close().catch(() => undefined));
    const [session] = await vi.waitFor(async () => {
      const listed = await scene.list("?user=listener");
      expect(listed).toMatchObject([{ streams_open: 1 }]);
      return listed;
    });
    // Another one that is abandoned now ends before: so much time has passed.
    await initialize(scene, "http", "abandoned");
    await vi.waitFor(async () => expect(await scene.list("?user=abandoned")).toEqual([]));
    expect(await scene.list("?user=listener")).toMatchObject([{ fingerprint: session?.fingerprint }]);
    await client.callTool("echo", { text: "still here" });
  });

  it("are over for what was done without one, too, which leaves no event", async () => {
    const client = await scene.connect("v2 client, stateless", "http", "wanderer");
    await client.callTool("echo", { text: "x" });
    await client.close();
    await vi.waitFor(async () => expect(await scene.list("?user=wanderer")).toEqual([]));
    expect(await endsOf(scene, "wanderer")).toEqual([]);
    expect(
      await metric(scene.gateway, "sark_gateway_session_ends_total", { kind: "activity" }),
    ).toBeGreaterThan(0);
  });
});

describe("the longest time of a session [GTW-2]", () => {
  it("ends one that is in use: its client gets 404 and begins anew", async () => {
    const scene = await start({ maxDuration: "5s" });
    onTestFinished(() => scene.close());
    const client = await scene.connect("v2 client with sessions", "http", "marathon");
    onTestFinished(() => client.close().catch(() => undefined));
    const refused = await vi.waitFor(
      () =>
        client.callTool("echo", { text: "x" }).then(
          () => Promise.reject(new Error("not yet")),
          (error: Error) => error.message,
        ),
      { timeout: 30_000 },
    );
    expect(refused).toContain("as long as a session may; initialize again");
    await vi.waitFor(async () => expect(await endsOf(scene, "marathon")).toEqual(["expired"]));
    await vi.waitFor(() => expect(tools.sessions()).toBe(0));
    expect((await initialize(scene, "http", "marathon")).status).toBe(200);
  });

  it("holds over a restart: the time is part of what the id proves", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "sark-sessions-"));
    onTestFinished(() => rmSync(dataDirectory, { recursive: true }));
    const first = await start({}, { dataDirectory });
    const { headers } = await initialize(first, "http", "patient");
    const id = String(headers["mcp-session-id"]);
    const pinged = { caller: "patient", id };
    expect((await ping(first, "http", pinged)).status).toBe(200);
    await first.close();
    const second = await start({ maxDuration: "1s" }, { dataDirectory });
    onTestFinished(() => second.close());
    const { text } = await vi.waitFor(
      async () => {
        const response = await ping(second, "http", pinged);
        return response.status === 404 ? response : Promise.reject(new Error(response.text));
      },
      { timeout: 30_000 },
    );
    expect(text).toContain("as long as a session may; initialize again");
    expect((await ping(second, "http", pinged)).status).toBe(404);
    await vi.waitFor(() => expect(tools.sessions()).toBe(0));
    await vi.waitFor(async () => expect(await endsOf(second, "patient")).toEqual(["expired"]));
  });
});
