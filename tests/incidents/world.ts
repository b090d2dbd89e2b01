import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import { alertmanagerConfiguration, renderRules, RULE_FILES } from "@sark/monitoring";
import {
  startAlertmanager,
  startExporter,
  startHttpCollector,
  startMcpServer,
  startOpa,
  startPostgres,
  startPrometheus,
  startTokenIssuer,
  UNFLUSHED,
  type Alertmanager,
  type Prometheus,
  type TokenIssuer,
} from "@sark/testkit";
import { startFaultProxy, type FaultProxy } from "../faults/fault-proxy.ts";
import {
  startGatewayUnderTest,
  type GatewayUnderTest,
  type UnderTestOptions,
} from "../support/gateway-under-test.ts";
import { send, toolCall } from "../support/requests.ts";
import { againAndAgain } from "./again-and-again.ts";
import { startNotificationReceiver, type NotificationReceiver } from "./notification-receiver.ts";
import type { Ground, Part, Started } from "./parts/part.ts";
import { scaleRoutes, scaleRules } from "./scale-durations.ts";

const POLICY = `package mcp.gateway
import rego.v1
default allow := false
allow if not input.principal.id in {"mallory", "rogue"}
`;
const DEPENDENCIES = ["tools", "opa", "postgres", "siem", "gateway"] as const;
type Dependency = (typeof DEPENDENCIES)[number];

/** A running system with its monitoring: everything real, on 127.0.0.1. */
export interface World {
  readonly gateway: GatewayUnderTest;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly receiver: NotificationReceiver;
  /** What stands between the gateway (or Prometheus) and what it depends on. */
  readonly ways: Readonly<Record<Dependency, FaultProxy>>;
  readonly issuer: TokenIssuer;
  /** What `startWorld` was told to start. */
  part<T>(part: Part<T>): T;
  /** A call of a tool, by the admin unless another token is given; resolves whatever came of it. */
  call(tool: string, args?: Record<string, unknown>, token?: string, server?: string): Promise<void>;
  /** Resolves when Prometheus has had this metric for so many seconds. */
  untilSince(metric: string, seconds: number): Promise<void>;
  /** Does it again and again, so many at once, until it is told to stop. */
  keep(doing: () => Promise<unknown>, atOnce?: number, pauseMs?: number): () => void;
  /** Stops the ordinary traffic, and begins it again. */
  readonly traffic: { stop(): void; start(): void };
  close(): Promise<void>;
}

const TEMPLATES = join(import.meta.dirname, "../../monitoring/alertmanager/templates/*.tmpl");

/** In this world it is always office hours. */
const OFFICE_HOURS = [
  { name: "office-hours", time_intervals: [{ times: [{ start_time: "00:00", end_time: "24:00" }] }] },
];

/**
 * @param scale by how much the durations of rules and routes are shorter; nothing else of them is changed
 * @param parts what is there beside what always is
 */
export async function startWorld(scale: number, parts: readonly Part<unknown>[] = []): Promise<World> {
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      await step();
    }
  };
  try {
    return await build(scale, parts, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  scale: number,
  parts: readonly Part<unknown>[],
  undo: (() => unknown)[],
  close: () => Promise<void>,
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sark-incidents-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ settings: UNFLUSHED });
  undo.push(() => postgres.stop());
  const databaseUrl = await postgres.createDatabase();
  const opa = await startOpa({ policies: { "gateway.rego": POLICY } });
  undo.push(() => opa.close());
  const tools = await startMcpServer();
  undo.push(() => tools.close());
  const siem = await startHttpCollector();
  undo.push(() => siem.close());
  const issuer = await startTokenIssuer({ audience: "sark" });
  undo.push(() => issuer.close());
  const ground: Ground = {
    folder,
    scale,
    newDatabase: () => postgres.createDatabase(),
    async through(port) {
      const proxy = await startFaultProxy(port);
      undo.push(proxy.close);
      return proxy;
    },
    undo: (step) => void undo.push(step),
  };
  const through = (url: string) => ground.through(Number(new URL(url).port));
  const started = new Map<Part<unknown>, Started<unknown>>();
  for (const part of parts) {
    started.set(part, await part.start(ground));
  }
  const before = {
    tools: await through(tools.url),
    opa: await through(opa.url),
    postgres: await through(databaseUrl),
    siem: await through(siem.url),
  };
  const at = (url: string, { port }: FaultProxy) => {
    const other = new URL(url);
    other.hostname = "127.0.0.1";
    other.port = String(port);
    return other.href.replace(/\/$/, "");
  };
  const plain: UnderTestOptions = {
    upstreams: [
      {
        name: "tools",
        transport: "http",
        url: at(tools.url, before.tools),
        sensitivity: "low",
        timeouts: { request: "20s" },
      },
    ],
    config: {
      database: { url: at(databaseUrl, before.postgres), timeout: "5s" },
      policy: { opaUrl: at(opa.url, before.opa), timeout: "1s" },
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      agents: {
        rogue: { agent_type: "worker", trust_level: "limited" },
        crawler: { agent_type: "service", trust_level: "trusted" },
      },
      rateLimits: { rules: [{ for: "user", name: "greedy", requests: 1, period: "1h" }] },
      quotas: {
        prices: [{ server: "tools", tool: "add", perCall: "1" }],
        budgets: [
          { for: "user", name: "spender", daily: "3" },
          { for: "user", name: "careful", daily: "10" },
        ],
      },
      destinations: [
        {
          name: "soc",
          sink: { type: "webhook", url: at(siem.url, before.siem), secret: "${WEBHOOK_SECRET}" },
          maxBatchWait: "50ms",
          retryBaseDelay: "20ms",
          retryMaxDelay: "100ms",
          breakerOpenDuration: "200ms",
          requestTimeout: "2s",
        },
      ],
    },
    environment: { WEBHOOK_SECRET: "whsec_c2FyayBpbmNpZGVudHMgc2VjcmV0IGtleQ==" },
  };
  const gateway = await startGatewayUnderTest(
    [...started.values()].reduce((options, { configure }) => configure?.(options) ?? options, plain),
  );
  undo.push(() => gateway.close());
  const ways = { ...before, gateway: await through(gateway.url) };
  const receiver = await startNotificationReceiver();
  undo.push(() => receiver.close());
  const slackUrlFile = join(folder, "slack");
  writeFileSync(slackUrlFile, `${receiver.url}/slack`);
  const toPeople = {
    webhookUrl: `${receiver.url}/alerts`,
    watchdogUrl: `${receiver.url}/watchdog`,
    slackUrlFile,
  };
  const alertmanager = await startAlertmanager({
    ...scaleRoutes(alertmanagerConfiguration(toPeople, TEMPLATES), scale),
    time_intervals: OFFICE_HOURS,
  });
  undo.push(() => alertmanager.close());
  const postgresExporter = await startExporter("postgres-exporter", {
    environment: { DATA_SOURCE_NAME: `${at(databaseUrl, before.postgres)}?sslmode=disable` },
  });
  undo.push(() => postgresExporter.close());
  const ruleFiles = RULE_FILES.map((file) => {
    const path = join(folder, basename(file.path));
    writeFileSync(path, scaleRules(renderRules(file), scale, 3 * scrapeIntervalAt(scale)));
    return path;
  });
  const prometheus = await startPrometheus(
    [
      { job: "sark-gateway", url: `http://127.0.0.1:${ways.gateway.port}`, apiKey: gateway.apiKey },
      { job: "postgres", url: postgresExporter.url, scrapeInterval: "2s" },
      { job: "alertmanager", url: alertmanager.url },
      ...[...started.values()].flatMap(({ targets = [] }) => targets),
    ],
    { rules: ruleFiles, alertmanager: alertmanager.url, scrapeInterval: `${scrapeIntervalAt(scale)}ms` },
  );
  undo.push(() => prometheus.close());

  const call: World["call"] = async (tool, args = {}, token = gateway.apiKey, server = "tools") => {
    await send(gateway.url, toolCall(server, tool, args, { authorization: `Bearer ${token}` })).catch(
      () => undefined,
    );
  };
  const running = new Set<AbortController>();
  undo.push(() => running.forEach((one) => one.abort()));
  const keep: World["keep"] = (doing, atOnce = 1, pauseMs = 100) => {
    const stopped = againAndAgain(doing, atOnce, pauseMs);
    running.add(stopped);
    return () => {
      running.delete(stopped);
      stopped.abort();
    };
  };
  let end: (() => void) | null = null;
  const traffic = {
    stop() {
      end?.();
      end = null;
    },
    start() {
      end ??= keep(() => call("echo", { text: "ordinary" }));
    },
  };
  traffic.start();
  return {
    gateway,
    prometheus,
    alertmanager,
    receiver,
    part<T>(part: Part<T>) {
      const found = started.get(part);
      if (found === undefined) {
        throw new Error("the incident does not say that it needs this part");
      }
      return found.value as T;
    },
    async untilSince(metric, seconds) {
      await waitUntil(
        async () => (await prometheus.query(`count(${metric} offset ${seconds}s)`)).length > 0,
        { everyMs: 200 },
      );
    },
    ways,
    issuer,
    call,
    keep,
    traffic,
    close,
  };
}

/** Windows of a minute hold two scrapes and more, as far as that can be; a scrape has as long as it can. */
function scrapeIntervalAt(scale: number): number {
  return Math.min(1_000, Math.max(250, 12_000 / scale));
}
