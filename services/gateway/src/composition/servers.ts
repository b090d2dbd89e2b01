import type { GatewayConfig } from "../config/schema.ts";
import { startExampleUpstreams } from "../first-start/example-upstreams.ts";
import { upstreamConfigSchema, type UpstreamConfig } from "../upstreams/contract/config.ts";
import { createUpstreams, type Upstreams, type UpstreamsOptions } from "../upstreams/registry.ts";
import type { SharedState } from "@sark/shared-state";
import type { Cleanup } from "@sark/service-start";

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

/** How sessions began, where replicas know it together. */
export async function beginnings(
  state: SharedState | null,
  key: Buffer,
  { maxDuration }: GatewayConfig["sessions"],
): Promise<Pick<UpstreamsOptions, "beginnings">> {
  if (state === null) {
    return {};
  }
  // Loaded only where it is used: a start compiles it.
  const [{ createSharedBeginnings }, { createSeal }] = await Promise.all([
    import("../upstreams/renewal/shared-beginnings.ts"),
    import("@sark/shared-state"),
  ]);
  const seal = createSeal(key, "beginnings");
  return { beginnings: createSharedBeginnings({ state, seal, keptMs: maxDuration }) };
}
