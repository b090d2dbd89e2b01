// npm run incident -- --list | --all | --thresholds | NAME...
import { parseArgs } from "node:util";
import { wait } from "@sark/observability/waiting";
import { INCIDENTS } from "./incidents.ts";
import { measureThresholds } from "./measure-thresholds.ts";
import { runIncident } from "./run-incident.ts";
import { startWorld, type World } from "./world.ts";

const usage = "Usage: npm run incident -- --list | --all | --thresholds | NAME...";
const { values, positionals } = parseArgs({
  options: {
    list: { type: "boolean" },
    all: { type: "boolean" },
    thresholds: { type: "boolean" },
    help: { type: "boolean" },
  },
  allowPositionals: true,
});
// Each program of the world is ended with this one.
process.setMaxListeners(100);
const names = values.all ? Object.keys(INCIDENTS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(INCIDENTS, name));
if (values.list) {
  for (const [name, { what, alerts, played }] of Object.entries(INCIDENTS)) {
    console.log(`${name}: ${what}\n    ${alerts.join(", ")}`);
    if (played !== undefined) {
      console.log(`    not real: ${played}`);
    }
  }
} else if (values.thresholds) {
  console.log(await measureThresholds());
  process.exit();
} else if (values.help || names.length === 0 || unknown.length > 0) {
  console.error(unknown.length > 0 ? `No such incident: ${unknown.join(", ")}\n${usage}` : usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const rows: string[] = [];
  for (const name of names) {
    rows.push(...(await report(name)));
  }
  console.log(
    ["", "| alert | incident | detected after | over after |", "|---|---|---|---|", ...rows].join("\n"),
  );
  process.exit();
}

/** Runs it; the rows of a table in Markdown, one for each alert that came and went. */
async function report(name: string): Promise<string[]> {
  const incident = INCIDENTS[name];
  const rows: string[] = [];
  if (incident === undefined) {
    return rows;
  }
  const scale = incident.scale ?? 60;
  let world: World | undefined;
  try {
    world = await startWorld(scale, incident.needs);
    // Rates need something before the fault.
    await wait(5_000);
    console.log(`${name}: ${incident.what} (durations of rules divided by ${scale})`);
    for (const { alert, detectedMs, resolvedMs, heldBack } of await runIncident(world, incident)) {
      const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
      rows.push(
        `| ${alert} | ${name} | ${seconds(detectedMs)}${heldBack ? ", held back" : ""} | ${seconds(resolvedMs)} |`,
      );
      console.log(
        `    ${alert}: detected after ${seconds(detectedMs)}${heldBack ? " (held back by its cause)" : ""}, over ${seconds(resolvedMs)} after the fault`,
      );
    }
  } catch (error) {
    console.error(`    ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await world?.close();
  }
  return rows;
}
