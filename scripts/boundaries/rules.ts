import type { Rule } from "./broken-rules.ts";

const GATEWAY = "services/gateway/src";
const AUDIT = "packages/audit/src";

/** Features of the gateway: none imports another, and none what puts them together. */
const FEATURES = [
  "authentication",
  "policy",
  "mcp",
  "upstreams",
  "limits",
  "quotas",
  "sessions",
  "replicas",
  "api",
];
/** Of the metrics service; `api` has the endpoints of all. */
const METRICS_FEATURES = [
  "ingest",
  "tenancy",
  "api",
  "jobs",
  "rollups",
  "kpis",
  "live",
  "cache",
  "retention",
  "privacy",
  "webhooks",
];
const COMPOSERS = ["composition/**", "app.ts", "main.ts", "pipeline/**", "index.ts"].map(
  (name) => `${GATEWAY}/${name}`,
);

export const RULES: readonly Rule[] = [
  {
    files: ["packages/observability/src/**"],
    never: ["@sark/**"],
    because: "observability is the lowest layer, it imports libraries only",
  },
  {
    files: ["packages/metrics-sender/src/!(*.test).ts"],
    only: [],
    because: "what senders install has no dependency but fetch",
  },
  {
    files: ["packages/http-api/src/**"],
    never: ["@sark/!(observability)", "@sark/!(observability)/**"],
    because: "the library of endpoints knows no service and no audit log",
  },
  {
    files: ["packages/{scheduling,shared-state}/src/**"],
    never: ["@sark/!(observability|testkit|scheduling)", "@sark/!(observability|testkit|scheduling)/**"],
    because: "turns, and a connection to Redis, know no service",
  },
  {
    files: ["packages/authentication/src/**"],
    never: ["@sark/!(observability|testkit|json|audit)", "@sark/!(observability|testkit|json|audit)/**"],
    because: "who sends a request is found out without knowing how it came, or what it asks for",
  },
  {
    files: ["packages/certificates/src/**"],
    never: ["@sark/!(observability|testkit|audit)", "@sark/!(observability|testkit|audit)/**"],
    because: "when certificates end is found out without knowing which service uses them",
  },
  {
    files: ["packages/settings/src/**"],
    never: ["@sark/!(observability|json)", "@sark/!(observability|json)/**"],
    because: "settings are read by one schema, whatever service has it",
  },
  {
    files: ["packages/service-start/src/**"],
    never: [
      "@sark/!(observability|settings|embedded-postgres|shared-state|audit)",
      "@sark/!(observability|settings|embedded-postgres|shared-state|audit)/**",
    ],
    because: "what starts and ends a process knows no service",
  },
  {
    files: ["services/metrics/src/domain/**"],
    only: ["@sark/authentication"],
    because: "the domain is vocabulary, it imports nothing but itself and identities",
  },
  ...METRICS_FEATURES.map((feature) => ({
    files: [`services/metrics/src/${feature}/**`],
    never: [
      ...METRICS_FEATURES.filter((other) => other !== feature && other !== "api" && feature !== "api").map(
        (other) => `services/metrics/src/${other}/**`,
      ),
      "services/metrics/src/{composition/**,app.ts,main.ts}",
      "@sark/gateway",
      "@sark/gateway/**",
    ],
    because:
      "features of the metrics service do not import each other; api/ has their endpoints, composition/ joins them",
  })),
  {
    files: ["packages/http-service/src/**"],
    never: [
      "@sark/!(observability|testkit|json|scheduling|authentication)",
      "@sark/!(observability|testkit|json|scheduling|authentication)/**",
    ],
    because: "the HTTP server knows credentials and bodies, and no service",
  },
  {
    files: ["monitoring/src/**"],
    never: ["@sark/*", "@sark/*/!(metrics)"],
    because: "alerts and dashboards know the metric catalogs, and nothing else of a service",
  },
  {
    files: ["deployment/**"],
    never: ["@sark/**"],
    because: "images and manifests know files and names, and no code of a service",
  },
  {
    files: [`${AUDIT}/**`],
    never: ["@sark/!(observability)", "@sark/!(observability)/**"],
    because: "of the own packages, the audit log imports observability only",
  },
  {
    files: [`${AUDIT}/transparency-log/**`],
    only: ["node:crypto", "node:buffer"],
    because: "the transparency log is pure: hashing and encodings only",
  },
  {
    files: [`${AUDIT}/attestation/**`],
    only: [`${AUDIT}/transparency-log/**`, "node:crypto"],
    because: "attestors know formats and the network: who asks them stores what they give",
  },
  {
    files: [`${AUDIT}/verification/**`],
    never: [`${AUDIT}/log-builder/**`],
    because: "the verifier shares no code with the part that signs",
  },
  {
    files: [`${AUDIT}/postgres/**`],
    only: [
      "pg",
      "node:{async_hooks,diagnostics_channel,crypto,fs/promises,path}",
      "@sark/observability/waiting",
      `${AUDIT}/errors.ts`,
    ],
    because: "the home of connections, transactions and locks knows nothing of what is stored",
  },
  {
    files: [`${AUDIT}/events/**`],
    only: [
      "node:crypto",
      "zod",
      "@sark/observability/validation",
      `${AUDIT}/errors.ts`,
      `${AUDIT}/json/**`,
      `${AUDIT}/transparency-log/**`,
    ],
    because: "what an event is does not depend on where it is kept or sent",
  },
  {
    files: [`${AUDIT}/store/**`],
    never: [`${AUDIT}/delivery/**`],
    because: "store and delivery do not know each other",
  },
  {
    files: [`${AUDIT}/delivery/**`],
    never: [`${AUDIT}/store/**`],
    because: "store and delivery do not know each other",
  },
  {
    files: [`${AUDIT}/delivery/engine/**`],
    only: [`${AUDIT}/delivery/domain/**`, "@sark/observability/*", "zod"],
    because: "the delivery engine knows its ports only: no PostgreSQL, no format, no sink",
  },
  {
    files: ["sinks", "formats", "packing", "http", "audit-events"].map(
      (room) => `${AUDIT}/delivery/${room}/**`,
    ),
    never: [`${AUDIT}/delivery/engine/**`, `${AUDIT}/delivery/postgres/**`, `${AUDIT}/postgres/**`, "pg"],
    because: "a sink knows events and the interface of sinks, and nothing of the engine or a database",
  },
  {
    files: [`${GATEWAY}/domain/**`],
    only: ["node:stream", "@sark/json", "@sark/authentication"],
    because:
      "the domain is vocabulary, it imports nothing but itself, JSON, identities and the type of a stream",
  },
  {
    files: ["packages/json/src/**"],
    only: ["@sark/audit/json", "node:*"],
    because: "reading JSON is pure: it imports the parser, and nothing else",
  },
  {
    files: [`${GATEWAY}/event-streams/**`],
    only: ["@sark/json", "node:buffer"],
    because: "reading and writing event streams is pure, so that MCP's two sides have one way of each",
  },
  {
    files: [`${GATEWAY}/mcp-protocol/**`],
    only: [`${GATEWAY}/domain/**`, "@sark/json", "@sark/observability/metrics"],
    because:
      "the protocol is pure: it imports vocabulary, the reading of JSON and that of Accept, and nothing else",
  },
  ...FEATURES.map((feature) => ({
    files: [`${GATEWAY}/${feature}/**`],
    never: [
      ...FEATURES.filter((other) => other !== feature).map((other) => `${GATEWAY}/${other}/**`),
      ...COMPOSERS,
    ],
    because: "features do not import each other; pipeline/ and app.ts compose them",
  })),
];
