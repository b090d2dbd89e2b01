import { configuredDatabase, embeddedDatabase, loadOrCreateSecret, type Cleanup } from "@sark/service-start";
import { createDatabase, setServicePassword } from "../database/prepare.ts";
import { ROLES_OF_DATABASE } from "../database/roles.ts";
import { migrateMetrics } from "../database/migrate.ts";
import type { MetricsConfig } from "../config/schema.ts";
import type { LifecycleEvents } from "../telemetry/lifecycle-events.ts";

/** Where the service's own statements go, and where migrations and the audit log do. */
export interface Databases {
  /** Of a login that owns what the migrations make. */
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  readonly isEmbedded: boolean;
}

/** The database of the service: the configured one, or one of its own on an embedded PostgreSQL. Migrated. */
export async function openDatabases(
  config: Pick<MetricsConfig, "database">,
  deps: {
    readonly dataDirectory: string;
    readonly environment: NodeJS.ProcessEnv;
    readonly lifecycle: Pick<LifecycleEvents, "databaseAwaited" | "databaseRoleIsShared">;
  },
  cleanups: Cleanup[],
): Promise<Databases> {
  const { dataDirectory, environment, lifecycle } = deps;
  const configured = configuredDatabase(config.database.url, environment);
  if (configured !== undefined) {
    await migrateMetrics(configured);
    const serviceUrl = configuredDatabase(config.database.serviceUrl, environment);
    if (serviceUrl === undefined) {
      lifecycle.databaseRoleIsShared();
    }
    return { ownerUrl: configured, serviceUrl: serviceUrl ?? configured, isEmbedded: false };
  }
  const server = await embeddedDatabase(
    dataDirectory,
    lifecycle.databaseAwaited,
    cleanups,
    "METRICS_DATA_DIRECTORY",
  );
  const ownerUrl = await createDatabase(server, "metrics");
  await migrateMetrics(ownerUrl);
  const password = loadOrCreateSecret(dataDirectory, "database-service.key").toString("base64url");
  await setServicePassword(ownerUrl, password);
  const service = new URL(ownerUrl);
  service.username = ROLES_OF_DATABASE.service;
  service.password = password;
  return { ownerUrl, serviceUrl: service.href, isEmbedded: true };
}
