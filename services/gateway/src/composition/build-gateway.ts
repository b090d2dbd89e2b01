import { combineObservers } from "@sark/audit";
import { exposeDelivery } from "@sark/audit/delivery";
import { createApps } from "../app.ts";
import { createDenials } from "../api/access/denials.ts";
import { createAuditApi } from "../api/audit/handlers.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { startHealth } from "./health.ts";
import { createServerDrain, createOriginGuard } from "@sark/http-service";
import { createSessionBinding } from "../mcp/session/binding.ts";
import { createMcpEndpoint } from "../mcp/endpoint.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import { administrationOf } from "./administration.ts";
import {
  addressOf,
  listeningAddress,
  configuredDatabase,
  endAll,
  type Cleanup,
  embeddedDatabase,
} from "@sark/service-start";
import { startAudit } from "./audit.ts";
import { decisionsApi } from "./decisions.ts";
import { createGroupDrain } from "../draining/group-drain.ts";
import { exposeGroup } from "./expose-group.ts";
import { createDrainingApi } from "../api/draining/handlers.ts";
import { createProtectedResources } from "../authentication/protected-resources/protected-resources.ts";
import { createTokenScopes } from "../governance/token-scopes.ts";
import { createDrainControl } from "../draining/drain-control.ts";
import { createDeliveriesApi } from "../api/deliveries/handlers.ts";
import { createQuotasApi } from "../api/quotas/handlers.ts";
import { createLimitsApi } from "../api/limits/handlers.ts";
import { operatorApis } from "./operator-apis.ts";
import { prepareForwarding } from "./delivery.ts";
import { startAuthentication } from "./authentication.ts";
import type { Gateway } from "./gateway.ts";
import type { Ground, StartOptions } from "./ground.ts";
import { httpLimits, mcpLimits } from "./limits.ts";
import { startCertificates } from "./certificates.ts";
import { startListenerTls } from "./listener-tls.ts";
import { startPolicy } from "./policy.ts";
import { startQuotas } from "./quotas.ts";
import { withinRights } from "../governance/within-rights.ts";
import { startRateLimits } from "./rate-limits.ts";
import { beginnings, startServers } from "./servers.ts";
import { connectSharedState, startSharedState } from "@sark/service-start/shared-state";
import { observeSessionEnds, recordSessionEnds } from "./session-ends.ts";
import { startSessions } from "./sessions.ts";
import { createReplicaIdentity } from "./replica-name.ts";
import { startReplicas } from "./replicas.ts";
import { createSessionsApi } from "../api/sessions/handlers.ts";
import { sessionKey } from "./session-key.ts";
import { welcomeTo } from "./welcome.ts";
import { createUpstreamRecords } from "../telemetry/upstream-records.ts";

/** For the responses to calls that a drain cut. */
const CUT_GRACE_MS = 1_000;

/** Starts its parts one after the other; what ends each of them is put onto `cleanups` as it starts. */
export async function buildGateway(
  config: GatewayConfig,
  { environment, dataDirectory, logs, telemetry, group }: Ground,
  { databaseUrl: startedDatabase, deliveryPace }: StartOptions,
  cleanups: Cleanup[],
): Promise<Gateway> {
  // Before anything connects.
  const certificates = startCertificates(config, { environment, telemetry }, cleanups);
  logs.start(telemetry);
  const forwarding = prepareForwarding(config, telemetry, environment);

  const databaseUrl =
    startedDatabase ??
    configuredDatabase(config.database.url, environment) ??
    (await embeddedDatabase(dataDirectory, telemetry.lifecycle.databaseAwaited, cleanups));
  // Ends after the audit log has written what waits, so that the last events still go out.
  cleanups.push(() => forwarding.close());
  const auditing = await startAudit(databaseUrl, config, dataDirectory, {
    ...telemetry,
    audit: combineObservers(telemetry.audit, forwarding.observer),
  });
  cleanups.push(() => auditing.close());
  const { audit } = auditing;
  const { delivery, checks: destinationChecks } = await forwarding.start(databaseUrl, deliveryPace);
  exposeDelivery(telemetry.recorder, {
    snapshots: () => [...delivery.snapshots(), ...(logs.shipping()?.snapshots() ?? [])],
  });

  const { workbench, ...engine } = await startPolicy(config.policy, telemetry.policy, environment);
  const policy = withinRights(engine);
  cleanups.push(() => policy.close());

  const authentication = await startAuthentication(
    config.authentication,
    dataDirectory,
    telemetry.authentication,
  );
  cleanups.push(() => authentication.close());

  const { scopes, jwt } = config.authentication;
  const tokenScopes = createTokenScopes(scopes.required, scopes.implied);
  const protectedResources = createProtectedResources({
    publicUrl: config.http.publicUrl,
    issuers: jwt.map(({ issuer }) => issuer),
    scopesOf: tokenScopes.ofServer,
  });

  const bindingKey = sessionKey(config.mcp.sessionKey, dataDirectory, environment);
  const binding = createSessionBinding(bindingKey);
  const record = recordSessionEnds(audit, telemetry);
  // Ends after the servers, whose sessions end with them.
  const shared = await startSharedState(config.redis, environment, telemetry, cleanups);
  const identity = shared === null ? null : createReplicaIdentity();
  const sharing = { telemetry, shared, identity, key: bindingKey };
  const sessions = await startSessions(config, { ...sharing, record });
  const replicas =
    shared === null || identity === null
      ? null
      : await startReplicas(
          config,
          { ...sharing, state: shared, identity, lost: (replica) => void sessions.replicaLost(replica) },
          cleanups,
        );
  cleanups.push(() => sessions.close());
  const observers = observeSessionEnds({ record, sessions, binding, telemetry });
  const records = createUpstreamRecords(observers.upstream);
  const serverOptions = {
    environment,
    observer: records.observe,
    replica: identity?.id ?? null,
    ...(await beginnings(shared, bindingKey, config.sessions)),
  };
  const upstreams = await startServers(config.upstreams, serverOptions, cleanups);
  telemetry.calls.serversConfigured(
    upstreams.list().map(({ upstream, tools }) => ({ name: upstream.name, tools })),
  );
  await connectSharedState(shared);
  const rateLimits = startRateLimits(config.rateLimits, { audit, upstreams, telemetry, shared });
  cleanups.push(() => rateLimits.close());
  const quotas = startQuotas(databaseUrl, config, { audit, telemetry, rateLimits: rateLimits.stage });
  cleanups.push(() => quotas.close());
  const pipeline = createPipeline({
    quotas: quotas.stage,
    rateLimits: rateLimits.stage,
    policy,
    tokenScopes,
    audit,
    payloads: { arguments: config.audit.arguments, result: config.audit.results },
    inputSchema: upstreams.inputSchema,
    currentSchema: upstreams.currentSchema,
    isLookAlike: upstreams.isLookAlike,
    serverProfile: (name) => upstreams.get(name),
    events: telemetry.calls,
    tracing: telemetry.callTracing,
  });
  // After the last request, and before the log closes: calls that were cut off get an outcome.
  cleanups.push(() => pipeline.close());
  const tls = startListenerTls(config, telemetry.http);
  cleanups.push(() => tls?.close());
  const health = startHealth(
    {
      audit,
      auditLog: auditing.logCheck,
      whenDown: config.audit.whenDown,
      policy,
      upstreams: upstreams.list().map(({ upstream }) => upstream),
      shared,
      sessions,
      tls,
      others: [certificates, authentication.check, ...destinationChecks, ...logs.checks()],
    },
    cleanups,
  );
  const drain = createDrainControl({ health, observer: telemetry.drain });

  const serverDrain = createServerDrain();
  const endpoint = createMcpEndpoint({
    governor: pipeline.governor,
    upstreams: (name) => upstreams.get(name)?.upstream,
    toolSchema: async (server, tool) => upstreams.currentSchema(server, tool),
    scopeChallenge: protectedResources.insufficientScope,
    sessionKey: bindingKey,
    limits: mcpLimits(config),
    observer: observers.mcp,
    service: drain,
    sessions,
    forwarding: replicas?.forwarding ?? null,
    auditReferences: config.mcp.auditReferences,
  });
  let levelSignal: () => void = () => undefined;
  const denials = createDenials(audit, telemetry.http.denialNotRecorded);
  cleanups.push(() => denials.close());
  const administration = administrationOf(config, telemetry.http, cleanups);
  const apps = createApps({
    tracing: telemetry.requestTracing,
    administration: administration.served,
    denials,
    drain: serverDrain,
    limits: httpLimits(config.http),
    allowedOrigins: config.http.allowedOrigins,
    originGuard: createOriginGuard(config.http),
    trustedProxies: config.http.trustedProxies,
    failures: {
      max: config.authentication.maxFailures,
      recoveryMs: config.authentication.failureRecovery,
    },
    authenticator: authentication.authenticator,
    tls,
    maxStreamMs: config.mcp.maxStreamDuration,
    endpoint,
    apis: {
      decisions: decisionsApi({ pipeline, audit, upstreams, config, telemetry }),
      audit: createAuditApi(auditing),
      deliveries: createDeliveriesApi({ audit, delivery, logs }),
      quotas: createQuotasApi({ audit, quotas: quotas.quotas, configured: config.quotas }),
      limits: createLimitsApi({ audit, limits: { rules: config.rateLimits.rules, ...rateLimits.limits } }),
      sessions: createSessionsApi({ audit, sessions }),
      draining: createDrainingApi({
        audit,
        drain: createGroupDrain(group, drain),
        delayMs: config.http.drainDelay,
      }),
      ...operatorApis(
        {
          auditing,
          workbench,
          telemetry,
          group,
          upstreams,
          health,
          records,
          config,
          drain,
          sessions,
          shared,
          onLevelSignal: (act) => void (levelSignal = act),
        },
        cleanups,
      ),
      protectedResources,
      health,
      metrics: exposeGroup(group, telemetry.recorder),
    },
    events: telemetry.http,
  });
  await replicas?.listen(endpoint, cleanups);
  const adminUrl = await administration.listen(apps.administration);
  // Ends last, so that operators see how the others end.
  cleanups.push(() => administration.close(CUT_GRACE_MS));
  await apps.app.listen({ host: listeningAddress(config.http.host), port: config.http.port });
  const { drainDelay, drainTimeout } = config.http;
  // Calls are cut with a response; a client that has not taken it by then is cut off.
  cleanups.push(() => serverDrain.start(drainTimeout + CUT_GRACE_MS));
  cleanups.push(
    () => drain.begin({ timeoutMs: drainTimeout, delayMs: drainDelay, final: true }).streamsEnded,
  );

  const scheme = tls === null ? "http" : "https";
  const url = addressOf(apps.app.server.address(), config.http.host, scheme);
  telemetry.lifecycle.listening({ url, adminUrl });
  return {
    url,
    adminUrl,
    adminKeyFile: authentication.adminKeyFile,
    databaseUrl,
    welcome: await welcomeTo(config, {
      url,
      adminKeyFile: authentication.adminKeyFile,
      dataDirectory,
      servers: upstreams.names(),
      policy,
    }),
    telemetry,
    switchLevels: levelSignal,
    close: () => endAll(cleanups),
  };
}
