import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type TemporaryPostgres } from "@sark/testkit";
import { startServer, type ServerProcess } from "./child.ts";
import type { withCleanup } from "./cleanup.ts";

/** What responds: a server of the official SDK, one of the first SDK, one that costs next to nothing, and the same with a price for each call. */
export type UpstreamName = "sdk" | "v1" | "noop" | "priced";

type Proxy = ServerProcess<{ readonly url: string }>;
export type GatewayServer = ServerProcess<{ readonly url: string; readonly apiKey: string }>;

/** The same upstreams behind a gateway and behind a proxy that only passes on. */
export interface GovernedServers {
  readonly bare: Proxy;
  readonly postgres: TemporaryPostgres;
  /** A gateway with a database of its own; with `checkout`, of the code there. */
  startGateway(
    name: string,
    options?: { readonly checkout?: string | null; readonly nodeOptions?: readonly string[] },
  ): Promise<GatewayServer>;
}

/** Ended, with all that they leave behind, when what was registered with `defer` runs. */
export async function startGovernedServers(
  defer: Parameters<Parameters<typeof withCleanup>[0]>[0],
): Promise<GovernedServers> {
  const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  // Durable commits are part of what is measured: this server flushes to disk.
  const postgres = await startPostgres();
  defer(() => postgres.stop());
  async function start(name: string, settings: object = {}): Promise<Proxy> {
    const server = await startServer<{ url: string }>(name, settings);
    defer(() => server.stop());
    return server;
  }
  const otlp = await start("otlp-sink");
  const sdk = await start("mcp-sdk-upstream");
  const v1 = await start("mcp-v1-upstream");
  const noop = await start("mcp-upstream");
  const upstreams: Record<UpstreamName, string> = {
    sdk: sdk.ready.url,
    v1: v1.ready.url,
    noop: noop.ready.url,
    priced: noop.ready.url,
  };
  return {
    bare: await start("bare-proxy", { upstreams }),
    postgres,
    async startGateway(name, { checkout = null, nodeOptions = [] } = {}) {
      const own = join(folder, name);
      mkdirSync(own);
      const databaseUrl = await postgres.createDatabase();
      const settings = { folder: own, databaseUrl, upstreams, otlp: otlp.ready.url };
      const server: GatewayServer = await startServer("gateway", settings, { checkout, nodeOptions });
      defer(() => server.stop());
      return server;
    },
  };
}
