import { hostname } from "node:os";
import { type AuditObserver } from "@sark/audit";
import {
  createDestination,
  DeliveryError,
  deliveryHealthChecks,
  receiverAddress,
  startDelivery,
  type DeliveryObserver,
  type Delivery,
  type Destination,
} from "@sark/audit/delivery";
import type { HealthCheck } from "@sark/observability/health";
import { within } from "@sark/observability/waiting";
import { ConfigurationError } from "@sark/settings";
import type { GatewayConfig } from "../config/schema.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { PRODUCT } from "../product/product.ts";
import { isLoopback } from "@sark/observability/settings";
import type { StartOptions } from "./ground.ts";
import { replicaName } from "./replica-name.ts";

/** Deliveries to SIEMs, from their configuration to their end. */
export interface Forwarding {
  /** Has each commit looked at without delay. */
  readonly observer: Partial<AuditObserver>;
  /** Call it when the database is migrated; resolves when what is recorded from now on reaches every destination. */
  start(
    connectionString: string,
    pace?: StartOptions["deliveryPace"],
  ): Promise<{ readonly delivery: Delivery; readonly checks: readonly HealthCheck[] }>;
  /** Has what is committed sent, as far as `audit.deliveryDrainTimeout` allows; the rest goes out after the next start. */
  close(): Promise<void>;
}

/** The database was there a moment ago: it has this long to take the destinations down. */
const REGISTRATION_MS = 30_000;
/** What is under way in the end has this long to get its response. */
const LAST_REQUESTS_MS = 1_000;

/** Reads secrets and certificates, and asks no receiver. Throws `ConfigurationError` naming the destination at fault. */
export function prepareForwarding(
  config: Pick<GatewayConfig, "audit" | "destinations">,
  telemetry: Pick<Telemetry, "delivery" | "lifecycle">,
  environment: NodeJS.ProcessEnv,
): Forwarding {
  const destinations = openDestinations(config.destinations, environment, telemetry.delivery);
  for (const { name, sink } of config.destinations) {
    if (isPlain(sink)) {
      telemetry.lifecycle.destinationIsPlain(name);
    }
  }
  let delivery: Delivery | undefined;

  return {
    observer: { recorded: () => delivery?.wake() },
    async start(connectionString, pace = {}) {
      delivery = startDelivery({
        connectionString,
        destinations,
        replica: replicaName(),
        observer: telemetry.delivery,
        ...pace,
      });
      const registered = delivery.registered.then(() => true);
      if (!(await within(REGISTRATION_MS, registered, false))) {
        throw new Error("the database did not take down the destinations of the audit log");
      }
      for (const name of await leftOver(delivery)) {
        telemetry.lifecycle.destinationLeftOver(name);
      }
      return { delivery, checks: deliveryHealthChecks(delivery) };
    },
    async close() {
      if (delivery === undefined) {
        return;
      }
      await flushAll(delivery, config.audit.deliveryDrainTimeout);
      await delivery.close(LAST_REQUESTS_MS);
    },
  };
}

function openDestinations(
  configured: GatewayConfig["destinations"],
  environment: NodeJS.ProcessEnv,
  observer: DeliveryObserver,
): readonly Destination[] {
  const producer = { ...PRODUCT, host: hostname() };
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

/** Destinations of an earlier configuration that still have a claim on the log. */
async function leftOver({ control, snapshots }: Delivery): Promise<string[]> {
  const configured = new Set(snapshots().map(({ name }) => name));
  // A warning is not worth a start that fails.
  const known = await control.status().catch(() => []);
  return known.filter(({ name, enabled }) => enabled && !configured.has(name)).map(({ name }) => name);
}

function isPlain(sink: GatewayConfig["destinations"][number]["sink"]): boolean {
  const address = receiverAddress(sink);
  return address !== null && !address.encrypted && !isLoopback(address.host);
}

/** To those that this replica delivers to and that take events just now: others would only make the end longer. */
async function flushAll(delivery: Delivery, drainMs: number): Promise<void> {
  if (drainMs === 0) {
    return;
  }
  const signal = AbortSignal.timeout(drainMs);
  const open = delivery.snapshots().filter(({ leading }) => leading?.state === "running");
  await Promise.allSettled(open.map(({ name }) => delivery.flush(name, signal)));
}
