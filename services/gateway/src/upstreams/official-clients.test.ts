import { createRequire } from "node:module";
import { join } from "node:path";
import { mcpServerProgram, startMcpServer } from "@sark/testkit";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it, vi } from "vitest";
import { createHttpUpstream } from "./http/http-upstream.ts";
import type { ObservedUpstream } from "./contract/observer.ts";
import { expose } from "./testing/expose.ts";
import { connectOfficial, OFFICIAL_CLIENTS } from "./testing/official-clients.ts";
import { scripted, startStdioUpstream } from "./testing/stdio-upstreams.ts";

const everything = join(
  createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json"),
  "../dist/index.js",
);

/** An upstream whose `exchange()` stands behind a real HTTP endpoint, and what has to be closed after it. */
async function exposed(upstream: ObservedUpstream, stop: () => Promise<void>) {
  const endpoint = await expose(upstream);
  return {
    upstream,
    url: endpoint.url,
    [Symbol.asyncDispose]: async () => {
      await endpoint[Symbol.asyncDispose]();
      await upstream.close();
      await stop();
    },
  };
}

const UPSTREAMS = {
  stdio: async () => {
    const { upstream } = startStdioUpstream({
      command: process.execPath,
      args: [mcpServerProgram, "--stdio"],
    });
    return exposed(upstream, async () => {});
  },
  http: async () => {
    const server = await startMcpServer();
    const upstream = createHttpUpstream({
      name: "http",
      url: new URL(server.url),
      connectTimeoutMs: 5_000,
      headersTimeoutMs: 120_000,
      idleTimeoutMs: 120_000,
      maxConnections: 8,
      maxWaiting: 8,
      maxStreams: 8,
      propagateTrace: true,
      observer: () => {},
    });
    return exposed(upstream, () => server.close());
  },
};

const PAIRS = OFFICIAL_CLIENTS.flatMap((client) =>
  (["stdio", "http"] as const).map((transport) => ({ client, transport })),
);

describe.each(PAIRS)(
  "the official client $client through an upstream on $transport",
  ({ client: kind, transport }) => {
    it("lists, calls, hears progress, is asked back, cancels, and leaves", async () => {
      await using served = await UPSTREAMS[transport]();
      await using client = await connectOfficial(kind, served.url);
      expect(await client.tools()).toContain("echo");
      expect(await client.call("echo", { text: "hello" })).toContain("hello");

      const progress: number[] = [];
      const onprogress = (update: { progress: number }) => progress.push(update.progress);
      const streamed = await client.call("stream", { count: 3, ms: 5 }, { onprogress });
      expect(streamed).toContain("sent 3");
      expect(progress).toEqual([1, 2, 3]);

      expect(await client.call("sample", { prompt: "ping?" })).toContain("pong");

      const abort = new AbortController();
      const cancelled = client.call(
        "slow",
        { ms: 60_000 },
        { signal: abort.signal, onprogress: () => abort.abort() },
      );
      await expect(cancelled).rejects.toThrow(/abort/i);

      const stateless = kind === "v2 stateless" || kind === "v2 automatic";
      expect(client.sessionId() === undefined).toBe(stateless);
      await (stateless ? undefined : client.terminate());
      await client[Symbol.asyncDispose]();
      await vi.waitFor(() => {
        const pools = served.upstream.stats();
        expect(pools["sessions"]?.size ?? 0).toBe(0);
        expect([pools["shared"]?.inUse, pools["calls"]?.inUse].filter(Boolean)).toEqual([]);
      });
    });
  },
);

describe.each(["v1", "v2 with sessions", "v2 automatic"] as const)(
  "the official client %s with the reference server over stdio",
  (kind) => {
    it("settles on an older revision, lists, calls and is asked back", async () => {
      const { upstream } = startStdioUpstream({ command: process.execPath, args: [everything, "stdio"] });
      await using served = await exposed(upstream, async () => {});
      await using client = await connectOfficial(kind, served.url);
      expect(client.sessionId()).toBeDefined();
      await vi.waitFor(
        async () => expect(await client.tools()).toContain("trigger-sampling-request"),
        10_000,
      );
      expect(await client.call("echo", { message: "hello" })).toContain("hello");
      const progress: number[] = [];
      const onprogress = (update: { progress: number }) => progress.push(update.progress);
      await client.call("trigger-long-running-operation", { duration: 0.2, steps: 2 }, { onprogress });
      expect(progress).toEqual([1, 2]);
      expect(await client.call("trigger-sampling-request", { prompt: "x", maxTokens: 5 })).toContain("pong");
    });
  },
);

describe("the official client v1 after an error on a stream", () => {
  it("is told that nothing is left of the stream, and does not come back again", async () => {
    const failing = scripted(`
      if (message.method === "tools/call") {
        send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: message.params._meta.progressToken, progress: 1 } });
        send({ jsonrpc: "2.0", id: message.id, error: { code: -32050, message: "no" } });
      }`);
    const { upstream } = startStdioUpstream(failing);
    await using served = await exposed(upstream, async () => {});
    const comesBack: number[] = [];
    const errors: string[] = [];
    const client = new Client({ name: "test", version: "1" }, { capabilities: {} });
    client.onerror = ({ message }) => errors.push(message);
    const transport = new StreamableHTTPClientTransport(served.url, {
      reconnectionOptions: {
        initialReconnectionDelay: 1,
        maxReconnectionDelay: 1,
        reconnectionDelayGrowFactor: 1,
        maxRetries: 2,
      },
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (new Headers(init?.headers).has("last-event-id")) {
          comesBack.push(response.status);
        }
        return response;
      },
    });
    await client.connect(transport);
    const called = client.callTool({ name: "fails" }, undefined, { onprogress: () => {} });
    await expect(called).rejects.toMatchObject({ code: -32050 });
    await vi.waitFor(() => expect(comesBack).toEqual([204]), 10_000);
    await client.close();
    expect([comesBack, errors]).toEqual([[204], []]);
  });
});
