import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SeenRequest } from "./recorder.ts";
import { mcpServerProgram, startMcpServer, type McpServerHandle } from "./start-mcp-server.ts";

const MODERN = "2026-07-28";

let server: McpServerHandle;
const cleanup: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  server = await startMcpServer();
  cleanup.push(() => server.close());
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

type Era = "legacy" | "modern";

async function connect(
  era: Era,
  transport = new HttpV2(new URL(server.url)) as HttpV2 | StdioClientTransport,
) {
  const client = new ClientV2(
    { name: "test", version: "1" },
    {
      capabilities: { sampling: {}, elicitation: {} },
      versionNegotiation: { mode: era === "modern" ? { pin: MODERN } : "legacy" },
    },
  );
  client.setRequestHandler("sampling/createMessage", () => ({
    role: "assistant" as const,
    model: "none",
    content: { type: "text" as const, text: "pong" },
  }));
  client.setRequestHandler("elicitation/create", () => ({
    action: "accept" as const,
    content: { response: "42" },
  }));
  await client.connect(transport);
  cleanup.push(() => client.close());
  return client;
}

const call = (name: string) => server.requests().find((seen) => seen.target === name) as SeenRequest;
const texts = (result: Record<string, unknown>) =>
  (result["content"] as { text: string }[]).map((block) => block.text);

describe.each(["legacy", "modern"] as const)(
  "MCP test server over HTTP, %s era, official v2 client",
  (era) => {
    it("responds, fails by isError, asks the client, and writes down what it saw", async () => {
      const client = await connect(era);
      expect(client.getProtocolEra()).toBe(era);
      expect(texts(await client.callTool({ name: "echo", arguments: { text: "hé" } }))).toEqual(["hé"]);
      const sum = await client.callTool({ name: "add", arguments: { a: 2, b: 3 } });
      expect(sum.structuredContent).toEqual({ sum: 5 });
      expect((await client.callTool({ name: "fail" })).isError).toBe(true);
      expect(texts(await client.callTool({ name: "big", arguments: { bytes: 100_000 } }))[0]).toHaveLength(
        100_000,
      );
      expect(texts(await client.callTool({ name: "sample", arguments: { prompt: "ping" } }))).toEqual([
        "LLM response: pong",
      ]);
      expect(texts(await client.callTool({ name: "elicit", arguments: { message: "?" } }))).toEqual([
        'User response: action=accept, content={"response":"42"}',
      ]);

      const seen = call("echo");
      await vi.waitFor(() => expect(seen.finished).toBe(true));
      expect(seen).toMatchObject({
        era,
        httpMethod: "POST",
        method: "tools/call",
        status: 200,
        aborted: false,
      });
      expect(seen.headers["mcp-name"]).toBe(era === "modern" ? "echo" : undefined);
      expect("mcp-session-id" in seen.headers).toBe(era === "legacy");
      expect(server.sessions()).toBe(era === "legacy" ? 1 : 0);
    });

    it("streams: each notification arrives before the next one is released", async () => {
      const client = await connect(era);
      const progress: number[] = [];
      const response = client.callTool(
        { name: "stream", arguments: { count: 3, gate: "door" } },
        { onprogress: (note) => void progress.push(note.progress) },
      );
      for (const expected of [1, 2, 3]) {
        server.release("door");
        await vi.waitFor(() => expect(progress.at(-1)).toBe(expected));
      }
      expect(texts(await response)).toEqual(["sent 3"]);
    });

    it("notices that a slow call was cancelled", async () => {
      const client = await connect(era);
      const abort = new AbortController();
      const response = client.callTool(
        { name: "slow", arguments: { ms: 60_000, steps: 600 } },
        { signal: abort.signal, onprogress: () => abort.abort(new Error("enough")) },
      );
      await expect(response).rejects.toThrow("enough");
      await vi.waitFor(() => expect(call("slow").cancelled).toBe(true));
    });

    it("crashes in mid-stream", async () => {
      const { status, received, ended } = await rawCall(era, "crash");
      expect(status).toBe(200);
      expect(received).toContain("notifications/progress");
      expect(ended).toBe("broken");
      await vi.waitFor(() => expect(call("crash")).toMatchObject({ aborted: true, finished: false }));
    });

    it("tells subscribers what changed", async () => {
      const client = await connect(era);
      const heard: string[] = [];
      client.setNotificationHandler("notifications/tools/list_changed", () => void heard.push("tools"));
      client.setNotificationHandler(
        "notifications/resources/updated",
        ({ params }) => void heard.push(params.uri),
      );
      if (era === "modern") {
        await client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] });
      } else {
        await client.subscribeResource({ uri: "test://watched-resource" });
        // The stream that notifications come on is opened behind the client's back.
        await vi.waitUntil(() => server.requests().some((seen) => seen.httpMethod === "GET"));
      }
      const before = (await client.listTools()).tools.length;
      await client.callTool({ name: "touch", arguments: { uri: "test://other" } });
      await client.callTool({ name: "touch", arguments: { uri: "test://watched-resource" } });
      await client.callTool({ name: "test_trigger_tool_change" });
      await vi.waitFor(() => expect(heard).toEqual(["test://watched-resource", "tools"]));
      const after = (await client.listTools({}, { cacheMode: "refresh" })).tools;
      expect(after).toHaveLength(before + 1);
    });
  },
);

/** A call by hand, to see how the response ends. */
async function rawCall(era: Era, tool: string) {
  const meta = {
    progressToken: 1,
    ...(era === "modern" && {
      "io.modelcontextprotocol/protocolVersion": MODERN,
      "io.modelcontextprotocol/clientCapabilities": {},
    }),
  };
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const post = (method: string, params: object, id = 1) =>
    fetch(server.url, {
      method: "POST",
      headers: era === "modern" ? { ...headers, "mcp-method": method, "mcp-name": tool } : headers,
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
    });
  if (era === "modern") {
    headers["mcp-protocol-version"] = MODERN;
  } else {
    const opened = await post("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "raw", version: "1" },
    });
    await opened.text();
    headers["mcp-session-id"] = opened.headers.get("mcp-session-id") ?? "";
  }
  const response = await post("tools/call", { name: tool, arguments: {}, _meta: meta }, 2);
  let received = "";
  try {
    for await (const chunk of response.body ?? []) {
      received += Buffer.from(chunk).toString();
    }
    return { status: response.status, received, ended: "complete" };
  } catch {
    return { status: response.status, received, ended: "broken" };
  }
}

describe("MCP test server over HTTP, official v1 client", () => {
  async function connectV1() {
    const client = new ClientV1({ name: "test", version: "1" });
    const transport = new HttpV1(new URL(server.url));
    await client.connect(transport);
    cleanup.push(() => client.close());
    return { client, transport };
  }

  it("keeps sessions: opens, ends by DELETE, and forgets them when told to", async () => {
    const { client, transport } = await connectV1();
    expect(texts(await client.callTool({ name: "echo", arguments: { text: "v1" } }))).toEqual(["v1"]);
    await transport.terminateSession();
    expect(server.sessions()).toBe(0);

    const second = await connectV1();
    await server.forgetSessions();
    await expect(second.client.callTool({ name: "echo", arguments: { text: "x" } })).rejects.toThrow(
      /404|not found/i,
    );
  });

  it("resumes a stream that the server closed in mid-call", async () => {
    const { client } = await connectV1();
    expect(texts(await client.callTool({ name: "test_reconnection" }))).toEqual(["You came back"]);
    const resumed = server.requests().find((seen) => "last-event-id" in seen.headers);
    expect(resumed).toMatchObject({ httpMethod: "GET", era: "legacy" });
  });
});

describe("MCP test server, what it refuses", () => {
  it("refuses requests of other hosts with 403", async () => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { origin: "http://evil.example.com" },
    });
    expect(response.status).toBe(403);
  });

  it("refuses broken JSON, and a session id it does not know", async () => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const broken = await fetch(server.url, { method: "POST", headers, body: "{" });
    expect(broken.status).toBe(400);
    const unknown = await fetch(server.url, {
      method: "POST",
      headers: { ...headers, "mcp-session-id": "unknown" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    expect(unknown.status).toBe(404);
  });
});

describe("MCP test server as a program", () => {
  it("prints its URL, serves there, and ends on SIGTERM", async () => {
    const child = spawn(process.execPath, [mcpServerProgram, "--port", "0"]);
    cleanup.push(async () => void child.kill("SIGKILL"));
    const [printed] = (await once(child.stdout, "data")) as [Buffer];
    const client = await connect("modern", new HttpV2(new URL(printed.toString().trim())));
    expect(texts(await client.callTool({ name: "echo", arguments: { text: "hi" } }))).toEqual(["hi"]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it.each(["legacy", "modern"] as const)("speaks the %s era over stdio, and can die", async (era) => {
    const folder = await mkdtemp(join(tmpdir(), "mcp-server-"));
    cleanup.push(() => rm(folder, { recursive: true }));
    const record = join(folder, "record.jsonl");
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [mcpServerProgram, "--stdio", "--record", record],
    });
    const client = await connect(era, transport);
    expect(texts(await client.callTool({ name: "echo", arguments: { text: "pipe" } }))).toEqual(["pipe"]);

    const abort = new AbortController();
    await expect(
      client.callTool(
        { name: "slow", arguments: { ms: 60_000, steps: 600 } },
        { signal: abort.signal, onprogress: () => abort.abort(new Error("enough")) },
      ),
    ).rejects.toThrow("enough");
    await vi.waitFor(async () => {
      const seen = (await readFile(record, "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as SeenRequest);
      expect(seen.some((entry) => entry.target === "slow" && entry.cancelled)).toBe(true);
    });
    await expect(client.callTool({ name: "crash", arguments: { how: "process" } })).rejects.toThrow(
      /closed/i,
    );
  });
});
