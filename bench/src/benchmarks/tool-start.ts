import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, UNFLUSHED } from "@sark/testkit";
import { withCleanup } from "../cleanup.ts";
import { costOf } from "../cpu-of-command.ts";
import { startGatewayProcess, type GatewayUnderLoad } from "../gateway-process.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const TOOLS = ["gateway-admin", "query-metrics", "health-check", "analyze-logs", "audit"] as const;
const ROOT = join(import.meta.dirname, "../../..");
const AIM = 1.5;
const USER_ERROR = 2;

/**
 * Processor time and time from the start of each command line to its end, against `node -e 0`, all of them in turn, with a pipe for its output.
 * `bundle_` is the bundle as it is published; the others start it as a checkout does, which looks first whether a source has changed.
 * `status` and its like ask a gateway on this machine, as do `http` and `fetch`, programs that do nothing else; `write` writes a line.
 */
export function run({ long, progress }: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const bundle = join(folder, "tools");
    execFileSync(process.execPath, [join(ROOT, "scripts/bundle-tools/main.ts"), bundle]);
    const postgres = await startPostgres({ settings: UNFLUSHED });
    defer(() => postgres.stop());
    const gateway = await startGatewayProcess({
      folder: join(folder, "gateway"),
      databaseUrl: await postgres.createDatabase(),
      settings: {},
    });
    defer(() => gateway.stop());
    const commands = commandsOf(folder, bundle, gateway);
    const rounds = long ? 40 : 12;
    const cpu: Record<string, number[]> = {};
    const wall: Record<string, number[]> = {};
    for (let round = 0; round <= rounds; round += 1) {
      progress(`round ${round} of ${rounds} …`);
      for (const [name, command] of Object.entries(commands)) {
        const cost = costOf(command, [0, USER_ERROR]);
        // The first round compiles what the others find compiled.
        if (round > 0) {
          (cpu[name] ??= []).push(cost.cpu * 1_000);
          (wall[name] ??= []).push(cost.wall * 1_000);
        }
      }
    }
    const node = median(cpu["node"] ?? []);
    const ratios = Object.fromEntries(
      Object.entries(cpu).map(([name, all]) => [name, Math.round((median(all) / node) * 100) / 100]),
    );
    const toAsking = median(cpu["status"] ?? []) / median(cpu["fetch"] ?? []);
    const bounded = Object.entries(ratios).filter(([name]) =>
      /^(?:bundle_)?(?:version|help|wrong|completion)/.test(name),
    );
    const slowest = Math.max(...bounded.map(([, ratio]) => ratio));
    return {
      name: "tool-start",
      ratio: slowest,
      lowerIsBetter: true,
      aim: `each tool starts (version, help, help of a command, what is wrong with a command line) in less than ${AIM} times the processor time of node -e 0`,
      met: slowest < AIM,
      figures: {
        node_cpu_ms: node,
        node_wall_ms: median(wall["node"] ?? []),
        status_to_fetch_ratio: Math.round(toAsking * 100) / 100,
        ...Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [`${name}_cpu_ratio`, ratio])),
        ...Object.fromEntries(
          Object.entries(wall).map(([name, all]) => [`${name}_wall_ms`, Math.round(median(all))]),
        ),
      },
    };
  });
}

function commandsOf(
  folder: string,
  bundle: string,
  { url, apiKey }: GatewayUnderLoad,
): Readonly<Record<string, string>> {
  const node = `'${process.execPath}'`;
  const write = join(folder, "write.cjs");
  writeFileSync(write, `process.stdout.write("line\\n");`);
  const fetched = join(folder, "fetch.mjs");
  writeFileSync(
    fetched,
    `process.stdout.write(await (await fetch("${url}/admin/v1/status", { headers: { "x-api-key": "${apiKey}" } })).text());`,
  );
  const http = join(folder, "http.cjs");
  const read = `(response) => response.setEncoding("utf8").on("data", (text) => process.stdout.write(text))`;
  const options = JSON.stringify({ headers: { "x-api-key": apiKey } });
  writeFileSync(http, `require("node:http").get("${url}/admin/v1/status", ${options}, ${read});`);
  const tool = (name: string) => `${node} '${join(ROOT, `tools/operations/bin/${name}.cjs`)}'`;
  const bundled = (name: string) => `${node} '${join(bundle, `${name}.cjs`)}'`;
  const asked = (line: string) => `GATEWAY_URL='${url}' GATEWAY_API_KEY='${apiKey}' ${line}`;
  const named = (name: string) => name.replaceAll("-", "_");
  return {
    node: `${node} -e 0`,
    write: `${node} '${write}'`,
    ...Object.fromEntries(TOOLS.map((name) => [`version_${named(name)}`, `${tool(name)} --version`])),
    ...Object.fromEntries(TOOLS.map((name) => [`help_${named(name)}`, `${tool(name)} --help`])),
    help_of_status: `${tool("gateway-admin")} status --help`,
    help_of_search: `${tool("analyze-logs")} search --help`,
    wrong_command: `${tool("gateway-admin")} sttaus`,
    wrong_option: `${tool("gateway-admin")} status --jsno`,
    completion: `${tool("gateway-admin")} completion bash`,
    bundle_version: `${bundled("gateway-admin")} --version`,
    bundle_help_of_status: `${bundled("gateway-admin")} status --help`,
    http: `${node} '${http}'`,
    fetch: `${node} '${fetched}'`,
    bundle_status: asked(`${bundled("gateway-admin")} status --json`),
    status: asked(`${tool("gateway-admin")} status --json`),
    health_check: asked(`${tool("health-check")} --json`),
    sources_status: asked(
      `${node} '${join(ROOT, "tools/operations/src/gateway-admin/main.ts")}' status --json`,
    ),
  };
}
