import { createServerDrain } from "@sark/http-service";
import { createHealth } from "@sark/observability/health";
import { wait } from "@sark/observability/waiting";
import { openSecret } from "@sark/observability/settings";
import { addressOf, endAll, listeningAddress, type Cleanup } from "@sark/service-start";
import { createIngestApi } from "../api/ingest/handlers.ts";
import { describeService } from "../api/describe-service.ts";
import { createApp } from "../app.ts";
import type { MetricsConfig } from "../config/schema.ts";
import { openDatabase } from "../database/database.ts";
import type { IngestListener } from "../domain/ingest.ts";
import { createBodyReader } from "../ingest/read-items.ts";
import { createIngestRateLimit } from "../ingest/rate-limit.ts";
import { createIngestWriter } from "../ingest/writer.ts";
import { createScoreAnomalies } from "../kpis/anomalies.ts";
import { createCurrentKpis } from "../kpis/current.ts";
import { refreshKpis } from "../kpis/refresh.ts";
import { createErasures } from "../privacy/erasures.ts";
import { exportPerson } from "../privacy/export-person.ts";
import { createEventHorizons } from "../retention/horizons.ts";
import { lockRollups } from "../rollups/roll-up.ts";
import { createSecurityRecords } from "../tenancy/audit-records.ts";
import { createAuthenticator } from "../tenancy/authenticator.ts";
import { createApiKeys } from "../tenancy/find-key.ts";
import { createTenantKeys } from "../tenancy/keys.ts";
import { ensurePlatformKey } from "../tenancy/platform-key.ts";
import { createTenantStates } from "../tenancy/tenant-state.ts";
import { createTenants } from "../tenancy/tenants.ts";
import { createUsers } from "../tenancy/users.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { MAX_TENANTS } from "../telemetry/tenant-label.ts";
import { version } from "../version.ts";
import { startAudit } from "./audit.ts";
import { startBackgroundJobs } from "./background-jobs.ts";
import { startCertificates } from "./certificates.ts";
import { databaseCheck } from "./database-check.ts";
import { openDatabases } from "./databases.ts";
import { ensureExample } from "./example.ts";
import { openGround, type Ground, type StartOptions } from "./ground.ts";
import { kpiExportJob } from "./kpi-export-job.ts";
import { startLive } from "./live.ts";
import { startOperations } from "./operations.ts";
import { cachedKpis, startSharing } from "./sharing.ts";
import { openWebhookSeal, webhookKeyCheck } from "./webhook-seal.ts";
import { createKpiQueries, createTenantTurns } from "./tenant-turns.ts";
import { createWebhookParts } from "./webhooks.ts";
import { welcomeText } from "./welcome.ts";

export interface MetricsServer {
  /** Where it listens, e.g. `http://127.0.0.1:8100`. */
  readonly url: string;
  /** Connection string of the login that owns the tables. */
  readonly ownerUrl: string;
  /** Connection string of the service's own role. */
  readonly serviceUrl: string;
  /** File of the key of the platform's administrator; `null` where it was configured. */
  readonly platformKeyFile: string | null;
  /** What a newcomer needs to see. */
  readonly welcome: string;
  readonly telemetry: Telemetry;
  /** What the signal for debugging does. */
  switchLevels(): void;
  /** Stops taking requests, lets those in flight end, writes what waits. */
  close(): Promise<void>;
}

/** Builds the whole service from its configuration and listens. What was started is ended again when a step fails. */
export async function startMetrics(
  config: MetricsConfig,
  options: StartOptions = {},
): Promise<MetricsServer> {
  const cleanups: Cleanup[] = [];
  let ground: Ground | undefined;
  try {
    ground = await openGround(config, options, cleanups);
    return await build(config, ground, cleanups);
  } catch (error) {
    ground?.telemetry.lifecycle.startFailed(error);
    await endAll(cleanups).catch((fault: unknown) => ground?.telemetry.lifecycle.notEnded(fault));
    throw error;
  }
}

async function build(
  config: MetricsConfig,
  { environment, dataDirectory, logs, telemetry }: Ground,
  cleanups: Cleanup[],
): Promise<MetricsServer> {
  const ground = { dataDirectory, environment, lifecycle: telemetry.lifecycle };
  const certificates = startCertificates(config, { environment, telemetry }, cleanups);
  const { ownerUrl, serviceUrl, isEmbedded } = await openDatabases(config, ground, cleanups);
  const { audit, checks } = await startAudit(ownerUrl, config, { ...ground, logs, telemetry }, cleanups);
  const database = await openDatabase({
    connectionString: serviceUrl,
    maxConnections: config.database.maxConnections,
    statementTimeoutMs: config.database.timeout,
    observer: telemetry.database,
  });
  cleanups.push(() => database.close());
  const { reads, rightOfWay } = createTenantTurns(database, config.database.maxConnections);
  const { platformKey } = config;
  const { file: platformKeyFile } = await ensurePlatformKey(
    database,
    dataDirectory,
    platformKey === undefined ? undefined : openSecret(platformKey, environment).value(),
  );
  const example = isEmbedded && config.exampleData ? await ensureExample(database, dataDirectory) : null;

  const records = createSecurityRecords(audit, telemetry.http.refusalNotRecorded);
  const keys = createApiKeys(database);
  const states = createTenantStates(database);
  const tenantKeys = createTenantKeys(database);
  const authenticator = createAuthenticator({
    keys,
    tenants: states,
    issuers: config.authentication.jwt.map(({ clockTolerance, cacheTtl, audiences = null, ...issuer }) => ({
      ...issuer,
      audiences,
      clockToleranceSeconds: clockTolerance / 1_000,
      rememberSeconds: cacheTtl / 1_000,
    })),
    observer: telemetry.authentication,
  });
  const sharing = await startSharing(config, environment, telemetry, cleanups);
  const { cache, shared } = sharing;
  const kpis = cachedKpis(reads, cache);
  const live = startLive(config.live, {
    kpis,
    database,
    telemetry,
    authenticator,
    shared,
  });
  const forget = sharing.onCredentialsChanged(() => {
    keys.forget();
    states.forget();
    live.credentialsChanged();
  });

  const seal = await openWebhookSeal(config.webhooks, { ...ground, database, isEmbedded });
  const webhooks = createWebhookParts(config.webhooks, { database, seal, kpis, records, telemetry });
  const anomalies = createScoreAnomalies(
    { asPlatform: database.asPlatform, asTenant: reads.asTenant },
    telemetry.anomalies,
    webhooks.publish,
  );
  const erasures = createErasures(database, lockRollups, webhooks.publish, cache.invalidate);
  const background = await startBackgroundJobs(
    config,
    {
      ownerUrl,
      database,
      telemetry,
      erasures,
      anomalies,
      webhooks,
      seal,
      furtherJobs: [certificates.job, ...kpiExportJob(config, { database, kpis, observer: telemetry.kpis })],
      deleted: cache.invalidate,
    },
    cleanups,
  );
  const listeners: IngestListener[] = [
    ({ tenant }) => cache.invalidate(tenant),
    live.ingested,
    background.listener,
  ];
  const writer = createIngestWriter({
    database,
    observer: telemetry.ingest,
    listener: (batch) => listeners.forEach((listener) => listener(batch)),
    rightOfWay,
    atOnce: config.ingest.transactions,
    maxGroup: 2_000,
    maxWaiting: config.ingest.maxWaiting,
    maxWaitingPerTenant: config.ingest.maxWaitingPerTenant,
  });
  cleanups.push(() => writer.close());
  const refreshing = refreshKpis({
    database,
    // One after the other: it takes no turn, so that what one tenant asks for keeps no other one from being counted.
    source: createCurrentKpis(database),
    observer: telemetry.kpis,
    everyMs: config.kpis.refreshInterval,
    maxTenants: MAX_TENANTS,
  });
  cleanups.push(() => refreshing.close());
  const health = createHealth({
    version,
    observer: telemetry.health,
    checks: [
      databaseCheck(database),
      background.check,
      certificates.check,
      webhookKeyCheck(database, seal),
      ...checks,
      ...sharing.checks,
      ...logs.checks(),
    ],
  });
  cleanups.push(() => health.close());
  health.start();
  telemetry.runtime.watchDependencies(health.components);
  const operations = startOperations({ records, telemetry }, cleanups);
  const drain = createServerDrain();
  const bodies = createBodyReader({ maxBytes: config.http.maxBodySize, maxItems: config.ingest.maxBatch });
  const limit = createIngestRateLimit(config.ingest, sharing.buckets, sharing.refusals);
  let openApi: string | undefined;
  const { app, heldBytes } = createApp({
    config,
    authenticator,
    tickets: live.tickets,
    records,
    events: telemetry.http,
    requests: telemetry.requests,
    rightOfWay,
    drain,
    apis: {
      ingest: createIngestApi({
        database,
        writer,
        bodies,
        limit,
        rightOfWay,
        bounds: { maxAgeMs: config.ingest.maxAge, maxAheadMs: config.ingest.maxAhead },
        horizon: createEventHorizons(database).of,
        observer: telemetry.ingest,
        rateLimited: telemetry.http.rateLimited,
        quotaExceeded(tenant) {
          telemetry.http.quotaExceeded(tenant);
          webhooks.quotaExceeded(tenant);
        },
      }),
      live: live.api,
      kpis: {
        current: kpis,
        ...createKpiQueries(reads),
        anomalies,
      },
      users: { users: createUsers(database), records },
      privacy: {
        erasures,
        exportPerson: (tenant, user) => exportPerson(reads, tenant, user),
        erasureRequested: background.erasureRequested,
        records,
      },
      webhooks: webhooks.api,
      webhookDeliveries: webhooks.api,
      keys: { keys: tenantKeys, records, changed: forget },
      tenants: {
        tenants: createTenants(database),
        keys: tenantKeys,
        records,
        retention: { minDays: config.retention.minDays, defaultDays: config.retention.eventDays },
        changed: forget,
      },
      jobs: { deadLetters: background.queue.deadLetters, states: background.queue.states, records },
      operations: operations.api,
      health,
      metrics: telemetry.recorder,
      openApi: { openApi: () => (openApi ??= JSON.stringify(describeService())) },
    },
  });
  telemetry.gauges.watchDatabase(() => database.pool, config.database.maxConnections);
  telemetry.gauges.watchIngest({ heldBytes, waiting: () => writer.waiting });
  await sharing.connect();
  await app.listen({ host: listeningAddress(config.http.host), port: config.http.port });
  cleanups.push(() => drain.start(config.http.drainTimeout));
  cleanups.push(() => live.close(config.http.drainTimeout));
  cleanups.push(async () => {
    health.setDraining(true);
    await pause(config.http.drainDelay);
  });
  const url = addressOf(app.server.address(), config.http.host, "http");
  telemetry.lifecycle.listening(url);
  return {
    url,
    ownerUrl,
    serviceUrl,
    platformKeyFile,
    welcome: welcomeText({
      url,
      platformKeyFile,
      example,
      database: isEmbedded ? "embedded" : "as configured",
    }),
    telemetry,
    switchLevels: operations.switchLevels,
    close: () => endAll(cleanups),
  };
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) {
    await wait(ms);
  }
}
