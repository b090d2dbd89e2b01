import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "@sark/observability/logging";
import { validate as validateValue } from "@sark/observability/validation";
import { Ajv } from "ajv";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { kpisSchema } from "../config/background.ts";
import { loadConfig } from "../config/load.ts";
import type { CurrentKpis } from "../domain/kpis.ts";
import { createCurrentKpis } from "../kpis/current.ts";
import { toEmbeddedMetrics } from "../kpis/embedded-metrics.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createKpiEvents } from "../telemetry/kpi-events.ts";
import { kpiExportJob } from "./kpi-export-job.ts";

// As AWS publishes it, with what its text demands beyond: no further members, and one unit of the list.
const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../kpis/testing/emf.schema.json"), "utf8"),
) as object;
const validate = new Ajv({ strict: true, allErrors: true }).compile(schema);
const MAX_EVENT_BYTES = 256 * 1_024;
/** Of metrics, by the API reference (`PutMetricData`): the largest value, and how old it may be. */
const MAX_VALUE = 2 ** 360;
const MAX_AGE_MS = 14 * 86_400_000;
/** Of one set, in the schema that AWS has published first; since then 30. */
const MAX_DIMENSIONS = 9;

interface Document extends Record<string, unknown> {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** The values of a line by their names, once it is what CloudWatch takes. */
function metricsOf(line: string): Record<string, number> {
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  const document = JSON.parse(line) as Document;
  expect([validate(document), validate.errors]).toEqual([true, null]);
  const values: Record<string, number> = {};
  for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
    expect(Math.max(...Dimensions.map(({ length }) => length))).toBeLessThanOrEqual(MAX_DIMENSIONS);
    for (const name of Dimensions.flat()) {
      // ASCII, with a character that is no space, and no colon in front.
      expect(document[name]).toMatch(/^(?!:)(?=.*[!-~])[ -~]{1,1024}$/);
    }
    for (const { Name } of Metrics) {
      expect(document[Name]).toEqual(expect.any(Number));
      values[Name] = document[Name] as number;
      expect(Math.abs(values[Name])).toBeLessThanOrEqual(MAX_VALUE);
    }
  }
  return values;
}

const kpis = (tenant: string, mean: number | null): CurrentKpis => ({
  tenant,
  asOf: 1_796_000_000_000,
  activeUsers: { "1h": 1, "24h": 2, "7d": 3 },
  events: 4,
  scores: { count: mean === null ? 0 : 5, mean, classes: [] },
});

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query(
      `INSERT INTO metrics.tenants (tenant_id, name, created_at, suspended_at)
       VALUES ('first', 'F', now() - interval '3 days', NULL), ('suspended', 'S', now() - interval '2 days', now()),
              ('second', 'S', now() - interval '1 day', NULL), ('third', 'T', now(), NULL)`,
    ),
  );
});
afterAll(() => opened.drop());

async function lines(embeddedMetrics: object | undefined): Promise<string[]> {
  const written: string[] = [];
  const logger = createLogger({
    service: "sark-metrics",
    level: "info",
    version: "0",
    environment: "test",
    destination: { write: (line: string) => void written.push(line) },
  });
  const recorder = { introduce: () => true, set: () => undefined, increment: () => undefined };
  const config = loadConfig({ environment: {} });
  const [job] = kpiExportJob(
    { ...config, kpis: { ...config.kpis, ...(embeddedMetrics as Record<string, never>) } },
    {
      database: opened.database,
      kpis: {
        async current(tenant) {
          if (tenant === "second") {
            throw new Error("the database is away");
          }
          return kpis(tenant, 71.5);
        },
      },
      observer: createKpiEvents({ recorder: recorder as never, logger }),
    },
  );
  await job?.run({ tenant: null, signal: new AbortController().signal });
  return written;
}

it("lines of the log are what CloudWatch makes metrics of: by tenant and over all, one line each [SVC-2] [LOG-3]", async () => {
  const written = await lines({ embeddedMetrics: { namespace: "SARK/Metrics", maxTenants: 3 } });
  const [first = "", failed = "", third = ""] = written;
  expect(written).toHaveLength(3);
  expect(metricsOf(first)).toEqual({
    ActiveUsers1h: 1,
    ActiveUsers24h: 2,
    ActiveUsers7d: 3,
    Events1h: 4,
    Scores1h: 5,
    MeanScore1h: 71.5,
  });
  expect(JSON.parse(first)).toMatchObject({
    Tenant: "first",
    Environment: "development",
    component: "kpis",
    _aws: {
      Timestamp: 1_796_000_000_000,
      CloudWatchMetrics: [
        { Namespace: "SARK/Metrics", Dimensions: [["Environment"], ["Environment", "Tenant"]] },
      ],
    },
  });
  // A tenant that cannot be counted takes nothing from the others.
  expect(JSON.parse(failed)).toMatchObject({ level: "warn", tenant_id: "second" });
  expect(JSON.parse(third)).toMatchObject({ Tenant: "third" });
});

it("there are as many tenants as the setting says, and none without it", async () => {
  expect(await lines({ embeddedMetrics: { namespace: "N", maxTenants: 1 } })).toHaveLength(1);
  expect(await lines(undefined)).toEqual([]);
});

it.each(["Müller & Söhne 漢", ":colon", "100%", " ", "\u0000", "x".repeat(5_000), "\ud800", "ok"])(
  "a tenant of any name is a value of a dimension: %j",
  (tenant) => {
    const document = toEmbeddedMetrics(kpis(tenant, null), { namespace: "N", environment: "test" });
    // No score is neither 0 nor anything else.
    expect(Object.keys(metricsOf(JSON.stringify(document)))).not.toContain("MeanScore1h");
  },
);

it.each(["AWS/EC2", ":sark", "", "   ", "Zürich", "a\nb", "n".repeat(256)])(
  "a namespace that CloudWatch does not take is refused at the start: %j",
  (namespace) => {
    const settings = { embeddedMetrics: { namespace } };
    expect(validateValue(kpisSchema, settings)).toMatchObject({ field: "embeddedMetrics.namespace" });
  },
);

it("figures are those of the moment at which they are written", async () => {
  const { current } = createCurrentKpis(opened.database);
  const { _aws: head } = toEmbeddedMetrics(await current("first"), { namespace: "N", environment: "e" });
  const age = Date.now() - (head as { readonly Timestamp: number }).Timestamp;
  expect(age).toBeGreaterThanOrEqual(0);
  expect(age).toBeLessThan(MAX_AGE_MS);
});

it("names that differ stay different", () => {
  const tenantOf = (tenant: string) =>
    toEmbeddedMetrics(kpis(tenant, 1), { namespace: "N", environment: "e" })["Tenant"];
  expect(new Set(["ä", "%C3%A4", ":a", "%3Aa"].map(tenantOf)).size).toBe(4);
});
