// The test server as a program: `main.ts [--port N] [--era-by-meta] [--record FILE]` or `main.ts --stdio [--record FILE]`.
// The record has one JSON line for each request that was read, and again when it was cancelled.
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { SeenRequest } from "./recorder.ts";
import { startStdioServer } from "./serve-stdio.ts";
import { startMcpServer } from "./start-mcp-server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "era-by-meta": { type: "boolean", default: false },
    stdio: { type: "boolean", default: false },
    record: { type: "string" },
  },
});
const { record } = values;
const onRequest = (seen: SeenRequest) => {
  if (record !== undefined) {
    appendFileSync(record, `${JSON.stringify(seen)}\n`);
  }
};

if (values.stdio) {
  startStdioServer(onRequest);
} else {
  const server = await startMcpServer({
    port: Number(values.port),
    eraByMeta: values["era-by-meta"],
    exit: (code) => process.exit(code),
    onRequest,
  });
  console.log(server.url);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
}
