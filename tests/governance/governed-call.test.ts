import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  queryDatabase,
  startMcpServer,
  startOtlpReceiver,
  startTokenIssuer,
  type SeenRequest,
} from "@sark/testkit";
import pg from "pg";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditPayloads, auditRows, growth, metric, series, type AuditRow } from "../support/observed.ts";
import { CLIENTS, connectClient, type ClientKind, type OfficialClient } from "../support/official-clients.ts";
import { ENVELOPE, send as sendRaw } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
const otlp = await startOtlpReceiver();
const seen: SeenRequest[] = [];
const upstream = await startMcpServer({ onRequest: (request) => void seen.push(request) });
let gateway: GatewayUnderTest;

const PEOPLE = {
  alice: { sub: "alice", roles: ["developer"], tenant: "acme", act: { sub: "alices-assistant" } },
  mallory: { sub: "mallory", roles: [], tenant: "acme" },
  bot: { sub: "build-bot", principal_type: "agent", agent_type: "worker", trust_level: "trusted" },
} as const;
type Person = keyof typeof PEOPLE;

beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "tools", transport: "http", url: upstream.url, sensitivity: "low", tools: { big: "critical" } },
      // The same, for calls that are to time out.
      {
        name: "hasty",
        transport: "http",
        url: upstream.url,
        sensitivity: "low",
        timeouts: { request: "1500ms" },
      },
    ],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      tracing: { endpoint: otlp.url, sampleRatio: 1 },
      rateLimits: { rules: [{ for: "user", requests: 1_000_000, period: "1h" }] },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await otlp.close();
  await issuer.close();
});

interface Connected extends OfficialClient {
  /** Correlation id of the newest tool call's response. */
  correlationId(): string;
}

async function connect(
  kind: ClientKind,
  person: Person,
  headers: Record<string, string> = {},
  server: "tools" | "hasty" = "tools",
): Promise<Connected> {
  let correlationId = "";
  const client = await connectClient(kind, `${gateway.url}/mcp/${server}`, {
    headers: { authorization: `Bearer ${await issuer.issue(PEOPLE[person])}`, ...headers },
    onResponse(response, request) {
      if (!request.includes('"tools/call"')) {
        return;
      }
      correlationId = response.headers.get("x-correlation-id") ?? "";
    },
  });
  return { ...client, correlationId: () => correlationId };
}

/** The whole trail of one request, once the outcome is there. */
async function trail(correlationId: string): Promise<AuditRow[]> {
  return vi.waitFor(
    async () => {
      const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", correlationId);
      expect(rows.some(({ phase }) => phase !== "intent")).toBe(true);
      return rows;
    },
    { timeout: 10_000 },
  );
}

/** Events are counted when they are committed; the outcome of the session's beginning may come at any time. */
async function countsAsToolCall(
  before: ReadonlyMap<string, number>,
  expected: Readonly<Record<string, number>>,
): Promise<void> {
  await vi.waitFor(async () => {
    const grown = await growth(gateway, "sark_gateway_audit_events_total", before);
    delete grown['{event_type="session_begin",decision="allow"}'];
    expect(grown).toEqual(expected);
  });
}

describe.each(CLIENTS)("a tool call of the %s", (kind) => {
  it("gets its response, and its intent and outcome say who called what, who decided it and what came of it [AUD-1] [AUD-2]", async () => {
    const client = await connect(kind, "alice");
    const before = await series(gateway);
    const response = await client.callTool("echo", { text: "hello" });
    expect(response["content"]).toEqual([{ type: "text", text: "hello" }]);

    const [intent, outcome, ...more] = await trail(client.correlationId());
    expect(more).toEqual([]);
    const identity = {
      event_type: "tool_invoke",
      user_id: "alice",
      agent_id: "alices-assistant",
      tenant_id: "acme",
      server_name: "tools",
      tool_name: "echo",
      decision: "allow",
      reason: "Developers may use what is of low or medium sensitivity.",
      gateway_request_id: client.correlationId(),
      client_address: "127.0.0.1",
      credential: expect.stringMatching(/^jwt:http.* kid=/) as unknown,
      submitted_by: null,
    };
    expect(intent).toMatchObject({
      ...identity,
      phase: "intent",
      outcome: null,
      policy: { engine: "cedar", ids: ["developer-low-and-medium"] },
      metadata: { method: "tools/call", reason_code: "allowed", action: "gateway:tool:invoke" },
    });
    expect(outcome).toMatchObject({ ...identity, phase: "outcome", outcome: "ok", intent_id: intent?.id });
    expect(outcome?.duration_ms).toBeGreaterThan(0);
    expect(outcome?.duration_ms).toBeLessThan(60_000);
    expect(Number(outcome?.seq)).toBeGreaterThan(Number(intent?.seq));

    expect(await growth(gateway, "sark_gateway_authz_requests_total", before)).toMatchObject({
      '{decision="allow",action="gateway:tool:invoke",server="tools"}': 1,
    });
    expect(await growth(gateway, "sark_gateway_authz_latency_seconds_count", before)).toMatchObject({
      '{action="gateway:tool:invoke"}': 1,
    });
    await countsAsToolCall(before, { '{event_type="tool_invoke",decision="allow"}': 2 });
    expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({});
    await client.close();
  });

  it("is refused when policy says so: the error names the reason and the audit id, and the server hears nothing [AUD-1] [MET-1]", async () => {
    const client = await connect(kind, "mallory");
    const before = await series(gateway);
    seen.length = 0;
    const error = (await client.callTool("echo", { text: "hello" }).catch((thrown: unknown) => thrown)) as {
      code: number;
      message: string;
      data: Record<string, unknown>;
    };
    const [denial, ...more] = await trail(client.correlationId());
    expect(more).toEqual([]);
    expect(denial).toMatchObject({
      user_id: "mallory",
      tool_name: "echo",
      decision: "deny",
      phase: "decision",
      outcome: "denied",
    });
    expect(error.code).toBe(-32010);
    expect(error.message).toContain(denial?.reason);
    expect(error.message).toContain(denial?.id);
    expect(error.data).toEqual({
      reason_code: "denied_by_policy",
      audit_id: denial?.id,
      audit_seq: Number(denial?.seq),
      correlation_id: client.correlationId(),
    });
    expect(seen.filter(({ method }) => method === "tools/call")).toEqual([]);
    expect(await growth(gateway, "sark_gateway_authz_requests_total", before)).toMatchObject({
      '{decision="deny",action="gateway:tool:invoke",server="tools"}': 1,
    });
    await countsAsToolCall(before, { '{event_type="tool_invoke",decision="deny"}': 1 });
    await client.close();
  });

  it("shows each caller the tools that it may use", async () => {
    const developer = await connect(kind, "alice");
    const guest = await connect(kind, "mallory");
    const tools = await developer.tools();
    expect(tools).toContain("echo");
    expect(tools).not.toContain("big");
    expect(await guest.tools()).toEqual([]);
    await developer.close();
    await guest.close();
  });

  it("ends in the trail as what it was: tool error, protocol error, time-out [AUD-1]", async () => {
    const client = await connect(kind, "bot");
    const outcomeOf = async (call: Promise<unknown>) => {
      await call.catch(() => undefined);
      return (await trail(client.correlationId())).find(({ phase }) => phase === "outcome");
    };
    expect(await outcomeOf(client.callTool("fail"))).toMatchObject({
      agent_id: "build-bot",
      user_id: null,
      outcome: "tool_error",
    });
    expect(await outcomeOf(client.callTool("no-such-tool"))).toMatchObject({
      outcome: expect.stringMatching(/^(protocol|tool)_error$/) as string,
    });
    await client.close();

    // On a busy machine a session may take longer to begin than the call may.
    const hasty = await vi.waitFor(() => connect(kind, "bot", {}, "hasty"));
    await hasty.callTool("slow", { ms: 600_000 }).catch(() => undefined);
    const rows = await trail(hasty.correlationId());
    expect(rows.find(({ phase }) => phase === "outcome")).toMatchObject({ outcome: "timeout" });
    await hasty.close();
  });
});

it("a call that asks back and is sent again are two calls, the first ending as input_required [AUD-1]", async () => {
  const tool = "test_input_required_result_elicitation";
  const elicits = { ...ENVELOPE, "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } };
  const send = async (more: object) => {
    const response = await sendRaw(gateway.url, {
      path: "/mcp/tools",
      headers: {
        authorization: `Bearer ${await issuer.issue(PEOPLE.alice)}`,
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": tool,
      },
      body: {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: tool, _meta: elicits, ...more },
      },
    });
    const rows = await trail(String(response.headers["x-correlation-id"]));
    const kept = await auditPayloads(gateway.databaseUrl, rows[0]?.id ?? "");
    return {
      result: (response.json as { result: object }).result,
      outcomes: rows.map(({ outcome }) => outcome),
      params: kept["params"],
      summaries: Object.keys((rows[0] as unknown as { payloads: object | null }).payloads ?? {}),
    };
  };
  const asked = await send({});
  expect(asked).toMatchObject({
    result: { resultType: "input_required", inputRequests: { user_name: {} } },
    outcomes: [null, "input_required"],
    params: undefined,
    summaries: [],
  });
  const responded = await send({
    inputResponses: { user_name: { action: "accept", content: { name: "Ada", password: "hunter2" } } },
    other: { of: "ours" },
  });
  expect(responded).toMatchObject({
    result: { content: [{ type: "text", text: "Hello, Ada!" }] },
    outcomes: [null, "ok"],
    params: {
      inputResponses: { user_name: { action: "accept", content: { name: "Ada", password: "[redacted]" } } },
      other: { of: "ours" },
    },
    summaries: ["params"],
  });
});

it("a call that its client cancels is stopped at the server, and recorded as cancelled [AUD-1]", async () => {
  await Promise.all(
    CLIENTS.map(async (kind, index) => {
      const client = await connect(kind, "alice");
      const ms = 60_001 + index;
      const abandon = new AbortController();
      const call = client.callTool("slow", { ms }, { signal: abandon.signal });
      call.catch(() => undefined);
      const reached = await vi.waitFor(() => {
        const request = seen.find(({ body }) => JSON.stringify(body).includes(`"ms":${ms}`));
        expect(request).toBeDefined();
        return request;
      });
      abandon.abort();
      await expect(call).rejects.toThrow();
      await vi.waitFor(() => expect(reached?.cancelled).toBe(true), { timeout: 10_000 });
      await client.close();
    }),
  );
  await vi.waitFor(
    async () => {
      const where = "outcome = 'cancelled' AND tool_name = 'slow' AND user_id = 'alice'";
      expect(await auditRows(gateway.databaseUrl, where)).toHaveLength(CLIENTS.length);
    },
    { timeout: 10_000 },
  );
});

it("commits the intent before the server sees the call [AUD-1] [AUD-4]", async () => {
  const client = await connect("v1 SDK", "alice");
  await client.callTool("echo", { text: "warm" });
  const blocker = new pg.Client({ connectionString: gateway.databaseUrl });
  await blocker.connect();
  try {
    await blocker.query("BEGIN");
    await blocker.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE");
    seen.length = 0;
    const call = client.callTool("echo", { text: "ordered" });
    // The gateway has sent the record to the database, where it now waits behind the lock.
    await vi.waitFor(async () => {
      const { rows } = await blocker.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(rows).not.toEqual([]);
    });
    expect(seen).toEqual([]);
    await blocker.query("COMMIT");
    await call;
  } finally {
    // Also when it fails: the other tests need the lock.
    await blocker.end();
  }
  expect(seen.filter(({ method }) => method === "tools/call")).toHaveLength(1);
  await client.close();
});

it("joins header, audit records and log lines by one correlation id, also among many at once [AUD-4] [LOG-1]", async () => {
  const people = await Promise.all(
    (["alice", "bot", "alice", "bot"] as const).map(async (person) => ({
      person,
      client: await connect("v2 client, stateless", person),
    })),
  );
  const from = gateway.lines.length;
  await Promise.all(
    people.flatMap(({ client }) => [1, 2, 3, 4].map(() => client.callTool("add", { a: 1, b: 2 }))),
  );
  const rows = await vi.waitFor(
    async () => {
      const found = await auditRows(gateway.databaseUrl, "tool_name = 'add'");
      expect(found).toHaveLength(32);
      return found;
    },
    { timeout: 10_000 },
  );
  const lines = await vi.waitFor(() => {
    const found = gateway.lines.slice(from);
    expect(found.filter(({ message }) => message === "audit event recorded")).toHaveLength(32);
    return found;
  });
  for (const row of rows.filter(({ phase }) => phase === "intent")) {
    const own = lines.filter((line) => line["correlation_id"] === row.gateway_request_id);
    const who = row.user_id ?? row.agent_id;
    expect(own.map(({ message }) => message)).toEqual(
      expect.arrayContaining(["audit event recorded", "audit event recorded", "call finished"]) as unknown,
    );
    expect(own).toHaveLength(3);
    expect(own.map(({ user }) => user)).toEqual(own.map(() => who));
    expect(own.map(({ trace_id }) => trace_id)).toEqual(own.map(() => row.trace_id));
    expect(own.find(({ message }) => message === "call finished")).toMatchObject({
      level: "info",
      service: "sark-gateway",
      environment: "test",
      version: expect.any(String) as string,
      component: "gateway",
      tool: "add",
      server: "tools",
      outcome: "ok",
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      duration_ms: expect.any(Number) as number,
    });
    expect(own.filter(({ message }) => message === "audit event recorded")).toEqual([
      expect.objectContaining({ audit_id: row.id, event_type: "tool_invoke", decision: "allow" }),
      expect.objectContaining({ event_type: "tool_invoke", decision: "allow", phase: "outcome" }),
    ]);
  }
  await Promise.all(people.map(({ client }) => client.close()));
});

describe("one trace", () => {
  const HTTP = "00-11111111111111111111111111111111-2222222222222222-01";
  const META = "00-33333333333333333333333333333333-4444444444444444-01";

  it.each([
    ["by HTTP header", { traceparent: HTTP }, undefined, "1".repeat(32)],
    ["by _meta, with the HTTP one linked", { traceparent: HTTP }, { traceparent: META }, "3".repeat(32)],
  ])(
    "comes in %s, shows each stage, and goes out in header and _meta [LOG-5]",
    async (_how, headers, meta, traceId) => {
      const client = await connect("v2 client, stateless", "alice", headers);
      otlp.clear();
      seen.length = 0;
      await client.callTool("echo", { text: "traced" }, meta === undefined ? {} : { meta });
      const [row] = await trail(client.correlationId());
      expect(row?.trace_id).toBe(traceId);

      // The response does not wait for the outcome.
      const all = await vi.waitFor(async () => {
        await gateway.gateway.telemetry.tracing.flush();
        const spans = otlp.spans().filter((span) => span.traceId === traceId);
        expect(spans.filter(({ name }) => name === "audit")).toHaveLength(2);
        return spans;
      });
      const server = all.find(({ kind, name }) => kind === "server" && name === "tools/call echo");
      const stages = all.filter(({ parentSpanId }) => parentSpanId === server?.spanId);
      const begin = ({ start }: (typeof all)[number]) => Number(start - (server?.start ?? 0n));
      expect(
        stages
          .toSorted((one, other) => begin(one) - begin(other))
          .map(({ name, kind, attributes }) =>
            [kind, name, attributes["sark.limit.group"] ?? attributes["sark.audit.phase"]].join(" ").trim(),
          ),
      ).toEqual([
        "internal authenticate",
        "internal rate limit own",
        "internal policy",
        "internal rate limit common",
        "internal audit intent",
        "client tools/call echo",
        "internal audit outcome",
      ]);
      // All that is not below another span is a call, as the client's other requests are.
      const ids = new Set(all.map(({ spanId }) => spanId));
      const roots = all.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId));
      expect(roots.filter(({ kind }) => kind !== "server")).toEqual([]);
      expect(Math.min(...stages.map(begin))).toBe(0);
      const outgoing = stages.find(({ kind }) => kind === "client");
      expect(server?.parentSpanId).toBe(meta === undefined ? "2".repeat(16) : "4".repeat(16));
      expect(server?.links.map(({ traceId: linked }) => linked)).toEqual(
        meta === undefined ? [] : ["1".repeat(32)],
      );
      expect(server?.attributes).toMatchObject({
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "echo",
        "gen_ai.operation.name": "execute_tool",
        "mcp.protocol.version": "2026-07-28",
        "network.transport": "tcp",
      });
      const [request] = seen.filter(({ method }) => method === "tools/call");
      const sent = `00-${traceId}-${outgoing?.spanId}-01`;
      expect(request?.headers["traceparent"]).toBe(sent);
      expect(request?.body).toMatchObject({ params: { _meta: { traceparent: sent } } });
      await client.close();
    },
  );

  it("is named by the database while it writes the intent, and goes on by HTTP where `_meta` cannot be read [LOG-5]", async () => {
    const client = await connect("v2 client, stateless", "alice", { traceparent: HTTP });
    const holder = new pg.Client({ connectionString: gateway.databaseUrl });
    await holder.connect();
    let called: Promise<unknown> | undefined;
    try {
      await holder.query("BEGIN");
      await holder.query("SELECT next_seq FROM gateway_audit_head FOR UPDATE");
      called = client.callTool("echo", { text: "x" }, { meta: { traceparent: `${META}, ${META}` } });
      // Outside of that transaction: within one, PostgreSQL shows what it saw first again and again.
      await vi.waitFor(async () => {
        const rows = await queryDatabase<{ application_name: string }>(
          gateway.databaseUrl,
          "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        expect(rows.map((row) => row.application_name)).toContainEqual(
          expect.stringMatching(`^sark-audit/${"1".repeat(32)}-[0-9a-f]{16}$`),
        );
      });
    } finally {
      await holder.end();
    }
    await called;
    expect((await trail(client.correlationId()))[0]?.trace_id).toBe("1".repeat(32));
    await client.close();
  });
});

it("counts connections, cache and calls under their given names [MET-1] [MET-2] [MET-4] [MET-5] [MET-6]", async () => {
  const client = await connect("v1 SDK", "alice");
  const calls = { server: "tools", kind: "tool" };
  expect(await metric(gateway, "sark_gateway_active_connections")).toBeGreaterThan(0);
  const before = await series(gateway);
  await client.callTool("echo", { text: "the same twice" });
  await client.callTool("echo", { text: "the same twice" });
  await client.callTool("fail");
  expect(await growth(gateway, "sark_gateway_cache_hits_total", before)).not.toEqual({});
  expect(await growth(gateway, "sark_gateway_cache_misses_total", before)).not.toEqual({});
  expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({
    '{operation="tools/call",error_type="tool_error"}': 1,
  });
  expect(await metric(gateway, "sark_gateway_calls_total", { ...calls, outcome: "ok" })).toBeGreaterThan(1);
  expect(
    await metric(gateway, "sark_gateway_calls_total", { ...calls, outcome: "tool_error" }),
  ).toBeGreaterThan(0);
  await client.close();
});
