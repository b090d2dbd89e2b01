import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  mcpServerProgram,
  startMcpServer,
  startPostgres,
  startSplunkHec,
  UNFLUSHED,
  type McpServerHandle,
  type SplunkHec,
} from "@sark/testkit";
import { issueTokens, type CallerName } from "../hostile/world/callers.ts";
import { bundlePrograms } from "../support/programs/bundle.ts";
import { startStandaloneGateway, type StandaloneGateway } from "../support/standalone-gateway.ts";

export interface SoakWorld {
  readonly gateway: StandaloneGateway;
  readonly tools: McpServerHandle;
  readonly splunk: SplunkHec;
  /** Events that the receiver has taken, each time it took them. */
  delivered(): number;
  headers(caller: CallerName): { readonly authorization: string };
  close(): Promise<void>;
}

/** Sessions that are left alone end after this time. */
export const IDLE_MS = 20_000;
/** Calls of the caller who runs into its rate limit. */
const LIMIT = { requests: 60, period: "1m" };

export async function startSoakWorld(): Promise<SoakWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sark-soak-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      await step();
    }
  };
  try {
    const postgres = await startPostgres({ settings: UNFLUSHED });
    undo.push(() => postgres.stop());
    const tools = await startMcpServer();
    undo.push(() => tools.close());
    let delivered = 0;
    const splunk = await startSplunkHec({ token: "soak", onIndexed: () => (delivered += 1) });
    undo.push(() => splunk.close());
    const { issuer, tokens } = await issueTokens(folder);
    writeFileSync(
      join(folder, "all.cedar"),
      'permit(principal, action, resource); forbid(principal, action, resource == Tool::"tools/add");',
    );
    const configFile = join(folder, "sark.json");
    const config = {
      dataDirectory: join(folder, "data"),
      http: { port: 0, drainTimeout: "5s" },
      policy: { directory: folder, timeout: "1m" },
      database: { url: await postgres.createDatabase(), timeout: "1m" },
      authentication: { jwt: [issuer] },
      audit: { checkpointInterval: "1s", maintenanceInterval: "5s" },
      // On a fast machine the clients that say nothing when they leave have more than a hundred at once.
      sessions: { idleTimeout: `${IDLE_MS}ms`, maxPerPrincipal: 1_000 },
      mcp: { requestTimeout: "1m" },
      rateLimits: {
        rules: [
          { for: "user", requests: 1_000_000, period: "1h" },
          { for: "user", name: "bob", tenant: "acme", ...LIMIT },
        ],
      },
      quotas: {
        prices: [{ server: "tools", tool: "echo", perCall: "0.001" }],
        budgets: [{ for: "user", daily: "1000000" }],
      },
      logging: { level: "info" },
      destinations: [
        {
          name: "splunk",
          sink: { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" },
          maxBatchWait: "200ms",
          retryMaxDelay: "1s",
          breakerOpenDuration: "1s",
        },
      ],
      upstreams: [
        { name: "tools", transport: "http", url: tools.url, sensitivity: "low" },
        {
          name: "piped",
          transport: "stdio",
          command: process.execPath,
          args: [mcpServerProgram, "--stdio"],
          sensitivity: "low",
        },
      ],
    };
    writeFileSync(configFile, JSON.stringify(config));
    const gateway = await startStandaloneGateway({
      program: join(await bundlePrograms(), "gateway.mjs"),
      configFile,
      environment: { SPLUNK_TOKEN: "soak" },
      nodeOptions: ["--inspect=127.0.0.1:0"],
    });
    undo.push(() => gateway.stop());
    return {
      gateway,
      tools,
      splunk,
      delivered: () => delivered,
      headers: (caller) => ({ authorization: `Bearer ${tokens[caller]}` }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
