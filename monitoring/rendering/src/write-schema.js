// Writes Grafana's schema of dashboards, from the types of its foundation SDK, as JSON Schema: npm run schema
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createGenerator } from "ts-json-schema-generator";

const own = import.meta.dirname;
const schema = createGenerator({
  path: join(own, "dashboard-types.ts"),
  type: "StrictDashboard",
  additionalProperties: false,
  skipTypeCheck: true,
  tsconfig: join(own, "../tsconfig.schema.json"),
  topRef: false,
  // Several kinds of panels have types of one name.
  expose: "none",
}).createSchema("StrictDashboard");
const sdk = createRequire(import.meta.url).resolve("@grafana/grafana-foundation-sdk/dashboard");
const { version } = JSON.parse(readFileSync(join(dirname(sdk), "../../package.json"), "utf8"));
writeFileSync(
  join(own, "../../src/dashboards/schema/grafana.schema.json"),
  `${JSON.stringify({ $comment: `@grafana/grafana-foundation-sdk ${version.replace(/^v/, "")}, by npm run schema in monitoring/rendering`, ...schema }, withoutText)}\n`,
);

/** Descriptions are half of it. */
function withoutText(key, value) {
  return key === "description" && typeof value === "string" ? undefined : value;
}
