import pg from "pg";
import { vi } from "vitest";
import { PEER_SESSION_REVISION, startMcpServer, startTokenIssuer } from "@sark/testkit";
import { bindExample } from "@sark/http-api/documents";
import type { Endpoint, Service } from "@sark/http-api";
import { QUICK, SECRETS, startReceivers } from "./destinations.ts";
import { startGatewayUnderTest } from "./gateway-under-test.ts";
import { auditRows, type AuditRow } from "./observed.ts";
import { recordEvent, send, toolCall } from "./requests.ts";

/** One caller for each role, one that has none, and one that shows no credentials. */
export const CALLERS = {
  admin: { sub: "root", roles: ["admin"] },
  operator: { sub: "otto", roles: ["operator"] },
  auditor: { sub: "olga", roles: ["auditor"] },
  user: { sub: "alice", roles: ["user"] },
  agent: { sub: "planner", roles: ["agent"], principal_type: "agent" },
  metrics: { sub: "prometheus", roles: ["metrics"] },
  gateway: { sub: "edge-1", roles: ["gateway"] },
  "no role": { sub: "mallory", roles: [] },
  anonymous: null,
} as const;
export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[];

/** Of a token. */
export type Claims = Readonly<Record<string, unknown>>;

type Received = Awaited<ReturnType<typeof send>>;

const POISON = "poison-pill";

/** What responds with 503 while a check has no result yet, as on a busy machine. */
const READINESS: ReadonlySet<string> = new Set(["/health/ready", "/readyz", "/health/detailed"]);

/** A gateway that has something of everything that the examples of the API ask for. */
export interface ApiScenario {
  /** Sends the example of an endpoint, with values of this gateway where it has others. */
  sendExample(
    endpoint: Endpoint<Service, never>,
    caller: CallerName | Claims,
    instead?: {
      readonly query?: Readonly<Record<string, unknown>>;
      /** Members of the body, on top of those of the example; a text is all of it. */
      readonly body?: Readonly<Record<string, unknown>> | string;
    },
  ): Promise<Received>;
  /** Calls a tool of the one server. */
  callTool(caller: Claims): Promise<Received>;
  /** What is on record of requests. */
  recorded(...correlationIds: string[]): Promise<AuditRow[]>;
  /** What stands in the events that there are, and nowhere else. */
  readonly marks: readonly string[];
  close(): Promise<void>;
}

/** @param tenant whose events they are; of none without it */
export async function startApiScenario(tenant?: string): Promise<ApiScenario> {
  const ofTenant = tenant === undefined ? {} : { tenant };
  /** Rules that are for that tenant, and so for the eyes of no other one. */
  const ownRules =
    tenant === undefined
      ? []
      : [
          { for: "tenant", name: tenant },
          { for: "user", tenant },
        ];
  const issuer = await startTokenIssuer({ audience: "sark" });
  const tools = await startMcpServer();
  const receivers = await startReceivers();
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      http: { publicUrl: "https://gateway.example.com" },
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      agents: {
        planner: { agent_type: "service", trust_level: "trusted" },
        crawler: { agent_type: "worker", trust_level: "limited" },
      },
      quotas: {
        prices: [{ server: "search", tool: "web_search", perCall: "0.005" }],
        budgets: [{ for: "user", daily: "100" }, ...ownRules.map((rule) => ({ ...rule, daily: "50" }))],
      },
      rateLimits: {
        rules: [
          { for: "user", requests: 100_000 },
          ...ownRules.map((rule) => ({ ...rule, requests: 90_000 })),
        ],
      },
      audit: { checkpointInterval: "250ms" },
      // A busy machine takes its time for the first decision.
      policy: { timeout: "60s" },
      destinations: [{ name: "splunk", sink: receivers.sinks.splunk, ...QUICK }],
    },
    environment: SECRETS,
    // Roles are what is tested, not policy.
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    await receivers.close();
    await tools.close();
    await issuer.close();
  };

  async function headersOf(caller: CallerName | Claims): Promise<Record<string, string>> {
    const claims: Claims | null = typeof caller === "string" ? CALLERS[caller] : caller;
    return claims === null ? {} : { authorization: `Bearer ${await issuer.issue({ ...claims })}` };
  }

  async function get(path: string): Promise<Received> {
    return send(gateway.url, { method: "GET", path, headers: await headersOf("admin") });
  }

  /** Names of the examples, and what they are here. */
  async function prepare() {
    const call = toolCall(
      "tools",
      "echo",
      { text: "hello" },
      await headersOf({ ...CALLERS.user, ...ofTenant }),
    );
    const called = await send(gateway.url, call);
    if (called.status !== 200 || "error" in Object(called.json)) {
      throw new Error(`the call was not permitted: ${called.text}`);
    }
    const request = String(called.headers["x-correlation-id"]);
    const [intent] = await vi.waitFor(async () => {
      const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request);
      return rows.length === 2 ? rows : Promise.reject(new Error(`${rows.length} of 2 events`));
    });
    await waitFor(`/api/v1/audit/receipt/${intent?.id}`, ({ status }) => status === 200);

    receivers.splunk.poison(POISON);
    const reporter = await headersOf({ ...CALLERS.gateway, ...ofTenant });
    await recordEvent(gateway, `${POISON} 1`, reporter);
    await recordEvent(gateway, `${POISON} 2`, reporter);
    const quarantine = await waitFor(
      "/api/v1/siem/destinations/splunk/quarantine",
      ({ json }) => (json as { events: unknown[] }).events.length === 2,
    );
    const [first, second] = (quarantine.json as { events: { seq: number }[] }).events;

    return { intent: String(intent?.id), request, quarantined: first?.seq, discarded: second?.seq };
  }

  async function waitFor(path: string, holds: (response: Received) => boolean): Promise<Received> {
    return vi.waitFor(async () => {
      const response = await get(path);
      return holds(response) ? response : Promise.reject(new Error(`${path}: ${response.text}`));
    });
  }

  /** One that is in no configuration any more. */
  async function addRemovable(name: unknown): Promise<void> {
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    const statement = "INSERT INTO audit_destinations (name, cursor_seq, start_seq) VALUES ($1, 0, 0)";
    await client.query(`${statement} ON CONFLICT DO NOTHING`, [name]);
    await client.end();
  }

  /** Fingerprint of a session that was opened for it. */
  async function openedSession(): Promise<string> {
    const clientInfo = { name: "example-client", version: "1.4.0" };
    const initialize = { protocolVersion: PEER_SESSION_REVISION, capabilities: {}, clientInfo };
    const headers = await headersOf({ ...CALLERS.user, ...ofTenant });
    const post = (body: object, more: Record<string, string> = {}) =>
      send(gateway.url, { path: "/mcp/tools", headers: { ...headers, ...more }, body });
    const message = { jsonrpc: "2.0", method: "initialize", params: initialize };
    const opened = await post({ ...message, id: 0 });
    const session = {
      "mcp-session-id": String(opened.headers["mcp-session-id"]),
      "mcp-protocol-version": PEER_SESSION_REVISION,
    };
    await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session);
    const { json } = await get("/admin/v1/sessions?user=alice&limit=1");
    return (json as { sessions: { fingerprint: string }[] }).sessions[0]?.fingerprint ?? "";
  }

  /** A tile of the tree as it is now. */
  async function currentTile(): Promise<string> {
    const size = Number((await get("/api/v1/audit/checkpoint")).text.split("\n")[1]);
    return size < 256 ? `0/000.p/${size}` : "0/000";
  }

  try {
    const values = await prepare();
    return {
      close,
      callTool: async (caller) =>
        send(gateway.url, toolCall("tools", "echo", { text: "hi" }, await headersOf(caller))),
      recorded: (...ids) => auditRows(gateway.databaseUrl, "gateway_request_id = ANY($1)", ids),
      marks: [values.intent, values.request, POISON],
      async sendExample({ method, path, example }, caller, instead) {
        const tile = path.includes("/tile/") ? { tile: await currentTile() } : {};
        const opened = path.includes("{fingerprint}") ? { session: await openedSession() } : {};
        const { request = {} } = bindExample(example, { ...values, ...tile, ...opened });
        if (READINESS.has(path)) {
          await waitFor("/health/ready", ({ status }) => status === 200);
        }
        if (method === "DELETE") {
          await addRemovable(request.path?.["name"]);
        }
        return send(gateway.url, {
          method,
          path: filled(path, request.path ?? {}) + queryOf(instead?.query ?? request.query ?? {}),
          headers: await headersOf(caller),
          body: bodyOf(request.body, instead?.body),
        });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function bodyOf(example: unknown, instead: Readonly<Record<string, unknown>> | string | undefined): unknown {
  if (instead === undefined) {
    return example;
  }
  return typeof instead === "string" ? Buffer.from(instead) : { ...(example as object), ...instead };
}

function filled(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{(\w+)(\*?)\}/g, (_all, name: string, rest: string) => {
    const value = String(values[name]);
    return rest === "" ? encodeURIComponent(value) : value;
  });
}

function queryOf(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return query.size === 0 ? "" : `?${query.toString()}`;
}
