import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { combineObservers, createAuditLog, migrate, type AuditLog } from "@sark/audit";
import {
  createDestination,
  DeliveryError,
  deliveryHealthChecks,
  exposeDelivery,
  startDelivery,
} from "@sark/audit/delivery";
import { openTransparencyLog } from "@sark/audit/log-builder";
import type { HealthCheck } from "@sark/observability/health";
import type { Cleanup } from "@sark/service-start";
import type { Logs } from "@sark/service-start/logs";
import { ConfigurationError } from "@sark/settings";
import type { MetricsConfig } from "../config/schema.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { version } from "../version.ts";

const FIRST_CHECK_MS = 30_000;
/** What is under way in the end has this long to get its response. */
const LAST_REQUESTS_MS = 1_000;

/** The provable log of security events, signed here, and its delivery to SIEMs. */
export async function startAudit(
  connectionString: string,
  config: Pick<MetricsConfig, "audit" | "destinations">,
  deps: {
    readonly dataDirectory: string;
    readonly environment: NodeJS.ProcessEnv;
    readonly logs: Pick<Logs, "shipping">;
    readonly telemetry: Pick<Telemetry, "audit" | "delivery" | "recorder" | "transparencyLog">;
  },
  cleanups: Cleanup[],
): Promise<{ readonly audit: AuditLog; readonly checks: readonly HealthCheck[] }> {
  const { dataDirectory, telemetry } = deps;
  const destinations = openDestinations(config.destinations, deps.environment, telemetry.delivery);
  await migrate(connectionString);
  const delivery = startDelivery({
    connectionString,
    destinations,
    replica: hostname(),
    observer: telemetry.delivery,
  });
  // Ends after the log has written what waits, so that the last events still go out.
  cleanups.push(async () => {
    await flushAll(delivery, config.audit.deliveryDrainTimeout);
    await delivery.close(LAST_REQUESTS_MS);
  });
  exposeDelivery(telemetry.recorder, {
    snapshots: () => [...delivery.snapshots(), ...(deps.logs.shipping()?.snapshots() ?? [])],
  });
  const log = await openTransparencyLog({
    connectionString,
    origin: config.audit.logOrigin,
    keyFile: config.audit.logKeyFile ?? join(dataDirectory, "audit-log.pem"),
    memoryFile: join(dataDirectory, "audit-log.checkpoint"),
    observer: telemetry.transparencyLog,
  });
  // What auditors verify with.
  writeFileSync(join(dataDirectory, "audit-log.vkey"), `${log.verifierKey}\n`, { mode: 0o644 });
  log.start();
  cleanups.push(() => log.close());
  telemetry.transparencyLog.opened(log.verifierKey);
  const audit = createAuditLog({
    connectionString,
    observer: combineObservers(telemetry.audit, { recorded: () => delivery.wake() }),
    spool: { directory: join(dataDirectory, "audit-spool"), alternatives: 63 },
    recordSigner: log.recordSigner,
  });
  cleanups.push(() => audit.close());
  await audit.check(AbortSignal.timeout(FIRST_CHECK_MS));
  const store: HealthCheck = {
    name: "audit-store",
    component: "database",
    // Ingest goes on without it; changes that have to be on record are refused.
    required: false,
    intervalMs: 2_000,
    async check(signal) {
      await audit.check(signal);
      return { details: { ...audit.stats() } };
    },
  };
  return { audit, checks: [store, ...deliveryHealthChecks(delivery)] };
}

function openDestinations(
  configured: MetricsConfig["destinations"],
  environment: NodeJS.ProcessEnv,
  observer: Telemetry["delivery"],
) {
  const producer = {
    service: "sark-metrics",
    name: "SARK metrics service",
    vendor: "SARK",
    suite: "SARK",
    version,
    host: hostname(),
  };
  return configured.map((destination, at) => {
    try {
      return createDestination(destination, producer, environment, observer);
    } catch (cause) {
      if (!(cause instanceof DeliveryError)) {
        throw cause;
      }
      throw new ConfigurationError(
        `The configuration is not valid:\n  destinations.${at} (${destination.name}): ${cause.message}`,
        { cause },
      );
    }
  });
}

async function flushAll(delivery: ReturnType<typeof startDelivery>, drainMs: number): Promise<void> {
  if (drainMs === 0) {
    return;
  }
  const signal = AbortSignal.timeout(drainMs);
  const open = delivery.snapshots().filter(({ leading }) => leading?.state === "running");
  await Promise.allSettled(open.map(({ name }) => delivery.flush(name, signal)));
}
