import { CommandError } from "../exit-code.ts";
import type { GatewayClient } from "../gateway-client/client.ts";
import { SourceError } from "../http-source/source-error.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";
import type { HealthReport } from "./report.ts";
import { selectComponents, worstStatus } from "./select-components.ts";
import { responses } from "../gateway-client/responses.ts";

type Findings = Pick<HealthReport, "status" | "version" | "uptime_seconds" | "message" | "components">;

const NOTHING_KNOWN = { version: null, uptime_seconds: null, components: [] };

/**
 * Asks the gateway once. One that does not respond, or fails, is down: that is a result. Rejects with a `CommandError`
 * of the code for unknown when nothing can be said.
 */
export async function checkHealth(
  gateway: GatewayClient,
  components: readonly string[],
): Promise<HealthReport> {
  const checkedAt = new Date().toISOString();
  const started = performance.now();
  const findings = await (
    gateway.authenticated ? askInDetail(gateway, components) : askReadiness(gateway)
  ).catch(whatTheFaultSays);
  return {
    ...findings,
    exit_code: HEALTH_EXIT[findings.status],
    checked_at: checkedAt,
    gateway: gateway.url,
    latency_ms: Math.round(performance.now() - started),
  };
}

async function askInDetail(gateway: GatewayClient, asked: readonly string[]): Promise<Findings> {
  const { status, version, uptime_seconds, components } = await gateway.call(
    "GET",
    "/health/detailed",
    responses.detailedHealth,
    undefined,
    [503],
  );
  if (asked.length === 0) {
    return { status, version, uptime_seconds, message: null, components };
  }
  const selected = selectComponents(components, asked);
  return { status: worstStatus(selected), version, uptime_seconds, message: null, components: selected };
}

async function askReadiness(gateway: GatewayClient): Promise<Findings> {
  const { status } = await gateway.call("GET", "/health/ready", responses.readiness, undefined, [503]);
  return { ...NOTHING_KNOWN, status, message: "without an API key a gateway tells its status alone" };
}

function whatTheFaultSays(error: unknown): Findings {
  if (error instanceof SourceError && (error.fault === "unreachable" || error.fault === "failing")) {
    return { ...NOTHING_KNOWN, status: "down", message: error.message };
  }
  throw error instanceof CommandError
    ? new CommandError(HEALTH_EXIT.unknown, error.message, { cause: error })
    : error;
}
