// An MCP server on stdio that misbehaves: `main.ts <behaviour> [--record FILE]`.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { properResponse, type Message } from "../proper-response.ts";
import { isStdioMisbehaviour, misbehaveOnCall, misbehaveOnStart } from "./behaviours.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: "string" } },
});
const behaviour = positionals[0] ?? "";
if (!isStdioMisbehaviour(behaviour)) {
  throw new Error(`unknown misbehaviour: ${behaviour}`);
}

// Whatever else it ignores: it does not outlive the one who started it.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(0), 500).unref();

misbehaveOnStart(behaviour);
createInterface({ input: process.stdin }).on("line", (line) => {
  if (values.record !== undefined) {
    appendFileSync(values.record, `${line}\n`);
  }
  const message: Message = JSON.parse(line);
  if (message.method === "tools/call") {
    misbehaveOnCall(behaviour, message);
    return;
  }
  const response = properResponse(message);
  if (response !== null) {
    process.stdout.write(`${response}\n`);
  }
});
