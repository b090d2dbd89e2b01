import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import { startService } from "@sark/metrics-service/testing";
import {
  freePort,
  PEER_SESSION_REVISION,
  startAlertmanager,
  startMcpServer,
  startPrometheus,
  startRedis,
  startSplunkHec,
  startVictoriaLogs,
  type Prometheus,
} from "@sark/testkit";
import { expect, inject, vi } from "vitest";
import { adminCommand } from "../../support/admin-command.ts";
import { startGatewayUnderTest } from "../../support/gateway-under-test.ts";
import { ROOT } from "../../support/programs/programs.ts";
import { send, toolCall } from "../../support/requests.ts";
import { UNHURRIED_ENVIRONMENT } from "../../support/unhurried.ts";
import { makeCheckout } from "./checkout.ts";
import type { Surroundings } from "./run-page.ts";

/** What the pages speak of, running: a gateway with a past, the metrics service, and what watches them. */
export interface DocumentedSystem {
  readonly prometheus: Prometheus;
  /** For one page: what it starts itself has a database and ports of its own. */
  surroundings(folder: string): Promise<Surroundings>;
  /** Has the destination refuse the two events of a call for good; their numbers in the log. */
  quarantineTwo(): Promise<readonly [string, string]>;
  close(): Promise<void>;
}

/** Numbers of ports that the pages name, but for those of what is shared. */
const OWN_PORTS = ["8000", "8088", "8089", "8087", "8086", "8181"] as const;

export async function startDocumentedSystem(folder: string): Promise<DocumentedSystem> {
  const undo: (() => Promise<unknown>)[] = [];
  const keep = <T extends { close(): Promise<unknown> }>(part: T): T => {
    undo.push(() => part.close());
    return part;
  };
  const shared = makeCheckout(join(folder, "shared"));
  const own = makeCheckout(join(folder, "own"));
  const dataDirectory = join(folder, "data");
  mkdirSync(dataDirectory);
  symlinkSync(dataDirectory, join(shared, ".sark"));
  const splunk = keep(await startSplunkHec({ token: "try-token", acknowledgement: true }));
  const tools = keep(await startMcpServer());
  const logs = keep(await startVictoriaLogs());
  const redis = keep(await startRedis());
  const gateway = keep(
    await startGatewayUnderTest({
      upstreams: ["everything", "everything-http"].map((name) => ({
        name,
        transport: "http",
        url: tools.url,
        sensitivity: "low",
      })),
      environment: { HEC_TOKEN: "try-token" },
      config: {
        dataDirectory,
        logging: { files: { directory: join(dataDirectory, "logs") } },
        quotas: {
          currency: "EUR",
          prices: [{ server: "everything", tool: "echo", perCall: "0.005" }],
          budgets: [
            { for: "user", daily: "5.00" },
            { for: "tenant", name: "acme", monthly: "1000", stop: "soft" },
          ],
        },
        rateLimits: {
          rules: [
            { for: "user", requests: 600, period: "1m" },
            { for: "tool", server: "everything", name: "search", requests: 60, period: "1m" },
          ],
        },
        destinations: [
          { name: "splunk-main", sink: { type: "splunk_hec", url: splunk.url, token: "${HEC_TOKEN}" } },
        ],
      },
    }),
  );
  const alice = await issue("alice-desk", "alice", "--role", "developer", "--tenant", "acme");
  // A key counts within seconds after it was issued.
  const call = await vi.waitFor(echo);
  const metrics = keep(await startService(inject("postgresUrl")));
  mkdirSync(join(dataDirectory, "metrics"));
  writeFileSync(join(dataDirectory, "metrics/platform.key"), metrics.platformKey);
  const tenant = await metrics.tenant("acme");
  const alertmanager = keep(
    await startAlertmanager(join(ROOT, "deployment/monitoring/configs/alertmanager/development.yml")),
  );
  const prometheus = keep(
    await startPrometheus(
      [
        { job: "sark-gateway", url: gateway.url, apiKey: gateway.apiKey },
        { job: "sark-metrics", url: metrics.url, apiKey: metrics.platformKey },
      ],
      { scrapeInterval: "1s", alertmanager: alertmanager.url },
    ),
  );

  async function echo(): ReturnType<typeof send> {
    const headers = { authorization: `Bearer ${alice}` };
    const response = await send(gateway.url, toolCall("everything", "echo", { text: "hello" }, headers));
    expect(response.status).toBe(200);
    return response;
  }

  async function issue(id: string, principal: string, ...more: string[]): Promise<string> {
    const file = join(dataDirectory, "api-keys.json");
    const args = ["api-keys", "issue", "--file", file, "--id", id, "--principal", principal, ...more];
    return (await adminCommand(gateway, ...args)).out.trim().split("\n").at(-1) ?? "";
  }

  /** A session of alice, by its fingerprint. */
  async function session(): Promise<string> {
    await send(gateway.url, {
      path: "/mcp/everything",
      headers: { authorization: `Bearer ${alice}` },
      body: {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: PEER_SESSION_REVISION,
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      },
    });
    const { json } = await send(gateway.url, {
      method: "GET",
      path: "/admin/v1/sessions",
      headers: { authorization: `Bearer ${gateway.apiKey}` },
    });
    return (
      (json as { readonly sessions: readonly { readonly fingerprint: string }[] }).sessions[0]?.fingerprint ??
      ""
    );
  }

  return {
    prometheus,
    async surroundings(pageFolder) {
      const database = keep(dropping(await createAuditDatabase()));
      const ports = await Promise.all(
        OWN_PORTS.map(async (port) => [port, String(await freePort())] as const),
      );
      const port = Object.fromEntries(ports)["8000"] ?? "";
      const common = {
        "127.0.0.1:8100": new URL(metrics.url).host,
        "127.0.0.1:9090": new URL(prometheus.url).host,
        "127.0.0.1:9093": new URL(alertmanager.url).host,
        "127.0.0.1:6379": `127.0.0.1:${redis.port}`,
        "https://gateway.example.com": gateway.url,
        "0193a5e2-7d1c-7cc3-9f0e-2b5a1d9c8e11": String(call.headers["x-correlation-id"]),
        "4mSjVwD0Cz8bWm9Uo1gqGw": await session(),
        "quarantine NAME": "quarantine splunk-main",
        // This gateway decides by Cedar.
        "--component opa": "--component policy",
        // It is to be refused.
        'curl -H "X-API-Key: wrong"': '! curl -H "X-API-Key: wrong"',
        "seconds=10": "seconds=1",
        "--server web": "--server everything",
        "/var/log/sark": ".sark/logs",
        // Not the whole disk.
        "max-depth=2 / |": `max-depth=2 ${pageFolder} |`,
        "/backup/": `${pageFolder}/`,
        ...Object.fromEntries(
          ports.slice(1).flatMap(([port, here]) => [
            [`127.0.0.1:${port}`, `127.0.0.1:${here}`],
            [`port ${port}`, `port ${here}`],
          ]),
        ),
      };
      return {
        checkouts: { shared, own },
        here: { "127.0.0.1:8000": new URL(gateway.url).host, ...common },
        environment: {
          GATEWAY_URL: gateway.url,
          METRICS_SERVICE_URL: metrics.url,
          DATABASE_URL: gateway.databaseUrl,
          PROM: prometheus.url,
          REDIS: `redis://127.0.0.1:${redis.port}`,
          ADMIN_KEY: gateway.apiKey,
          TOKEN: alice,
          ID: String(call.headers["sark-audit-id"]),
          SEQ: String(call.headers["sark-audit-seq"]),
          LEAF_HASH: String(call.headers["sark-audit-leaf-hash"]),
          KEY: tenant.admin,
          LOGS: join(dataDirectory, "logs"),
          VICTORIA_LOGS: logs.url,
          STATE: join(pageFolder, "state"),
          POSTGRES_PASSWORD: "none",
          REDIS_PASSWORD: "none",
        },
        own: {
          here: { "127.0.0.1:8000": `127.0.0.1:${port}`, ...common },
          environment: {
            ...UNHURRIED_ENVIRONMENT,
            DATABASE_URL: database.url,
            SARK_HTTP_PORT: port,
            GATEWAY_URL: `http://127.0.0.1:${port}`,
          },
        },
      };
    },
    async quarantineTwo() {
      const siem = (...args: string[]) => adminCommand(gateway, "siem", ...args);
      await siem("pause", "splunk-main", "--reason", "for a while");
      const { headers } = await echo();
      splunk.poison(String(headers["x-correlation-id"]));
      await siem("resume", "splunk-main");
      await siem("flush", "splunk-main", "--wait", "1m");
      const { out } = await siem("quarantine", "splunk-main", "--json");
      const lines = out.trimEnd().split("\n");
      expect(lines).toHaveLength(2);
      const [first, second] = lines.map((line) => String((JSON.parse(line) as { readonly seq: number }).seq));
      return [first ?? "", second ?? ""];
    },
    async close() {
      for (const step of undo.splice(0).toReversed()) {
        await step();
      }
    },
  };
}

const dropping = <T extends { drop(): Promise<unknown> }>(part: T) => ({ ...part, close: () => part.drop() });
