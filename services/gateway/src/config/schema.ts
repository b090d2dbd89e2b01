import {
  byteSizeSchema,
  durationSchema,
  secretSchema,
  textWithReferencesSchema,
} from "@sark/observability/settings";
import { z } from "zod";
import { authenticationSchema } from "../authentication/config.ts";
import { AGENT_TYPES, TRUST_LEVELS } from "../domain/agents.ts";
import { refuseOddName } from "@sark/authentication/config";
import { certificatesSchema } from "@sark/certificates/config";
import { rateLimitsSchema } from "../limits/config.ts";
import { quotasSchema } from "../quotas/config.ts";
import { replicasSchema } from "../replicas/config.ts";
import { loggingSchema } from "@sark/service-start/logging-config";
import { nativeHistogramsSchema } from "@sark/service-start/metrics-config";
import { redisSchema } from "@sark/shared-state/config";
import { sessionsSchema } from "../sessions/config.ts";
import { listenerTlsSchema, serverSettings } from "@sark/http-service/config";
import { upstreamConfigSchema } from "../upstreams/contract/config.ts";
import { auditSchema } from "./audit.ts";
import { destinationsSchema } from "./destinations.ts";
import { publicUrlSchema } from "./public-url.ts";
import { resourceProblems } from "./resource-problems.ts";

const duration = durationSchema();
const size = byteSizeSchema();
const count = z.number().int().positive();

const httpSchema = z.strictObject({
  ...serverSettings(8000),
  publicUrl: publicUrlSchema
    .optional()
    .describe(
      "Where clients reach the gateway, as `https://gateway.example.com`. With it MCP clients are told where to get tokens, and a token may be for one MCP endpoint: its `aud` is this URL, `/mcp/` and the name of the server.",
    ),
  tls: listenerTlsSchema
    .optional()
    .describe(
      "The gateway speaks TLS itself; without it, plain HTTP, for loopback or behind a proxy that does.",
    ),
  maxBodySize: size.prefault("4MiB").describe("Largest request body; a larger one is refused with 413."),
  maxRequestsPerCaller: count
    .default(1_000)
    .describe(
      "Requests of one caller in flight, open streams and the calls of a batch counted; more get 429.",
    ),
});

const adminSchema = z.strictObject({
  host: z
    .string()
    .default("127.0.0.1")
    .describe("Address to listen on, where `admin.port` is set. `localhost` is 127.0.0.1."),
  port: z
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      "Port of its own for `/admin`, `/metrics` and the REST API of the audit log and of deliveries, which are then not served on `http.port`; 0 picks a free one. Without it everything is served on `http.port`.",
    ),
});

const databaseSchema = z.strictObject({
  url: textWithReferencesSchema()
    .refine((url) => /^(?:postgres(?:ql)?:\/\/|socket:|\/|\$\{)/.test(url), {
      message: "must look like postgresql://user:${PASSWORD}@host:5432/database",
    })
    .optional()
    .describe(
      "PostgreSQL (15 or newer) to keep the audit log in; without it an embedded one is started. It may refer to secrets, as in `postgresql://sark:${file:/run/secrets/password}@db/sark`; they are read once, at the start.",
    ),
  timeout: duration
    .prefault("2s")
    .describe(
      "PostgreSQL has this long to commit a record; then calls are refused until it takes records again.",
    ),
});

const policySchema = z.strictObject({
  directory: z.string().default("policies").describe("Folder of Cedar policies."),
  opaUrl: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("OPA server to ask instead of the embedded Cedar engine."),
  opaToken: secretSchema()
    .optional()
    .describe("Bearer token for an OPA server that asks for one; a file is read again when it changes."),
  opaPath: z.string().default("mcp/gateway").describe("Path of the decision document below /v1/data/."),
  timeout: duration.prefault("500ms").describe("A decision that takes longer is a denial."),
  cacheTtl: durationSchema({ min: "0s" })
    .prefault("5s")
    .describe("How long a decision is kept; `0s` turns the cache off."),
  cacheMaxEntries: count.default(10_000).describe("Most decisions that are kept."),
});

const agentSchema = z.strictObject({
  agent_type: z.enum(AGENT_TYPES).describe("What kind of agent it is, for policies."),
  trust_level: z.enum(TRUST_LEVELS).default("untrusted").describe("How far policies may trust it."),
  tenant: z
    .string()
    .min(1)
    .max(200)
    .superRefine(refuseOddName)
    .optional()
    .describe("Where its id means this agent; without it, in all tenants."),
});

const metricsSchema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe(
      "OTLP/HTTP endpoint that metrics are pushed to, in addition to `/metrics`; without it they are not.",
    ),
  interval: duration.prefault("60s").describe("From one push of metrics to the next."),
  nativeHistograms: nativeHistogramsSchema,
});

const tracingSchema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("OTLP/HTTP endpoint for traces; without it none are exported."),
  sampleRatio: z.number().min(0).max(1).default(0.01).describe("Share of new traces that is recorded."),
  slowerThan: duration
    .prefault("5s")
    .describe(
      "Calls that take longer are recorded whatever the ratio says, as are those that are refused or fail.",
    ),
  maxExtraTraces: z
    .int()
    .min(0)
    .max(10_000)
    .default(20)
    .describe("Traces that are recorded in a second for that reason, at most; 0: none."),
});

const mcpSchema = z.strictObject({
  sessionKey: secretSchema()
    .optional()
    .describe(
      "Secret of at least 32 characters that ties sessions to their callers, the same on every replica, so that a session goes on at another one; read once, at the start. Without it `session.key` in the data directory.",
    ),
  auditReferences: z
    .boolean()
    .default(true)
    .describe(
      "Responses say where the record of their call stands: headers `Sark-Audit-Id`, `-Seq` and `-Leaf-Hash`, and `sark/audit` in `_meta` of results.",
    ),
  requestTimeout: duration
    .prefault("2m")
    .describe(
      "Longest silence of an upstream about a request: no response, no progress, no other message on its stream. While the server waits for the client (elicitation, sampling) it is not silent. `upstreams[].timeouts.request` comes first.",
    ),
  maxRequestDuration: duration
    .prefault("1h")
    .describe("The longest that one request may take, whatever its server reports or asks meanwhile."),
  maxHeldSize: size
    .prefault("256MiB")
    .describe(
      "Responses of upstreams held until clients have taken them, of all callers; the rest stays with the servers until there is room. One response, and 256 KiB of each caller, may come on top.",
    ),
  maxHeldSizePerCaller: size
    .prefault("64MiB")
    .describe("The same of one caller, and never more than is still free of `mcp.maxHeldSize`."),
  maxStreamsPerCaller: count.default(100).describe("Event streams that one caller may hold open at once."),
  maxStreamDuration: duration
    .prefault("1h")
    .describe(
      "An event stream is closed after this time, so that its caller is authenticated and authorized again.",
    ),
});

type Together = {
  readonly http: z.output<typeof httpSchema>;
  readonly authentication: z.output<typeof authenticationSchema>;
};

/** What one section says that only counts with another one. */
function checkTogether({ http, authentication }: Together, context: z.core.$RefinementCtx): void {
  const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (authentication.certificates.length > 0 && http.tls === undefined) {
    problem(["authentication", "certificates"], "clients show certificates in TLS: set http.tls, too");
  }
  if (authentication.certificates.length === 0 && http.tls?.clientCertificates === "require") {
    problem(
      ["http", "tls", "clientCertificates"],
      "needs authentication.certificates, or no client could come in",
    );
  }
}

const sections = z.strictObject({
  $schema: z.string().optional().describe("Address of the JSON Schema of this file, for editors."),
  environment: z
    .string()
    .max(64)
    .default("development")
    .describe("Name of the environment, in every log line."),
  dataDirectory: z
    .string()
    .default(".sark")
    .describe("Where keys and the embedded database live; survives restarts."),
  workers: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(1)
    .describe(
      "Processes that serve behind the one address, each a replica of its own; 0: as many as the machine has cores. More than one need `redis`.",
    ),
  http: httpSchema.prefault({}),
  admin: adminSchema.prefault({}),
  database: databaseSchema.prefault({}),
  policy: policySchema.prefault({}),
  authentication: authenticationSchema.prefault({}),
  agents: z
    .record(z.string().max(200).superRefine(refuseOddName), agentSchema)
    .default({})
    .describe("What is known of agents by id; one that is not listed is untrusted."),
  mcp: mcpSchema.prefault({}),
  sessions: sessionsSchema.prefault({}),
  rateLimits: rateLimitsSchema.prefault({}),
  quotas: quotasSchema.prefault({}),
  redis: redisSchema.optional().describe("What replicas share; without it each replica counts for itself."),
  replicas: replicasSchema.prefault({}),
  audit: auditSchema.prefault({}),
  destinations: destinationsSchema,
  certificates: certificatesSchema.prefault({}),
  logging: loggingSchema(false).prefault({}),
  metrics: metricsSchema.prefault({}),
  tracing: tracingSchema.prefault({}),
  upstreams: z
    .array(upstreamConfigSchema)
    .optional()
    .describe("MCP servers behind the gateway; without it two example servers are started."),
});

/** The whole configuration. Sections are optional in the file: each has defaults. */
export const configSchema = sections.superRefine((config, context) => {
  checkTogether(config, context);
  if (config.admin.port !== undefined && config.admin.port !== 0 && config.admin.port === config.http.port) {
    context.addIssue({ code: "custom", path: ["admin", "port"], message: "must not be that of http.port" });
  }
  for (const problem of resourceProblems(config)) {
    context.addIssue({ code: "custom", ...problem });
  }
});

export type GatewayConfig = z.infer<typeof configSchema>;
