import type { Incidents } from "../incident.ts";
import { machine } from "../parts/machine.ts";
import { redisMemory } from "../parts/redis-memory.ts";

/** What will not last. */
export const capacityIncidents: Incidents = {
  "disk-filling": {
    what: "a file system is filled, and was not before",
    alerts: ["HostDiskFullSoon"],
    // Six hours are half a minute.
    scale: 720,
    needs: [machine],
    strike(world) {
      world.part(machine).fill();
      return () => world.part(machine).empty();
    },
  },
  "redis-full": {
    what: "Redis has nine tenths of its memory in use",
    alerts: ["RedisMemoryHigh"],
    scale: 120,
    needs: [redisMemory],
    async strike(world) {
      await world.part(redisMemory).limit(1.1);
      return () => world.part(redisMemory).limit(10);
    },
  },
};
