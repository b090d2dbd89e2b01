import { startExporter, startRedis } from "@sark/testkit";
import type { Part } from "./part.ts";

/** A Redis that an exporter looks at: `limit` lets its data take so many times what they take now. */
export const redisMemory: Part<{ limit(times: number): Promise<void> }> = {
  async start(ground) {
    const server = await startRedis();
    ground.undo(() => server.close());
    const exporter = await startExporter("redis-exporter", {
      arguments: [`--redis.addr=redis://127.0.0.1:${server.port}`],
    });
    ground.undo(() => exporter.close());
    async function limit(times: number): Promise<void> {
      const used = /used_memory:(\d+)/.exec(await server.command("INFO", "memory"))?.[1];
      await server.command("CONFIG", "SET", "maxmemory", String(Math.round(Number(used) * times)));
    }
    await limit(10);
    return { value: { limit }, targets: [{ job: "redis", url: exporter.url }] };
  },
};
