import type { IncomingHttpHeaders } from "node:http";
import { startMcpServer } from "@sark/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, ENVELOPE, statelessHeaders } from "./testing/ask.ts";
import { connectClient } from "./testing/connect-client.ts";
import { resultOf, scriptedUpstream } from "./testing/scripted-upstream.ts";
import { testGateway } from "./testing/test-gateway.ts";

const SAMPLED = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: "v=1" };
const UNSAMPLED = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" };
const THEIRS = {
  traceparent: "00-11111111111111111111111111111111-2222222222222222-01",
  baggage: "user=bob",
};
const STATELESS = { _meta: ENVELOPE };

/** What a server of that kind is sent for a request. */
async function forwarded(options: {
  readonly method?: string;
  readonly params?: object;
  readonly headers?: IncomingHttpHeaders;
  readonly trace?: Record<string, string>;
  readonly server?: { readonly transport?: "tcp" | "pipe"; readonly propagateTrace?: boolean };
}) {
  const { method = "ping", params, headers = {}, trace = SAMPLED, server = {} } = options;
  const script = scriptedUpstream("s", ({ message }) => ({
    body: JSON.stringify(resultOf(message["id"], {})),
  }));
  const gateway = await testGateway({ upstreams: { s: { ...script, ...server } }, rules: { trace } });
  await ask(gateway, { body: { jsonrpc: "2.0", id: 1, method, ...(params && { params }) }, headers });
  const [sent] = script.sent;
  expect(sent?.messages).toEqual([sent?.message]);
  return { params: sent?.message["params"], headers: sent?.headers };
}

describe("trace context", () => {
  it.each(["initialize", "ping", "tools/list"])(
    "goes to a server of the session era in headers alone: %s [LOG-5]",
    async (method) => {
      for (const params of [undefined, {}, { _meta: { progressToken: 7 } }]) {
        const sent = await forwarded({ method, ...(params && { params }) });
        expect(sent.params).toEqual(params);
        expect(sent.headers).toMatchObject(SAMPLED);
      }
    },
  );

  it.each([
    ["over HTTP", {}],
    ["over stdio", { transport: "pipe" as const }],
  ])("that the client put into `_meta` gives way to the gateway's, %s", async (_how, server) => {
    const sent = await forwarded({ params: { _meta: { ...THEIRS, progressToken: 7 } }, server });
    expect(sent.params).toEqual({ _meta: { progressToken: 7, ...SAMPLED } });
  });

  it("goes into `_meta` where that is its place: in the stateless era, and over stdio [LOG-5]", async () => {
    const stateless = { method: "tools/list", params: STATELESS, headers: statelessHeaders("tools/list") };
    expect((await forwarded(stateless)).params).toEqual({ _meta: { ...ENVELOPE, ...SAMPLED } });
    const pipe = { transport: "pipe" } as const;
    expect((await forwarded({ server: pipe })).params).toEqual({ _meta: SAMPLED });
    expect((await forwarded({ server: pipe, params: { _meta: {} } })).params).toEqual({ _meta: SAMPLED });
    expect((await forwarded({ server: pipe, method: "initialize", params: {} })).params).toEqual({});
  });

  it("is not put into requests that are not traced", async () => {
    const headers = statelessHeaders("tools/list");
    const stateless = { method: "tools/list", params: STATELESS, trace: UNSAMPLED };
    const sent = await forwarded({ ...stateless, headers });
    expect(sent.params).toEqual(STATELESS);
    expect(sent.headers).toMatchObject(UNSAMPLED);
    const pipe = { transport: "pipe" } as const;
    expect((await forwarded({ server: pipe, trace: UNSAMPLED })).params).toBeUndefined();
  });

  it("does not go to a server that is to have none, not even the client's own", async () => {
    const server = { propagateTrace: false };
    const plain = await forwarded({ server, params: { _meta: { progressToken: 1 } } });
    expect(plain.params).toEqual({ _meta: { progressToken: 1 } });
    const own = await forwarded({
      server: { ...server, transport: "pipe" },
      params: { _meta: { ...THEIRS, progressToken: 1 } },
    });
    expect(own.params).toEqual({ _meta: { progressToken: 1 } });
    for (const { headers } of [plain, own]) {
      expect(Object.keys(headers ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/trace|baggage/)]),
      );
    }
  });

  it.each(["v1", "v2 with sessions", "v2 stateless"] as const)(
    "does not keep the client %s from a server that takes a request with `_meta` for a stateless one",
    async (kind) => {
      const server = await startMcpServer({ eraByMeta: true });
      onTestFinished(() => server.close());
      const gateway = await testGateway({ upstreams: { s: server.url }, rules: { trace: SAMPLED } });
      const client = await connectClient(kind, gateway.url("s"));
      onTestFinished(() => client.close());
      expect(await client.callTool("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
    },
  );
});
