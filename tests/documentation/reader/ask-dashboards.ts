// Asks each query of each dashboard of the gateway of the Prometheus whose address is given.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARDS, queriesOf, type Dashboard } from "@sark/monitoring";
import { interpolate } from "../../dashboards/interpolate.ts";
import { ROOT } from "../../support/programs/programs.ts";

const [prometheus = ""] = process.argv.slice(2);
let [asked, filled] = [0, 0];
for (const path of Object.keys(DASHBOARDS)) {
  const dashboard = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Dashboard;
  for (const { expr } of queriesOf(dashboard)) {
    const query = new URLSearchParams({ query: interpolate(expr, {}) });
    const response = await fetch(`${prometheus}/api/v1/query?${query.toString()}`);
    const { status, data } = (await response.json()) as {
      readonly status: string;
      readonly data?: { readonly result: readonly unknown[] };
    };
    if (status !== "success") {
      console.error(`${path}: no response to ${expr}`);
      process.exitCode = 1;
    }
    asked += 1;
    filled += (data?.result.length ?? 0) > 0 ? 1 : 0;
  }
}
console.log(`dashboards: ${asked} queries got a response, ${filled} of them with series`);
