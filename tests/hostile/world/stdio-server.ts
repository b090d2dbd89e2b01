// An MCP server over stdio that writes down what it is given: stdio-server FILE REVISION. Responds as `respond.ts` says.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { respondTo } from "./respond.ts";

const [file = "", stateless = ""] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  appendFileSync(file, `${line}\n`);
  const response = respondTo(line, stateless);
  if (response !== null) {
    process.stdout.write(`${response}\n`);
  }
}
