import { requireServer, startMcpServer, startRedis, startTokenIssuer, type Redis } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditRows, metric } from "../support/observed.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { startGatewayWithTokens, type GatewayWithTokens } from "../support/gateway-with-tokens.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const installed = requireServer("redis-server") !== null;

let redis: Redis;
let issuer: Awaited<ReturnType<typeof startTokenIssuer>>;
let tools: Awaited<ReturnType<typeof startMcpServer>>;
let here: GatewayUnderTest;
let other: GatewayWithTokens;

beforeAll(async () => {
  if (!installed) {
    return;
  }
  [redis, issuer, tools] = await Promise.all([
    startRedis({ password: "planted-secret" }),
    startTokenIssuer({ audience: "sark" }),
    startMcpServer(),
  ]);
  const config = {
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      rateLimits: {
        rules: [
          { for: "user", requests: 10, period: "1h" },
          { for: "user", name: "root", requests: 1_000, period: "1h" },
        ],
      },
      redis: { url: `redis://:\${REDIS_PASSWORD}@127.0.0.1:${redis.port}`, timeout: "1s" },
    },
  };
  const environment = { REDIS_PASSWORD: "planted-secret" };
  const policies = { "everyone.cedar": "permit(principal, action, resource);" };
  here = await startGatewayUnderTest({ ...config, environment, policies });
  const { url } = config.config.redis;
  other = await startGatewayWithTokens({
    ...config.config,
    redis: { ...config.config.redis, url: url.replace("${REDIS_PASSWORD}", "planted-secret") },
    upstreams: config.upstreams,
    http: { port: 0 },
  });
});
afterAll(async () => {
  await here?.close();
  await other?.close();
  await redis?.close();
  await tools?.close();
  await issuer?.close();
});

async function as(sub: string, roles: readonly string[] = []): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.issue({ sub, roles: [...roles] })}` };
}

async function call(url: string, sub: string): Promise<RawResponse> {
  return send(url, toolCall("tools", "echo", { text: "x" }, await as(sub)));
}

const rest = async (url: string, method: string, path: string, body?: unknown) =>
  send(url, { method, path, headers: await as("root", ["admin"]), body });

describe.skipIf(!installed)("two gateways with one Redis", () => {
  it("hold one limit together, and a reset at one is a reset at both [GTW-3] [GTW-6]", async () => {
    const responses = await Promise.all(
      Array.from({ length: 40 }, (_, at) => call(at % 2 ? here.url : other.url, "alice")),
    );
    const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(30).fill(429)]);
    expect((await call(here.url, "ALICE")).status).toBe(429);
    const reset = await rest(other.url, "POST", "/admin/v1/rate-limits/reset", {
      user: "alice",
      reason: "test",
    });
    expect(reset.json).toMatchObject({ limit: { remaining: 10, counted: "shared" }, all_replicas: true });
    expect((await call(here.url, "alice")).status).toBe(200);
    const [intent] = await auditRows(here.databaseUrl, "user_id = 'alice' AND phase = 'intent'");
    expect(intent?.metadata).not.toHaveProperty("rate_limits");
    expect(JSON.stringify(here.lines)).not.toContain("planted-secret");
  });

  it("count for themselves while Redis hangs: in health, in metrics and on each record, and go back by themselves [GTW-3] [GTW-6] [HLT-1]", async () => {
    expect(await metric(here, "sark_gateway_shared_state_up")).toBe(1);
    redis.freeze();
    try {
      const first = await call(here.url, "bob");
      expect(first.status).toBe(200);
      const started = performance.now();
      const further = await Promise.all(Array.from({ length: 12 }, () => call(here.url, "bob")));
      expect(performance.now() - started).toBeLessThan(30_000);
      expect(further.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(9);
      const records = await auditRows(here.databaseUrl, "user_id = 'bob' AND phase <> 'outcome'");
      expect(records.length).toBeGreaterThan(10);
      for (const { metadata } of records) {
        expect(metadata["rate_limits"]).toBe("local");
      }
      expect(await metric(here, "sark_gateway_shared_state_up")).toBe(0);
      expect(
        await metric(here, "sark_gateway_shared_state_failures_total", { reason: "timeout" }),
      ).toBeGreaterThan(0);
      expect(await metric(here, "sark_gateway_rate_limit_fallbacks_total")).toBeGreaterThanOrEqual(13);
      await vi.waitFor(
        async () => {
          const { status, json } = await rest(here.url, "GET", "/health/detailed");
          expect(status).toBe(200);
          const { components } = json as { components: { name: string }[] };
          expect(components.find(({ name }) => name === "shared-state")).toMatchObject({
            component: "cache",
            required: false,
            status: expect.not.stringMatching("ok") as string,
            message: expect.stringContaining("limits are those of each replica") as string,
          });
        },
        { timeout: 10_000 },
      );
      expect((await rest(here.url, "GET", "/health/ready")).status).toBe(200);
    } finally {
      redis.thaw();
    }
    await vi.waitFor(async () => expect(await metric(here, "sark_gateway_shared_state_up")).toBe(1), {
      timeout: 10_000,
    });
    expect((await call(here.url, "carol")).status).toBe(200);
    const [record] = await auditRows(here.databaseUrl, "user_id = 'carol' AND phase = 'intent'");
    expect(record?.metadata).not.toHaveProperty("rate_limits");
  });
});
