import { requireServer, startMcpServer, startOpa, startRedis, startSplunkHec } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";
import { DEPENDENCY_FAULTS, startFaultProxy, type FaultProxy } from "./fault-proxy.ts";

const installed = requireServer("opa") !== null && requireServer("redis-server") !== null;

/** What a call becomes that is made while a dependency fails: it goes on, or has one of these reasons. */
const DEPENDENCIES = {
  PostgreSQL: { made: ["audit_unavailable", "audit_overloaded"], underWay: [] },
  OPA: { made: ["policy_unavailable", "policy_timeout", "policy_error"], underWay: [] },
  // Limits are counted in the process meanwhile.
  Redis: { made: [], underWay: [] },
  "the MCP server": {
    made: [
      "upstream_unreachable",
      "upstream_died",
      "upstream_timeout",
      "upstream_silent",
      "upstream_garbage",
      "upstream_refused",
      "upstream_overloaded",
    ],
    underWay: ["upstream_died", "upstream_timeout", "upstream_silent", "upstream_garbage"],
  },
  "the receiver": { made: [], underWay: [] },
} as const;
type Dependency = keyof typeof DEPENDENCIES;

const NAMES = Object.keys(DEPENDENCIES) as Dependency[];
const ALLOW = 'package mcp.gateway\nallow := true\nreason := "All may."\n';

const undo: (() => unknown)[] = [];
let proxies: Readonly<Record<Dependency, FaultProxy>>;
let tools: Awaited<ReturnType<typeof startMcpServer>>;
let gateway: GatewayUnderTest;
let databaseUrl: string;

async function through(port: number): Promise<FaultProxy> {
  const proxy = await startFaultProxy(port);
  undo.push(proxy.close);
  return proxy;
}

beforeAll(async () => {
  if (!installed) {
    return;
  }
  const database = await createAuditDatabase();
  undo.push(database.drop);
  databaseUrl = database.url;
  const opa = await startOpa({ policies: { "gateway.rego": ALLOW } });
  undo.push(() => opa.close());
  const redis = await startRedis();
  undo.push(() => redis.close());
  tools = await startMcpServer();
  undo.push(() => tools.close());
  const splunk = await startSplunkHec({ token: "t" });
  undo.push(() => splunk.close());
  proxies = {
    PostgreSQL: await through(Number(new URL(databaseUrl).port)),
    OPA: await through(Number(new URL(opa.url).port)),
    Redis: await through(redis.port),
    "the MCP server": await through(tools.port),
    "the receiver": await through(Number(new URL(splunk.url).port)),
  };
  const at = (url: string, name: Dependency): string => {
    const other = new URL(url);
    other.hostname = "127.0.0.1";
    other.port = String(proxies[name].port);
    return other.href.replace(/\/$/, "");
  };
  gateway = await startGatewayUnderTest({
    upstreams: [
      {
        name: "tools",
        transport: "http",
        url: at(tools.url, "the MCP server"),
        sensitivity: "low",
        timeouts: { request: "3s" },
      },
    ],
    config: {
      database: { url: at(databaseUrl, "PostgreSQL"), timeout: "1s" },
      policy: { opaUrl: at(opa.url, "OPA"), timeout: "1s", cacheTtl: "0s" },
      redis: { url: `redis://127.0.0.1:${proxies.Redis.port}`, timeout: "1s" },
      rateLimits: { rules: [{ for: "user", requests: 100_000 }] },
      destinations: [
        {
          name: "splunk",
          sink: { type: "splunk_hec", url: at(splunk.url, "the receiver"), token: "${SPLUNK_TOKEN}" },
          maxBatchWait: "50ms",
          retryBaseDelay: "20ms",
          retryMaxDelay: "100ms",
          breakerOpenDuration: "200ms",
          requestTimeout: "2s",
        },
      ],
    },
    environment: { SPLUNK_TOKEN: "t" },
  });
});
afterAll(async () => {
  await gateway?.close();
  for (const step of undo.splice(0).toReversed()) {
    await step();
  }
});

const key = () => ({ "x-api-key": gateway.apiKey });
const echo = (text: string) => send(gateway.url, toolCall("tools", "echo", { text }, key()));

function admin(path: string, body: unknown): Promise<RawResponse> {
  return send(gateway.url, { path: `/admin/v1/${path}`, headers: key(), body });
}

/** Went on, or the gateway's own reason; an error of any other form has none. */
function fateOf({ headers, json }: RawResponse): string {
  const { result, error } = Object(json) as { result?: unknown; error?: { data?: Record<string, unknown> } };
  if (result !== undefined) {
    return "went on";
  }
  expect(error?.data?.["correlation_id"]).toBe(headers["x-correlation-id"]);
  return String(error?.data?.["reason_code"]);
}

const ran = (text: string): number =>
  tools
    .requests()
    .filter(({ method, body }) => method === "tools/call" && JSON.stringify(body).includes(`"${text}"`))
    .length;

/** Phases of what the audit log has of one request. */
async function phasesOf({ headers }: RawResponse): Promise<string[]> {
  const rows = await auditRows(databaseUrl, "gateway_request_id = $1", String(headers["x-correlation-id"]));
  return rows.map(({ phase }) => phase);
}

async function recovered(): Promise<void> {
  await vi.waitFor(async () => expect(fateOf(await echo("again"))).toBe("went on"), {
    timeout: 60_000,
    interval: 50,
  });
  await vi.waitFor(
    async () => {
      const { json } = await send(gateway.url, {
        method: "GET",
        path: "/api/v1/siem/destinations/splunk",
        headers: key(),
      });
      expect(json).toMatchObject({ behind: { events: 0 } });
    },
    { timeout: 60_000, interval: 50 },
  );
}

describe.runIf(installed).each(NAMES)("while %s fails", (name) => {
  it.each(DEPENDENCY_FAULTS)(
    "(%s), before a call, between its intent and its response, at its outcome and in a drain: a clear error, no call without a record, nothing lost, and it goes on by itself [GTW-12] [AUD-1] [AUD-4]",
    async (fault) => {
      const { made, underWay } = DEPENDENCIES[name];
      const gate = `${name} ${fault}`;
      await recovered();
      tools.clearRequests();
      const running = send(gateway.url, toolCall("tools", "stream", { count: 1, gate }, key()));
      await vi.waitFor(() => expect(ran(gate)).toBe(1));
      proxies[name].strike(fault);
      let first: RawResponse;
      let second: RawResponse;
      try {
        const text = `made while ${gate}`;
        second = await echo(text);
        expect(["went on", ...made]).toContain(fateOf(second));
        expect(ran(text)).toBe(fateOf(second) === "went on" ? 1 : 0);
        expect(made.length === 0).toBe(fateOf(second) === "went on");
        tools.release(gate);
        first = await running;
        expect(underWay.length === 0 ? ["went on"] : underWay).toContain(fateOf(first));
        const drained = await admin("drain", { timeout: "1s", reason: gate });
        // Who took it out of service is on record, or it was not done.
        expect([202, 503]).toContain(drained.status);
      } finally {
        proxies[name].mend();
        tools.release(gate);
      }
      await vi.waitFor(async () => expect((await admin("undrain", { reason: gate })).status).toBe(200), {
        timeout: 60_000,
        interval: 50,
      });
      await recovered();
      // What went on, and what was sent and failed, is on record with its end; what was refused did not run.
      await vi.waitFor(async () => expect(await phasesOf(first)).toEqual(["intent", "outcome"]), {
        timeout: 60_000,
      });
      const kept = await phasesOf(second);
      if (fateOf(second) === "went on" || name === "the MCP server") {
        await vi.waitFor(async () => expect(await phasesOf(second)).toEqual(["intent", "outcome"]), {
          timeout: 60_000,
        });
      } else {
        expect(kept).not.toContain("outcome");
      }
      const rows = await auditRows(databaseUrl);
      expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_row, index) => index));
    },
  );
});
