import type { GatewayConfig } from "../config/schema.ts";
import { startExampleUpstreams } from "../first-start/example-upstreams.ts";
import { upstreamConfigSchema, type UpstreamConfig } from "../upstreams/contract/config.ts";
import { createUpstreams, type Upstreams, type UpstreamsOptions } from "../upstreams/registry.ts";
import type { Cleanup } from "./cleanup.ts";

/** The configured MCP servers, or the examples where none are configured. */
export async function startServers(
  configured: GatewayConfig["upstreams"],
  options: UpstreamsOptions,
  cleanups: Cleanup[],
): Promise<Upstreams> {
  const upstreams = createUpstreams(configured ?? (await exampleServers(cleanups)), options);
  cleanups.push(() => upstreams.close());
  return upstreams;
}

async function exampleServers(cleanups: Cleanup[]): Promise<readonly UpstreamConfig[]> {
  const examples = await startExampleUpstreams();
  cleanups.push(() => examples.stop());
  return examples.upstreams.map((entry) => upstreamConfigSchema.parse(entry));
}
