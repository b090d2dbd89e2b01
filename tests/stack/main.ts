// npm run stack [-- --check]
import { once } from "node:events";
import { parseArgs } from "node:util";
import { requireServer } from "@sark/testkit";
import { checkStack } from "./check-stack.ts";
import { NEEDED, startStack } from "./start-stack.ts";

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const missing = NEEDED.filter((name) => requireServer(name) === null);
if (missing.length > 0) {
  console.error(`Not installed: ${missing.join(", ")}`);
  process.exit(1);
}
const stack = await startStack();
try {
  await checkStack(stack, (line) => console.log(line));
  if (values.check !== true) {
    const { gateway, prometheus, alertmanager, logs } = stack;
    console.log(
      `\ngateway       ${gateway.url}\nprometheus    ${prometheus.url}\nalertmanager  ${alertmanager.url}\nlogs          ${logs.url}\n\nCtrl-C ends everything.`,
    );
    await once(process, "SIGINT");
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await stack.close();
}
process.exit();
