import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  PEER_SESSION_REVISION,
  requireServer,
  startMcpServer,
  startRedis,
  type McpServerHandle,
  type Redis,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { auditRows } from "../support/observed.ts";
import { send, type RawResponse } from "../support/requests.ts";
import {
  initialize,
  startSessionsUnderTest,
  type SessionsUnderTest,
} from "../support/sessions-under-test.ts";

const installed = requireServer("redis-server") !== null;

let folder: string;
let redis: Redis;
let tools: McpServerHandle;
let a: SessionsUnderTest;
let b: SessionsUnderTest;
beforeAll(async () => {
  if (!installed) {
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "sark-shared-sessions-"));
  writeFileSync(join(folder, "session-key"), randomBytes(32).toString("hex"));
  [redis, tools] = await Promise.all([startRedis(), startMcpServer()]);
  a = await startSessionsUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      mcp: { sessionKey: `\${file:${join(folder, "session-key")}}` },
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout: "1s" },
      sessions: { maxPerPrincipal: 3 },
      audit: { logKeyFile: join(folder, "log.pem") },
    },
  });
  b = await a.replica();
});
afterAll(async () => {
  await b?.close();
  await a?.close();
  await tools?.close();
  await redis?.close();
  rmSync(folder, { recursive: true });
});

async function begin(scene: SessionsUnderTest, caller: string): Promise<string> {
  const { status, headers, text } = await initialize(scene, "tools", caller);
  expect([status, text]).toEqual([200, expect.anything()]);
  return String(headers["mcp-session-id"]);
}

async function ask(
  scene: SessionsUnderTest,
  caller: string,
  id: string,
  request: { readonly method?: string; readonly body?: object } = {},
): Promise<RawResponse> {
  const { method = "POST", body = { jsonrpc: "2.0", id: 1, method: "ping" } } = request;
  return send(scene.gateway.url, {
    method,
    path: "/mcp/tools",
    headers: { ...(await scene.as(caller)), "mcp-session-id": id },
    ...(method === "POST" ? { body } : {}),
  });
}

/** The message between the replicas may be under way for a moment: then its server says that it is over. */
async function isOver(scene: SessionsUnderTest, caller: string, id: string, why: string): Promise<void> {
  await vi.waitFor(async () => {
    const refused = await ask(scene, caller, id);
    expect(refused.text).toContain(why);
    expect(refused).toMatchObject({
      status: 404,
      json: { error: { data: { reason_code: "unknown_session" } } },
    });
  });
}

/** The text of the first event. */
async function firstOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/^id: ?\S+$/m.test(text)) {
      break;
    }
  }
  return text;
}

async function endsOf(caller: string): Promise<unknown[]> {
  const where = "event_type = 'session_end' AND user_id = $1";
  const rows = await auditRows(a.gateway.databaseUrl, where, caller);
  return rows.map(({ metadata }) => metadata["reason_code"]);
}

describe.skipIf(!installed)("two replicas with one Redis and one session key [GTW-2] [GTW-6]", () => {
  it("list the sessions of both, with the replica that used them last, and end each other's", async () => {
    const id = await begin(a, "lena@acme");
    // How often it was called the other one hears a little later.
    const listed = await vi.waitFor(async () => {
      const found = await b.list("?user=lena");
      expect(found).toMatchObject([{ calls: 1 }]);
      return found;
    });
    const { json: status } = await a.admin("status");
    const { replica } = status as { replica: string };
    expect(listed).toMatchObject([{ principal: "lena", tenant: "acme", replica }]);
    expect((await b.admin("sessions?user=lena")).json).toMatchObject({ of: "all" });
    expect(await b.list("?user=lena", "root@other")).toEqual([]);
    const [session] = listed;
    const path = `sessions/${session?.fingerprint}`;
    const body = { reason: "drill" };
    expect(await b.admin(`${path}/end`, { as: "root@other", body })).toMatchObject({ status: 404 });
    expect(await b.admin(path)).toMatchObject({ status: 200, json: { principal: "lena" } });
    const sessions = tools.sessions();
    expect(await b.admin(`${path}/end`, { body })).toMatchObject({ status: 200 });
    for (const scene of [a, b]) {
      await isOver(scene, "lena@acme", id, "an operator ended it; initialize again");
    }
    await vi.waitFor(() => expect(tools.sessions()).toBe(sessions - 1));
    await vi.waitFor(async () => expect(await endsOf("lena")).toEqual(["ended"]));
    expect(await a.list("?user=lena")).toEqual([]);
  });

  it("know at once that a client has ended its session at the other one: one end is on record", async () => {
    const id = await begin(a, "dora");
    expect((await ask(b, "dora", id)).status).toBe(200);
    expect((await ask(b, "dora", id, { method: "DELETE" })).status).toBe(200);
    await isOver(a, "dora", id, "its client ended it; initialize again");
    await vi.waitFor(async () => expect(await endsOf("dora")).toEqual(["deleted"]));
  });

  it("cap the sessions of a principal together", async () => {
    const ids = [await begin(a, "carl"), await begin(b, "carl"), await begin(a, "carl")];
    expect(await initialize(b, "tools", "carl")).toMatchObject({
      status: 429,
      json: { error: { data: { reason_code: "too_many_sessions" } } },
    });
    await ask(b, "carl", ids[0]!, { method: "DELETE" });
    await begin(b, "carl");
  });

  it("keep a session that goes back and forth, with its calls counted together", async () => {
    const client = await a.connect("v1 SDK", "tools", "nora");
    onTestFinished(() => client.close().catch(() => undefined));
    const [session] = await a.list("?user=nora");
    await client.callTool("echo", { text: "x" });
    expect(await b.list("?user=nora")).toMatchObject([{ fingerprint: session?.fingerprint }]);
    await vi.waitFor(async () =>
      expect(await b.list("?user=nora")).toMatchObject([{ calls: 2, streams_open: 1, calls_running: 0 }]),
    );
  });

  it("end a call that its client cancels at the other one, as cancelled", async () => {
    const id = await begin(a, "cara");
    const params = { name: "stream", arguments: { count: 1, gate: "cara" } };
    const call = ask(a, "cara", id, { body: { jsonrpc: "2.0", id: "c-1", method: "tools/call", params } });
    const intents = "user_id = 'cara' AND tool_name = 'stream' AND phase = 'intent'";
    await vi.waitFor(async () => expect(await auditRows(a.gateway.databaseUrl, intents)).toHaveLength(1));
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "c-1" } };
    expect((await ask(b, "cara", id, { body: cancel })).status).toBe(202);
    await call;
    const outcomes = await vi.waitFor(async () => {
      const where = "user_id = 'cara' AND tool_name = 'stream' AND phase = 'outcome'";
      const found = await auditRows(a.gateway.databaseUrl, where);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(outcomes).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("record how a call ended whose response its client fetches at the other one [GTW-6]", async () => {
    const id = await begin(a, "rosa");
    const params = { name: "stream", arguments: { count: 1, gate: "rosa" }, _meta: { progressToken: "p" } };
    const left = new AbortController();
    const call = await fetch(new URL("/mcp/tools", a.gateway.url), {
      method: "POST",
      headers: {
        ...(await a.as("rosa")),
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": id,
        "mcp-protocol-version": PEER_SESSION_REVISION,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: "r-1", method: "tools/call", params }),
      signal: left.signal,
    });
    const first = await firstOf(call);
    const lastEventId = /^id: ?(.+)$/m.exec(first)?.[1] ?? "";
    expect(lastEventId).not.toBe("");
    left.abort();
    const headers = {
      ...(await b.as("rosa")),
      accept: "text/event-stream",
      "mcp-session-id": id,
      "mcp-protocol-version": PEER_SESSION_REVISION,
      "last-event-id": lastEventId,
    };
    // Until the server has noticed that the stream is broken, it says so: 409.
    const resumed = await vi.waitFor(async () => {
      const response = await fetch(new URL("/mcp/tools", b.gateway.url), { headers });
      expect(response.status).toBe(200);
      return response;
    });
    tools.release("rosa");
    const outcomes = await vi.waitFor(async () => {
      const where = "user_id = 'rosa' AND tool_name = 'stream' AND phase = 'outcome'";
      const found = await auditRows(a.gateway.databaseUrl, where);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(outcomes).toMatchObject([{ outcome: "ok" }]);
    await resumed.body?.cancel();
  });

  it("while Redis hangs: each goes by itself, in health and on each record, and together again after it", async () => {
    const id = await begin(a, "uma");
    redis.freeze();
    const call = {
      jsonrpc: "2.0",
      id: 5,
      method: "tools/call",
      params: { name: "echo", arguments: { text: "x" } },
    };
    try {
      await vi.waitFor(async () => {
        expect((await initialize(a, "tools", "probe")).status).not.toBe(0);
        expect((await a.admin("sessions")).json).toMatchObject({ of: "replica" });
      });
      expect((await ask(a, "uma", id, { body: call })).status).toBe(200);
      const records = await auditRows(
        a.gateway.databaseUrl,
        "user_id = 'uma' AND tool_name = 'echo' AND phase = 'intent'",
      );
      expect(records.map(({ metadata }) => metadata["sessions"])).toEqual(["local"]);
      const second = await initialize(a, "tools", "uma");
      expect(second.status).toBe(200);
      const [begun] = await auditRows(
        a.gateway.databaseUrl,
        "user_id = 'uma' AND event_type = 'session_begin' AND metadata->>'sessions' = 'local'",
      );
      expect(begun).toBeDefined();
      await vi.waitFor(
        async () => {
          const { json } = await send(a.gateway.url, {
            method: "GET",
            path: "/health/detailed",
            headers: await a.as("root"),
          });
          const { components } = json as { components: { name: string }[] };
          expect(components.find(({ name }) => name === "shared-state")).toMatchObject({
            message: expect.stringContaining("so are sessions") as string,
          });
        },
        { timeout: 30_000 },
      );
    } finally {
      redis.thaw();
    }
    await vi.waitFor(async () => expect((await a.admin("sessions")).json).toMatchObject({ of: "all" }), {
      timeout: 30_000,
    });
    expect((await ask(a, "uma", id, { body: { ...call, id: 6 } })).status).toBe(200);
    const records = await auditRows(
      a.gateway.databaseUrl,
      "user_id = 'uma' AND tool_name = 'echo' AND phase = 'intent'",
    );
    expect(records.map(({ metadata }) => metadata["sessions"])).toEqual(["local", undefined]);
  });
});
