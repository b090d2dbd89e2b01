import { startRedis } from "@sark/testkit";
import type { FaultProxy } from "../../faults/fault-proxy.ts";
import { withSections, type Part } from "./part.ts";

/** A Redis that the gateway shares with other replicas; the way to it. */
export const redis: Part<FaultProxy> = {
  async start(ground) {
    const server = await startRedis();
    ground.undo(() => server.close());
    const value = await ground.through(server.port);
    return {
      value,
      configure: (options) => withSections(options, { redis: { url: `redis://127.0.0.1:${value.port}` } }),
    };
  },
};
