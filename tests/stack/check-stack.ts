import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARDS, queriesOf, RULE_FILES, type Dashboard } from "@sark/monitoring";
import { waitUntil } from "@sark/observability/waiting";
import { interpolate } from "../dashboards/interpolate.ts";
import { intoVictoriaLogs } from "../support/into-victoria-logs.ts";
import { send, toolCall } from "../support/requests.ts";
import type { GatewayUnderTest } from "../support/gateway-under-test.ts";
import type { Stack } from "./start-stack.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What of it is as it should be, a line for each; waits for what takes a while. Rejects with what will never be. */
export async function checkStack(stack: Stack, say: (line: string) => void): Promise<void> {
  const correlationId = await call(stack.gateway);
  say(`call: made, with the correlation id ${correlationId}`);
  say(`opa: ${stack.gatewayOnOpa === null ? "not installed" : await decidedByOpa(stack.gatewayOnOpa)}`);
  say(`targets: ${await targetsUp(stack)} up`);
  say(`rules: ${await rulesLoaded(stack)} alerts loaded and evaluated`);
  await waitUntil(
    async () => (await stack.alertmanager.alerts()).some(({ labels }) => labels["alertname"] === "Watchdog"),
    { everyMs: 200 },
  );
  say("alerts: Watchdog arrived at Alertmanager");
  say(`dashboards: ${await dashboardsQueried(stack)}`);
  const traceId = await logLineFound(stack, correlationId);
  say(`log: a line of the call found in VictoriaLogs, with the trace ${traceId}`);
  await waitUntil(() => stack.collector.spans().some((span) => span.traceId === traceId), { everyMs: 100 });
  say("trace: its spans are at the collector");
}

/** The same call, by the policies that the composition gives to OPA. */
async function decidedByOpa(gateway: GatewayUnderTest): Promise<string> {
  const { json } = await send(gateway.url, {
    method: "GET",
    path: `/api/v1/audit/requests/${await call(gateway)}/trail`,
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  const { events } = json as {
    readonly events: readonly { readonly event: { readonly policy: PolicyOnRecord } }[];
  };
  const policy = events[0]?.event.policy;
  if (policy?.engine !== "opa" || policy.ids.length === 0) {
    throw new Error(`the call was decided by ${JSON.stringify(policy)}, and not by OPA`);
  }
  return `allowed the same call by ${policy.ids.join(", ")}`;
}

interface PolicyOnRecord {
  readonly engine: string;
  readonly ids: readonly string[];
}

async function call(gateway: GatewayUnderTest): Promise<string> {
  const response = await send(
    gateway.url,
    toolCall("tools", "echo", { text: "hello" }, { authorization: `Bearer ${gateway.apiKey}` }),
  );
  if (response.status !== 200) {
    throw new Error(`the call got ${response.status}: ${response.text}`);
  }
  return String(response.headers["x-correlation-id"]);
}

async function targetsUp({ prometheus }: Stack): Promise<number> {
  let count = 0;
  await waitUntil(
    async () => {
      const targets = await prometheus.targets();
      count = targets.length;
      return count > 0 && targets.every(({ health }) => health === "up");
    },
    { everyMs: 200 },
  );
  return count;
}

async function rulesLoaded({ prometheus }: Stack): Promise<number> {
  const wanted = RULE_FILES.flatMap(({ groups }) => groups.flatMap(({ alerts }) => alerts)).length;
  await waitUntil(
    async () => {
      const response = await fetch(`${prometheus.url}/api/v1/rules?type=alert`);
      const { data } = (await response.json()) as {
        readonly data: {
          readonly groups: readonly {
            readonly rules: readonly { readonly health: string; readonly lastError?: string }[];
          }[];
        };
      };
      const rules = data.groups.flatMap((group) => group.rules);
      const failed = rules.find(({ health }) => health === "err");
      if (failed !== undefined) {
        throw new Error(`a rule cannot be evaluated: ${failed.lastError}`);
      }
      return rules.length === wanted && rules.every(({ health }) => health === "ok");
    },
    { everyMs: 200 },
  );
  return wanted;
}

/** Each query is asked; one that Prometheus does not understand rejects. */
async function dashboardsQueried({ prometheus }: Stack): Promise<string> {
  let [asked, filled] = [0, 0];
  for (const path of Object.keys(DASHBOARDS)) {
    const dashboard = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Dashboard;
    for (const { expr } of queriesOf(dashboard)) {
      const samples = await prometheus.query(interpolate(expr, {}));
      asked += 1;
      filled += samples.length > 0 ? 1 : 0;
    }
  }
  return `${asked} queries got a response, ${filled} of them with series after one call`;
}

async function logLineFound({ logs, logFolder }: Stack, correlationId: string): Promise<string> {
  let traceId = "";
  await waitUntil(
    async () => {
      await intoVictoriaLogs(logFolder, logs.url);
      const lines = await logs.query(`correlation_id:="${correlationId}"`);
      traceId = lines.find((line) => line["trace_id"] !== undefined)?.["trace_id"] ?? "";
      return traceId !== "";
    },
    { everyMs: 500 },
  );
  return traceId;
}
