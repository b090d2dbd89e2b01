// npm run conformance -- URL [--revision REVISION]: the official suite against any MCP server, directly and then through
// a gateway of its own. Prints the checks that the gateway costs; exits 1 when there are any.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig, startGateway } from "@sark/gateway";
import { startHeaderInjector } from "@sark/testkit";
import { passedChecks, REVISIONS, runSuite } from "./run-suite.ts";

const { values, positionals } = parseArgs({
  options: { revision: { type: "string", default: REVISIONS[0] } },
  allowPositionals: true,
});
const [url] = positionals;
const revision = REVISIONS.find((known) => known === values.revision);
if (url === undefined || revision === undefined) {
  console.error(`usage: npm run conformance -- URL [--revision ${REVISIONS.join("|")}]`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "sark-conformance-"));
const file = join(folder, "sark.json");
writeFileSync(
  file,
  JSON.stringify({
    dataDirectory: join(folder, "data"),
    http: { port: 0, drainTimeout: "1s" },
    policy: { directory: join(import.meta.dirname, "../../policies") },
    logging: { stdout: false, files: { directory: join(folder, "logs") } },
    upstreams: [{ name: "server", transport: "http", url, sensitivity: "low" }],
  }),
);
const direct = passedChecks(await runSuite(url, revision));
const gateway = await startGateway(loadConfig({ file, environment: {} }));
const injector = await startHeaderInjector({
  target: `${gateway.url}/mcp/server`,
  headers: { authorization: `Bearer ${readFileSync(gateway.adminKeyFile, "utf8").trim()}` },
});
const through = passedChecks(await runSuite(injector.url, revision));
await injector.close();
await gateway.close();
rmSync(folder, { recursive: true, force: true });

const lost = without(direct, through);
const gained = without(through, direct);
console.log(`${revision}: ${direct.length} checks pass directly, ${through.length} through the gateway`);
for (const check of lost) {
  console.log(`  lost: ${check}`);
}
for (const check of gained) {
  console.log(`  only through the gateway: ${check}`);
}
process.exitCode = lost.length === 0 ? 0 : 1;

/** What `some` has more often than `others`. */
function without(some: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return some.filter((check) => {
    const at = left.indexOf(check);
    if (at !== -1) {
      left.splice(at, 1);
    }
    return at === -1;
  });
}
