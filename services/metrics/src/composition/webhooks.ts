import { createSending } from "../webhooks/sending/send-message.ts";
import { createAddressRules } from "../webhooks/sending/address-rules.ts";
import { createDnsResolution } from "../webhooks/sending/resolve.ts";
import { targetProblem } from "../webhooks/sending/target-url.ts";
import type { WebhooksApi } from "../api/webhooks/api.ts";
import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { JobDefinition } from "../domain/jobs.ts";
import type { CurrentKpiSource } from "../domain/kpis.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../tenancy/audit-records.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { version } from "../version.ts";
import { createDeliveries } from "../webhooks/deliveries.ts";
import { createDelivering } from "../webhooks/delivering/deliver.ts";
import { createDueTenants, type DueTenants } from "../webhooks/due-tenants.ts";
import { createPublisher, type PublishEvent } from "../webhooks/publish.ts";
import { purgeWebhookEvents } from "../webhooks/purge.ts";
import { createQuotaNotices } from "../webhooks/quota-notices.ts";
import { createThresholdWatch } from "../webhooks/thresholds.ts";
import { sealSecrets } from "../webhooks/secrets/seal-secrets.ts";
import type { SecretSeal } from "../webhooks/secrets/secret-seal.ts";
import { createWebhooks } from "../webhooks/webhooks.ts";

export interface WebhookParts {
  readonly publish: PublishEvent;
  readonly due: DueTenants;
  readonly api: WebhooksApi;
  readonly jobs: readonly JobDefinition[];
  /** Events of a tenant were refused because of its quota. Never waits, and never throws. */
  quotaExceeded(tenant: string): void;
}

/** Receivers take their time, and cost nothing meanwhile. */
const DELIVERIES_AT_ONCE = 8;

/** What tenants are told of: where, by which jobs, and what may be sent to. */
export function createWebhookParts(
  config: MetricsConfig["webhooks"],
  deps: {
    readonly database: Database;
    readonly seal: SecretSeal;
    readonly kpis: CurrentKpiSource;
    readonly records: SecurityRecords;
    readonly telemetry: Pick<Telemetry, "webhooks">;
  },
): WebhookParts {
  const { database, records, seal } = deps;
  const due = createDueTenants();
  const publish = createPublisher(due);
  const observer = deps.telemetry.webhooks;
  const rules = {
    addresses: createAddressRules(config.allowedAddresses),
    allowHttp: config.allowHttp,
  };
  const deliver = createDelivering({
    database,
    observer,
    seal,
    publish,
    send: createSending({
      rules,
      resolve: createDnsResolution(config.nameServers),
      timeoutMs: config.timeout,
      userAgent: `sark-metrics/${version}`,
    }),
    settings: {
      timeoutMs: config.timeout,
      maxAttempts: config.maxAttempts,
      retryDelayMs: config.retryDelay,
      maxRetryDelayMs: config.maxRetryDelay,
      disableAfterMs: config.disableAfter,
    },
    onDisabled: (tenant, webhook, reason) =>
      records.byService({
        type: SECURITY_EVENTS.webhookChange,
        tenant,
        reason: `disables a webhook: ${reason}`,
        details: { operation: "disable", webhook, reason },
      }),
  });
  const thresholds = createThresholdWatch(database, deps.kpis, publish);
  const quotas = createQuotaNotices(database, observer, publish);
  return {
    publish,
    due,
    api: {
      webhooks: createWebhooks(database, { maxPerTenant: config.maxPerTenant, seal }),
      deliveries: createDeliveries(database, { publish, due }),
      targetProblem: (url) => targetProblem(url, rules),
      records,
    },
    quotaExceeded: (tenant) => quotas.exceeded(tenant),
    jobs: [
      {
        name: "webhook_delivery",
        // Asked for after each commit, and by each replica that looks for what is due.
        schedule: null,
        isPrompt: true,
        tenants: async () => [],
        atOnce: DELIVERIES_AT_ONCE,
        run: async ({ tenant, signal }) => (tenant === null ? undefined : deliver(tenant, signal)),
      },
      {
        name: "kpi_thresholds",
        schedule: "* * * * *",
        tenants: () => thresholds.tenants(),
        run: async ({ tenant }) => (tenant === null ? undefined : thresholds.run(tenant)),
      },
      {
        name: "quota_notices",
        schedule: "* * * * *",
        tenants: () => quotas.nearTenants(),
        run: async ({ tenant }) => (tenant === null ? undefined : quotas.tellNear(tenant)),
      },
      {
        name: "webhook_purge",
        schedule: "23 * * * *",
        tenants: null,
        async run({ signal }) {
          await purgeWebhookEvents(database, config.keepFor, signal);
          // What a replica of an earlier version, or one with the former key, has written since the start.
          await sealSecrets(database, seal);
        },
      },
    ],
  };
}
