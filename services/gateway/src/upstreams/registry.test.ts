import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { mcpServerProgram, startMcpServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { upstreamConfigSchema, type UpstreamConfig } from "./contract/config.ts";
import type { UpstreamEvent } from "./contract/observer.ts";
import { createUpstreams } from "./registry.ts";
import { UpstreamConfigError } from "./followed-files/secret-references.ts";
import { failure } from "./testing/failure.ts";
import { serveHttp } from "./testing/http-servers.ts";
import { initialize, post } from "./testing/requests.ts";
import { scripted } from "./testing/stdio-upstreams.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registry-"));
});
afterAll(() => rm(folder, { recursive: true }));

function parse(entry: z.input<typeof upstreamConfigSchema>): UpstreamConfig {
  return upstreamConfigSchema.parse(entry);
}

function setUp(entries: z.input<typeof upstreamConfigSchema>[], environment: Record<string, string> = {}) {
  const events: { upstream: string; event: UpstreamEvent }[] = [];
  const upstreams = createUpstreams(entries.map(parse), {
    environment,
    observer: (upstream, event) => events.push({ upstream, event }),
  });
  return { upstreams, events, [Symbol.asyncDispose]: () => upstreams.close() };
}

const LOCAL = { name: "local", transport: "stdio", command: process.execPath } as const;
const WEB = { name: "web", transport: "http", url: "http://127.0.0.1:9/mcp" } as const;

describe("the configuration of an upstream", () => {
  it("fills in what is not said", () => {
    expect(parse(WEB)).toMatchObject({
      enabled: true,
      description: "",
      sensitivity: "medium",
      tools: {},
      headers: {},
      timeouts: { connect: 5_000 },
      limits: { connections: 64, waiting: 256, streams: 256 },
    });
    expect(parse(LOCAL)).toMatchObject({
      args: [],
      env: {},
      timeouts: {
        streamAfter: 10_000,
        sessionIdle: 1_800_000,
        resume: 10_000,
        probe: 10_000,
        stop: 2_000,
      },
      limits: {
        sessions: 32,
        inFlight: 256,
        messageSize: 16_777_216,
        replayEvents: 256,
        replaySize: 1_048_576,
      },
    });
  });

  it.each([
    ["an unknown key", { ...WEB, colour: "red" }],
    ["an unknown key within", { ...WEB, limits: { connexions: 1 } }],
    ["a key of the other transport", { ...LOCAL, url: "http://x/" }],
    ["a name with capitals", { ...LOCAL, name: "Local" }],
    ["a name that starts with a sign", { ...LOCAL, name: "-local" }],
    ["a name that is too long", { ...LOCAL, name: "a".repeat(65) }],
    ["credentials in the URL", { ...WEB, url: "http://user:secret@127.0.0.1/mcp" }],
    ["a URL that is not HTTP", { ...WEB, url: "ftp://127.0.0.1/mcp" }],
    ["an unknown transport", { ...WEB, transport: "sse" }],
    ["an unknown sensitivity", { ...WEB, tools: { x: "secret" } }],
    ["a header that is none", { ...WEB, headers: { "X Key": "a" } }],
    ["no command", { name: "local", transport: "stdio" }],
  ])("refuses %s", (_what, entry) => {
    expect(upstreamConfigSchema.safeParse(entry).success).toBe(false);
  });

  it("can be written as JSON Schema", () => {
    expect(JSON.stringify(z.toJSONSchema(upstreamConfigSchema, { io: "input" }))).toContain("Name in URLs");
  });
});

describe("the configured upstreams", () => {
  it("are found by name, in order, without disabled ones", async () => {
    await using given = setUp([
      WEB,
      { ...LOCAL, enabled: false },
      { ...LOCAL, name: "other", description: "d" },
    ]);
    const { upstreams } = given;
    expect(upstreams.names()).toEqual(["web", "other"]);
    expect(upstreams.list().map(({ transport }) => transport)).toEqual(["tcp", "pipe"]);
    expect(upstreams.get("other")).toMatchObject({
      description: "d",
      transport: "pipe",
      upstream: { name: "other" },
    });
    expect(upstreams.get("local")).toBeUndefined();
    expect(() => setUp([WEB, WEB])).toThrow(/"web" occurs twice/);
  });

  it("know how delicate their tools are", async () => {
    const tools = {
      "read-*": "low",
      "*-secret*": "high",
      "read-secrets": "critical",
      exact: "low",
      "a*b*c": "critical",
    } as const;
    await using given = setUp([{ ...WEB, sensitivity: "medium", tools }]);
    const of = (tool: string | null) => given.upstreams.sensitivityOf("web", tool);
    expect(of(null)).toBe("medium");
    expect(of("write")).toBe("medium");
    expect(of("read-x")).toBe("low");
    expect(of("read-secret-x")).toBe("high");
    expect(of("read-secrets")).toBe("critical");
    expect(of("exact")).toBe("low");
    expect([of("abc"), of("aXbYc"), of("ac"), of("abcd")]).toEqual([
      "critical",
      "critical",
      "medium",
      "medium",
    ]);
    // Alike is as strict, and no less strict than it would be.
    expect([of("READ-SECRET-x"), of("Read-Secrets"), of("read-se\u00adcret"), of("EXACT")]).toEqual([
      "high",
      "critical",
      "high",
      "medium",
    ]);
    expect(given.upstreams.sensitivityOf("unknown", "x")).toBe("critical");
  });

  it("say how long they may be silent about a request, where that is not as for all", async () => {
    const timeouts = { request: "10m" };
    await using given = setUp([WEB, { ...WEB, name: "slow", timeouts }, { ...LOCAL, timeouts }]);
    const of = (name: string) => given.upstreams.get(name)?.upstream.requestTimeoutMs;
    expect([of("web"), of("slow"), of("local")]).toEqual([undefined, 600_000, 600_000]);
  });

  it("take their credentials from environment and files", async () => {
    const file = join(folder, "token");
    await writeFile(file, "from-file\n");
    let seen: unknown;
    await using server = await serveHttp((request, response) => {
      seen = request.headers;
      response.end("{}");
    });
    const headers = { authorization: "Bearer ${TOKEN}", "x-key": `\${file:${file}}`, "x-plain": "$TOKEN" };
    await using web = setUp([{ ...WEB, url: server.url.href, headers }], { TOKEN: "from-env" });
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
    await json((await web.upstreams.get("web")!.upstream.exchange(post(ping))).body);
    expect(seen).toMatchObject({
      authorization: "Bearer from-env",
      "x-key": "from-file",
      "x-plain": "$TOKEN",
    });
    const source = `if (message.id !== undefined) respond(message, { env: process.env });`;
    await using local = setUp([{ ...LOCAL, ...scripted(source), env: { TOKEN: "${TOKEN}" } }], {
      TOKEN: "from-env",
    });
    const { upstream } = local.upstreams.get("local")!;
    const response = await upstream.exchange(post(ping, await initialize(upstream)));
    expect(await json(response.body)).toMatchObject({ result: { env: { TOKEN: "from-env" } } });
    expect(() => setUp([{ ...WEB, headers: { a: "${MISSING}" } }])).toThrow(UpstreamConfigError);
    expect(() => setUp([{ ...WEB, headers: { a: "${MISSING}" } }])).toThrow(
      "upstreams.web.headers.a: the environment variable MISSING is not set",
    );
    expect(() => setUp([{ ...WEB, headers: { a: "${A}" } }], { A: "hunter2\nb" })).toThrow(
      "upstreams.web.headers.a: holds characters that a header cannot have",
    );
    expect(() => setUp([{ ...WEB, caFile: "/no/such/file" }])).toThrow(
      "upstreams.web.caFile: The file /no/such/file cannot be read.",
    );
  });

  it("report what happens under their names", async () => {
    await using given = setUp([WEB]);
    const { upstream } = given.upstreams.get("web")!;
    await failure(upstream.exchange(post({ jsonrpc: "2.0", id: 1, method: "ping" })));
    expect(given.events).toMatchObject([
      { upstream: "web", event: { type: "failed", code: "upstream_unreachable" } },
    ]);
  });
});

describe("the tools of an upstream", () => {
  it("are listed from a server of either kind, in one session or none", async () => {
    const server = await startMcpServer();
    await using given = setUp([
      { ...WEB, url: server.url },
      { ...LOCAL, args: [mcpServerProgram, "--stdio"] },
      { ...LOCAL, name: "older", ...scripted(PAGES, false) },
    ]);
    expect(given.upstreams.inputSchema("web", "echo")).toBeUndefined();
    const [web, local, older] = await Promise.all(
      ["web", "local", "older"].map((name) => given.upstreams.tools(name)),
    );
    expect(web).toContainEqual({
      name: "echo",
      description: "Returns its text",
      inputSchema: expect.objectContaining({ type: "object" }),
    });
    expect(given.upstreams.inputSchema("web", "echo")).toMatchObject({ type: "object" });
    expect(local!.map(({ name }) => name)).toEqual(web!.map(({ name }) => name));
    expect(older!.map(({ name, inputSchema }) => ({ name, inputSchema }))).toEqual([
      { name: "a", inputSchema: { type: "object" } },
      { name: "b", inputSchema: { type: "object", properties: {} } },
    ]);
    await vi.waitFor(() => expect(given.upstreams.get("older")!.upstream.stats()["sessions"]?.size).toBe(0));
    expect(server.sessions()).toBe(0);
    await server.close();
  });

  it("are asked for once by all who want them at the same time, and kept", async () => {
    let lists = 0;
    await using server = await serveHttp(async (request, response) => {
      const { id, method } = JSON.parse(await new Response(request).text());
      lists += method === "tools/list" ? 1 : 0;
      response.setHeader("content-type", "application/json");
      const result = method === "tools/list" ? { tools: [] } : { supportedVersions: ["2026-07-28"] };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
    await using given = setUp([{ ...WEB, url: server.url.href }]);
    await Promise.all([1, 2, 3].map(() => given.upstreams.tools("web")));
    await given.upstreams.tools("web");
    expect(lists).toBe(1);
  });

  it("cannot be listed from a server that is away or talks nonsense, and that is remembered for a moment", async () => {
    let requests = 0;
    await using server = await serveHttp((_request, response) => {
      requests += 1;
      response.end("hello");
    });
    await using given = setUp([WEB, { ...WEB, name: "odd", url: server.url.href }]);
    expect((await failure(given.upstreams.tools("web"))).code).toBe("upstream_unreachable");
    expect((await failure(given.upstreams.tools("odd"))).code).toBe("upstream_garbage");
    const asked = requests;
    expect((await failure(given.upstreams.tools("odd"))).code).toBe("upstream_garbage");
    expect(requests).toBe(asked);
    await expect(given.upstreams.tools("unknown")).rejects.toThrow(/no upstream "unknown"/);
  });

  it("cannot be listed in a session whose server chose a revision that is not spoken", async () => {
    const methods: (string | undefined)[] = [];
    await using server = await serveHttp(async (request, response) => {
      const body = await new Response(request).text();
      const { id, method } = (body === "" ? {} : JSON.parse(body)) as { id?: number; method?: string };
      methods.push(method ?? request.method);
      response.setHeader("content-type", "application/json");
      response.setHeader("mcp-session-id", "up");
      response.statusCode = method === "server/discover" ? 404 : 200;
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { protocolVersion: "2024-10-07" } }));
    });
    await using given = setUp([{ ...WEB, url: server.url.href }]);
    const error = await failure(given.upstreams.tools("web"));
    expect([error.code, error.message]).toEqual([
      "upstream_garbage",
      expect.stringContaining("it speaks 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"),
    ]);
    expect(methods).toEqual(["server/discover", "initialize", "DELETE"]);
  });
});

const PAGES = `
  if (message.method !== "tools/list") return message.id !== undefined && send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "?" } });
  if (message.params.cursor === undefined) respond(message, { tools: [{ name: "a" }, { noName: true }, 5], nextCursor: "2" });
  else respond(message, { tools: [{ name: "b", description: 7, inputSchema: { type: "object", properties: {} } }], nextCursor: "2" });`;
