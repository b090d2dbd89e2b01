// Gate: the test file that is named for each metric is there, and drives its service. That it moves the metric, its run says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unreachableDrives } from "./unreachable-drives.ts";
import { GATEWAY_DRIVES } from "./gateway-drives.ts";
import { METRICS_SERVICE_DRIVES } from "./metrics-service-drives.ts";

const root = join(import.meta.dirname, "../..");
const texts = new Map<string, string | null>();

function read(file: string): string | null {
  let text = texts.get(file);
  if (text === undefined) {
    try {
      text = readFileSync(join(root, file), "utf8");
    } catch {
      text = null;
    }
    texts.set(file, text);
  }
  return text;
}

const problems = [
  ...unreachableDrives({ service: "gateway", drives: GATEWAY_DRIVES }, read),
  ...unreachableDrives({ service: "metrics", drives: METRICS_SERVICE_DRIVES }, read),
];
for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exitCode = 1;
}
