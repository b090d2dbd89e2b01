import { requireServer } from "@sark/testkit";
import { describe, expect, it } from "vitest";
import { openCaller } from "./caller.ts";
import { withCleanup } from "./cleanup.ts";
import { startGovernedServers } from "./governed-servers.ts";
import { sessionCall, statelessCall } from "./mcp-calls.ts";
import { countSystemCalls, parseCounts, transfers } from "./system-calls.ts";

/** Calls, one after another, in one measurement. */
const CALLS = 60;
/**
 * What else the gateway does meanwhile only adds to a measurement: one within the bounds shows what a call takes. On a machine with
 * ten times as much to do as it can, that is a sixth of what is allocated: bounds leave room for it.
 */
const MEASUREMENTS = 8;

/**
 * What a call of one caller may take: reads and writes of the whole gateway, and kilobytes of heap with code that is not optimized,
 * which is the same for each call. Counts, not times. One read or write more for each call goes beyond; who raises a bound says why.
 */
const BOUNDS = {
  "whose result is an event stream (a server of the first SDK)": {
    upstream: "v1",
    reads: 6,
    writes: 8.4,
    kilobytes: 340,
  },
  "whose result is JSON (a server that does next to nothing)": {
    upstream: "noop",
    reads: 5.4,
    writes: 8.2,
    kilobytes: 325,
  },
} as const;

/** Nothing is optimized or collected while it is measured. */
const NODE_OPTIONS = [
  "--expose-gc",
  "--no-opt",
  "--no-maglev",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
];

describe.skipIf(requireServer("strace") === null)("what a governed call takes", () => {
  it("stays within its bounds of system calls and allocations", async () => {
    await withCleanup(async (defer) => {
      const servers = await startGovernedServers(defer);
      const gateway = await servers.startGateway("counted", { nodeOptions: NODE_OPTIONS });
      const headers = { authorization: `Bearer ${gateway.ready.apiKey}` };
      for (const [title, bounds] of Object.entries(BOUNDS)) {
        const endpoint = { url: `${gateway.ready.url}/mcp/${bounds.upstream}`, headers };
        const target = bounds.upstream === "v1" ? await sessionCall(endpoint, 1) : statelessCall(endpoint);
        const caller = await openCaller({ ...target, headers: target.headers(0) });
        defer(() => caller.close());
        const call = async (): Promise<void> => {
          for (let count = 0; count < CALLS; count += 1) {
            const { status, body } = await caller.send();
            target.check(status, body);
          }
        };
        await call();
        const least = { reads: Infinity, writes: Infinity, kilobytes: Infinity };
        for (let count = 0; count < MEASUREMENTS && !isWithin(least, bounds); count += 1) {
          const { reads, writes } = transfers(await countSystemCalls(gateway.pid, call));
          const bytes = await gateway.allocated(call);
          least.reads = Math.min(least.reads, reads / CALLS);
          least.writes = Math.min(least.writes, writes / CALLS);
          least.kilobytes = Math.min(least.kilobytes, (bytes ?? Infinity) / CALLS / 1_024);
        }
        expect(isWithin(least, bounds), `${title}: ${JSON.stringify(least)}`).toBe(true);
        // It took something: the counters count.
        expect(least.writes).toBeGreaterThan(2);
        expect(least.kilobytes).toBeGreaterThan(10);
      }
    });
  });
});

interface Taken {
  readonly reads: number;
  readonly writes: number;
  readonly kilobytes: number;
}

function isWithin(taken: Taken, bounds: Taken): boolean {
  return taken.reads <= bounds.reads && taken.writes <= bounds.writes && taken.kilobytes <= bounds.kilobytes;
}

describe("the table of strace", () => {
  it("is read with and without errors, without its sum", () => {
    const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000300           3       100        12 read
 40.00    0.000200           2        90           writev
------ ----------- ----------- --------- --------- ----------------
100.00    0.000500           2       190        12 total
`;
    const counts = parseCounts(table);
    expect([...counts]).toEqual([
      ["read", 100],
      ["writev", 90],
    ]);
    expect(transfers(counts)).toEqual({ reads: 100, writes: 90 });
  });
});
