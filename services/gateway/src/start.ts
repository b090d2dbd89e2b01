import type { AddressInfo } from "node:net";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { combineObservers, exposeDelivery } from "@sark/audit";
import { startEmbeddedPostgres } from "@sark/embedded-postgres";
import { createHealth } from "@sark/observability";
import { createApp } from "./app.ts";
import { createAuditApi } from "./audit-api/handlers.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { healthChecks } from "./health-checks.ts";
import { createDrain } from "./http/drain.ts";
import { createOriginGuard } from "./http/origin.ts";
import { claimDirectory } from "./local/claim-directory.ts";
import { describePolicy } from "./local/describe-policy.ts";
import { loadOrCreateSecret, openDataDirectory } from "./local/data-directory.ts";
import { EXAMPLE_CALL, startExampleUpstreams } from "./local/example-upstreams.ts";
import { welcomeText } from "./local/welcome.ts";
import { recordSessionEnds } from "./start/session-ends.ts";
import { createSessionBinding } from "./mcp/session/binding.ts";
import { createMcpEndpoint } from "./mcp/endpoint.ts";
import { DEFAULT_MCP_LIMITS } from "./mcp/limits.ts";
import { createPipeline } from "./pipeline.ts";
import { createRestHandlers } from "./rest/handlers.ts";
import { startAudit } from "./start/audit.ts";
import { createSiemApi } from "./siem-api/handlers.ts";
import { prepareForwarding } from "./start/delivery.ts";
import { openLogs, type Logs } from "./start/logs.ts";
import { startAuthentication } from "./start/authentication.ts";
import { startPolicy } from "./start/policy.ts";
import { createTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { version } from "./telemetry/version.ts";
import { upstreamConfigSchema } from "./upstreams/config.ts";
import { createUpstreams } from "./upstreams/registry.ts";

export interface Gateway {
  /** Where it listens, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The key of role `admin`, made on the first start; the file's path. */
  readonly adminKeyFile: string;
  /** Connection string of the audit database. */
  readonly databaseUrl: string;
  /** What a newcomer needs to see. */
  readonly welcome: string;
  readonly telemetry: Telemetry;
  /** Stops taking requests, lets those in flight end within `http.drainTimeoutMs`, writes what waits, ends its servers. */
  close(): Promise<void>;
}

type Cleanup = () => Promise<unknown> | void;

/** Builds the whole gateway from its configuration and listens. What was started is ended again when a step fails. */
export async function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const cleanups: Cleanup[] = [];
  const closeAll = async (): Promise<void> => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  };
  let ground: Ground | undefined;
  try {
    ground = await openGround(config, options, cleanups);
    return await build(config, ground, cleanups, closeAll);
  } catch (error) {
    ground?.telemetry.logger.fatal({ error }, "the gateway could not start");
    await closeAll();
    throw error;
  }
}

interface StartOptions {
  readonly logDestination?: { write(line: string): void };
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What all else stands on: from then on, what happens is logged. */
interface Ground {
  readonly environment: NonNullable<StartOptions["environment"]>;
  readonly dataDirectory: string;
  readonly logs: Logs;
  readonly telemetry: Telemetry;
}

async function openGround(
  config: GatewayConfig,
  { environment = process.env, logDestination }: StartOptions,
  cleanups: Cleanup[],
): Promise<Ground> {
  const dataDirectory = openDataDirectory(config.dataDirectory);
  const logs = await openLogs(config.logging, dataDirectory, environment);
  // Ends last: so do the lines.
  cleanups.push(() => logs.close());
  const telemetry = createTelemetry(config, logs.files, logDestination);
  cleanups.push(() => telemetry.tracing.shutdown());
  return { environment, dataDirectory, logs, telemetry };
}

async function build(
  config: GatewayConfig,
  { environment, dataDirectory, logs, telemetry }: Ground,
  cleanups: Cleanup[],
  closeAll: () => Promise<void>,
): Promise<Gateway> {
  logs.start(telemetry);
  const forwarding = prepareForwarding(config, telemetry, environment);

  const databaseUrl =
    config.database.url ?? (await embeddedDatabase(dataDirectory, telemetry.logger, cleanups));
  // Ends after the audit log has written what waits, so that the last events still go out.
  cleanups.push(() => forwarding.close());
  const auditing = await startAudit(databaseUrl, config, dataDirectory, {
    ...telemetry,
    audit: combineObservers(telemetry.audit, forwarding.observer),
  });
  cleanups.push(() => auditing.close());
  const { audit } = auditing;
  const { delivery, checks: destinationChecks } = await forwarding.start(databaseUrl);
  exposeDelivery(telemetry.recorder, {
    snapshots: () => [...delivery.snapshots(), ...(logs.shipping()?.snapshots() ?? [])],
  });

  const policy = await startPolicy(config.policy, telemetry.policy);
  cleanups.push(() => policy.close());

  const authentication = await startAuthentication(
    config.authentication,
    dataDirectory,
    telemetry.authentication,
  );
  cleanups.push(() => authentication.close());

  const sessionKey = loadOrCreateSecret(dataDirectory, "session.key");
  const observers = recordSessionEnds(audit, createSessionBinding(sessionKey), telemetry);
  const upstreams = createUpstreams(config.upstreams ?? (await exampleUpstreams(cleanups)), {
    environment,
    observer: observers.upstream,
  });
  cleanups.push(() => upstreams.close());

  telemetry.calls.serversConfigured(
    upstreams.list().map(({ upstream, tools }) => ({ name: upstream.name, tools })),
  );
  const pipeline = createPipeline({
    policy,
    audit,
    payloads: { arguments: config.audit.arguments, result: config.audit.results },
    inputSchema: upstreams.inputSchema,
    currentSchema: upstreams.currentSchema,
    isLookAlike: upstreams.isLookAlike,
    serverProfile: (name) => upstreams.get(name),
    events: telemetry.calls,
    tracing: telemetry.callTracing,
  });
  // Once nobody is served any more, and before the log closes: calls that were cut off get an outcome.
  cleanups.push(() => pipeline.close());
  const health = createHealth({
    version,
    checks: [
      ...healthChecks({
        audit,
        auditLog: auditing.logCheck,
        auditRequired: Object.values(config.audit.whenDown).every((mode) => mode === "closed"),
        policy,
        upstreams: upstreams.list().map(({ upstream }) => upstream),
      }),
      ...destinationChecks,
      ...logs.checks(),
    ],
  });
  cleanups.push(() => health.close());
  health.start();

  const drain = createDrain();
  const app = createApp({
    drain,
    limits: config.http,
    allowedOrigins: config.http.allowedOrigins,
    originGuard: createOriginGuard(config.http),
    authenticator: authentication.authenticator,
    maxStreamMs: config.mcp.maxStreamMs,
    endpoint: createMcpEndpoint({
      governor: pipeline.governor,
      upstreams: (name) => upstreams.get(name)?.upstream,
      toolSchema: upstreams.currentSchema,
      sessionKey,
      limits: {
        ...DEFAULT_MCP_LIMITS,
        requestTimeoutMs: config.mcp.requestTimeoutMs,
        maxRequestMs: config.mcp.maxRequestMs,
        maxStreamsPerCaller: config.mcp.maxStreamsPerCaller,
        maxCallsPerCaller: config.http.maxRequestsPerCaller,
      },
      observer: observers.mcp,
    }),
    rest: createRestHandlers({
      authorize: pipeline.authorize,
      policy: pipeline.ask,
      audit,
      catalog: upstreams,
      agents: config.agents,
      recordA2a: (allow, source, target) =>
        telemetry.metrics.recordA2aAuthorization(
          allow ? "allow" : "deny",
          source.agent_type,
          target.agent_type,
        ),
    }),
    auditApi: createAuditApi(auditing),
    siemApi: createSiemApi({ audit, delivery, logs }),
    health,
    recorder: telemetry.recorder,
    events: telemetry.http,
  });
  await app.listen({ host: listeningAddress(config.http.host), port: config.http.port });
  cleanups.push(() => drain.start(config.http.drainTimeoutMs));
  cleanups.push(async () => {
    health.startDraining();
    await delay(config.http.drainDelayMs);
  });

  const url = addressOf(app.server.address(), config.http.host);
  telemetry.logger.info({ url }, "gateway listening");
  return {
    url,
    adminKeyFile: authentication.adminKeyFile,
    databaseUrl,
    welcome: welcomeText({
      url,
      adminKeyFile: authentication.adminKeyFile,
      servers: upstreams.names(),
      example: config.upstreams === undefined ? EXAMPLE_CALL : null,
      verifierKey: config.audit.signing === "on" ? join(dataDirectory, "audit-log.vkey") : null,
      dataDirectory: config.database.url === undefined ? config.dataDirectory : null,
      database:
        config.database.url === undefined
          ? `embedded PostgreSQL in ${dataDirectory}`
          : "PostgreSQL of DATABASE_URL",
      policies: await describePolicy(policy, config.policy.opaUrl ?? config.policy.directory),
    }),
    telemetry,
    close: closeAll,
  };
}

async function embeddedDatabase(
  dataDirectory: string,
  logger: Telemetry["logger"],
  cleanups: Cleanup[],
): Promise<string> {
  cleanups.push(await claimDirectory(dataDirectory, "SARK_DATA_DIRECTORY"));
  const postgres = await startEmbeddedPostgres({
    directory: join(dataDirectory, "postgres"),
    keepRunning: true,
    onWaiting: (pids) => logger.warn({ pids }, "waiting for processes of an earlier PostgreSQL to end"),
  });
  cleanups.push(() => postgres.stop());
  // For tools on this machine, which find the database by it while it runs.
  const file = join(dataDirectory, "database.url");
  writeFileSync(file, `${postgres.url}\n`, { mode: 0o600 });
  cleanups.push(() => rmSync(file, { force: true }));
  return postgres.url;
}

async function exampleUpstreams(cleanups: Cleanup[]) {
  const examples = await startExampleUpstreams();
  cleanups.push(() => examples.stop());
  return examples.upstreams.map((entry) => upstreamConfigSchema.parse(entry));
}

/** For this name the framework would open a second server, which none of the bounds and watches apply to. */
function listeningAddress(host: string): string {
  return host === "localhost" ? "127.0.0.1" : host;
}

function addressOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
