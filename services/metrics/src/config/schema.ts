import { destinationSchema } from "@sark/audit/delivery";
import { certificatesSchema } from "@sark/certificates/config";
import { issuersSchema } from "@sark/authentication/config";
import { durationSchema, secretSchema, textWithReferencesSchema } from "@sark/observability/settings";
import { loggingSchema } from "@sark/service-start/logging-config";
import { nativeHistogramsSchema } from "@sark/service-start/metrics-config";
import { redisSchema } from "@sark/shared-state/config";
import { z } from "zod";
import { jobsSchema, kpisSchema, retentionSchema, rollupsSchema } from "./background.ts";
import { httpSchema } from "./http.ts";
import { liveSchema } from "./live.ts";
import { webhooksSchema } from "./webhooks.ts";

const count = z.number().int().positive();

const databaseUrl = textWithReferencesSchema().refine((url) => /^(?:postgres(?:ql)?:\/\/|\$\{)/.test(url), {
  message: "must look like postgresql://user:${PASSWORD}@host:5432/database",
});

const databaseSchema = z.strictObject({
  url: databaseUrl
    .optional()
    .describe(
      "PostgreSQL (15 or newer), by a login that may make roles and tables: the migrations and the audit log use it. Without it an embedded one is started.",
    ),
  serviceUrl: databaseUrl
    .optional()
    .describe(
      "The same database by the login `metrics_service`, which sees one tenant at a time. Without it the login of `database.url` takes that role on each connection.",
    ),
  maxConnections: count.max(1_000).default(10).describe("Connections at once."),
  timeout: durationSchema({ min: "100ms", max: "10m" })
    .prefault("10s")
    .describe("A statement that takes longer is ended, and its request gets 503."),
});

const authenticationSchema = z.strictObject({
  jwt: issuersSchema.describe("Issuers whose JSON Web Tokens are accepted; each has to name a tenant."),
  maxFailures: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe(
      "So many refused credentials from one address, and further ones are not looked at and get 429. Each replica counts for itself.",
    ),
  failureRecovery: durationSchema({ min: "1ms", max: "1h" })
    .prefault("1s")
    .describe("One refused credential is forgotten after this time, then the next one."),
});

const ingestSchema = z.strictObject({
  maxBatch: count.max(100_000).default(10_000).describe("Most events in one request; more get 413."),
  maxAge: durationSchema({ min: "1h", max: "3650d" })
    .prefault("90d")
    .describe("Events that are older when they are received are refused."),
  maxAhead: durationSchema({ min: "0s", max: "1h" })
    .prefault("5m")
    .describe("Clocks of senders may be ahead by this much."),
  eventsPerSecond: count
    .max(10_000_000)
    .default(20_000)
    .describe(
      "Events that one tenant may send in a second, on average; more get 429 with `Retry-After`. At each replica, or with `redis` at all of them together.",
    ),
  burst: count
    .max(100_000_000)
    .default(100_000)
    .describe(
      "Events that one tenant may send at once, counted in the same way. Not below `ingest.maxBatch`.",
    ),
  maxWaiting: count
    .default(200_000)
    .describe("Most events that wait to be written, of all tenants; more get 503."),
  maxWaitingPerTenant: count.default(50_000).describe("The same of one tenant."),
  transactions: count.max(100).default(4).describe("Transactions of events at once; one tenant has two."),
});

const auditSchema = z.strictObject({
  logOrigin: z
    .string()
    .regex(/^[^\s+]{1,200}$/, 'must not contain spaces or "+"')
    .default("sark.local/metrics")
    .describe("Name of the transparency log of security events and of its key; never change it."),
  logKeyFile: z
    .string()
    .optional()
    .describe("Ed25519 key that signs the log; default: audit-log.pem in the data directory."),
  deliveryDrainTimeout: durationSchema({ min: "0s" })
    .prefault("5s")
    .describe("On shutdown, destinations have this long to take what is committed."),
});

const metricsSchema = z.strictObject({
  nativeHistograms: nativeHistogramsSchema,
});

const tracingSchema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("OTLP/HTTP endpoint for traces; without it none are exported."),
  sampleRatio: z.number().min(0).max(1).default(0.01).describe("Share of new traces that is recorded."),
  slowerThan: durationSchema({ min: "1ms", max: "1h" })
    .prefault("2s")
    .describe(
      "Requests and jobs that take longer are recorded whatever the ratio says, as are those that fail.",
    ),
  maxExtraTraces: z
    .int()
    .min(0)
    .max(10_000)
    .default(20)
    .describe("Traces that are recorded in a second for that reason, at most; 0: none."),
});

const sections = z.strictObject({
  $schema: z.string().optional().describe("Address of the JSON Schema of this file, for editors."),
  environment: z
    .string()
    .max(64)
    .default("development")
    .describe("Name of the environment, in every log line."),
  dataDirectory: z
    .string()
    .default(".sark/metrics")
    .describe("Where keys and the embedded database live; survives restarts."),
  platformKey: secretSchema()
    .optional()
    .describe(
      "API key of the platform's administrator, in the form that the service makes: the same on every replica. Without it one is made at the first start, in `platform.key` of the data directory.",
    ),
  exampleData: z
    .boolean()
    .default(true)
    .describe("Whether a first start on the embedded database makes a tenant with example data."),
  http: httpSchema.prefault({}),
  database: databaseSchema.prefault({}),
  authentication: authenticationSchema.prefault({}),
  ingest: ingestSchema.prefault({}),
  live: liveSchema.prefault({}),
  rollups: rollupsSchema.prefault({}),
  kpis: kpisSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  webhooks: webhooksSchema.prefault({}),
  jobs: jobsSchema.prefault({}),
  redis: redisSchema.optional(),
  certificates: certificatesSchema.prefault({}),
  audit: auditSchema.prefault({}),
  destinations: z
    .array(destinationSchema)
    .max(50)
    .default([])
    .describe("SIEMs and log services that get every security event."),
  logging: loggingSchema(true).prefault({}),
  metrics: metricsSchema.prefault({}),
  tracing: tracingSchema.prefault({}),
});

/** The whole configuration. Sections are optional in the file: each has defaults. */
export const configSchema = sections.superRefine(({ ingest, database, retention }, context) => {
  const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (ingest.burst < ingest.maxBatch) {
    problem(["ingest", "burst"], "must not be below ingest.maxBatch, or a batch could never be taken");
  }
  if (retention.rollupDays * 86_400_000 < ingest.maxAge + 2 * 86_400_000) {
    problem(
      ["retention", "rollupDays"],
      "must be two days above ingest.maxAge, or late events would not be counted",
    );
  }
  if (database.serviceUrl !== undefined && database.url === undefined) {
    problem(["database", "serviceUrl"], "needs database.url, too");
  }
});
export type MetricsConfig = z.infer<typeof configSchema>;
