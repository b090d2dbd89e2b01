import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../../..");
const schemas = JSON.parse(
  readFileSync(join(import.meta.dirname, "schemas/prometheus-operator.json"), "utf8"),
) as Readonly<Record<string, object>>;

/** Custom resources that the operator reads; the Helm chart has the same from the same program. */
const FILES = [
  "deployment/monitoring/k8s/operator/service-monitors.yaml",
  "monitoring/prometheus/prometheus-rule.yaml",
];

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A schema that refuses what it does not know, as `kubectl --validate=strict` does; it says nothing of metadata. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(closed);
  }
  if (typeof schema === "string") {
    // As Go writes what has no case.
    return schema.replace(/^\^\(\?i\)(.*)\$$/, "^(?i:$1)$");
  }
  if (typeof schema !== "object" || schema === null) {
    return schema;
  }
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return Object.hasOwn(members, "properties") && !Object.hasOwn(members, "additionalProperties")
    ? { ...members, additionalProperties: false }
    : members;
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const checks = new Map(
  Object.entries(schemas)
    .filter(([kind]) => !kind.startsWith("$"))
    .map(([kind, schema]) => [kind, ajv.compile(closed(schema) as object)]),
);
const problemsOf = (resource: Resource): string[] => {
  const check = checks.get(resource.kind);
  if (check === undefined) {
    return [`no schema of ${resource.kind}`];
  }
  check(resource);
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};
const resources = FILES.flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), "utf8")).map((document) => document.toJS() as Resource),
);

describe("resources for the Prometheus operator, by its own schemas [DEP-2]", () => {
  it("are valid, and have no field that it does not know", () => {
    expect(new Set(resources.map(({ kind }) => kind))).toEqual(new Set(["ServiceMonitor", "PrometheusRule"]));
    for (const resource of resources) {
      expect([resource.metadata.name, problemsOf(resource)]).toEqual([resource.metadata.name, []]);
    }
  });

  it("would be found out with a field that is misspelt, or of another type", () => {
    const [monitor] = resources;
    if (monitor === undefined) {
      throw new Error("there is no resource");
    }
    const misspelt = { ...monitor, spec: { ...monitor.spec, joblabel: "x" } };
    expect(problemsOf(misspelt)).toEqual(["/spec must NOT have additional properties"]);
    const mistyped = { ...monitor, spec: { ...monitor.spec, endpoints: {} } };
    expect(problemsOf(mistyped)).toEqual(["/spec/endpoints must be array"]);
  });
});
