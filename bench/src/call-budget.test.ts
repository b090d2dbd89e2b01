import { requireServer } from "@sark/testkit";
import { describe, expect, it } from "vitest";
import { openCaller } from "./caller.ts";
import { withCleanup } from "./cleanup.ts";
import { startGovernedServers } from "./governed-servers.ts";
import { sessionCall, statelessCall } from "./mcp-calls.ts";
import { parseCounts } from "./system-calls.ts";
import { parseTransfers, quartile, traceTransfers } from "./transfers.ts";

/** Calls, one after another, whose transfers are looked at. */
const TRACED_CALLS = 60;
/**
 * What else the gateway does meanwhile only adds to what is allocated: one measurement within the bound shows what a call takes. A
 * few calls are over before something else happens, on a machine with ten times as much to do as it can, too.
 */
const MEASUREMENTS = 40;
const MEASURED_CALLS = 20;

/**
 * Kilobytes of heap that a call of one caller may take, with code that is not optimized, which is the same for each call. Counts,
 * not times; who raises a bound says why.
 */
const BOUNDS = {
  "whose result is an event stream (a server of the first SDK)": { upstream: "v1", kilobytes: 275 },
  "whose result is JSON (a server that does next to nothing)": { upstream: "noop", kilobytes: 260 },
} as const;

/**
 * Reads and writes of the whole gateway for a call. Reads: the request, a reply of PostgreSQL, the server's response. Writes: the
 * call's intent with the outcome of the one before, the request to the server, the response, two lines of the log: what was
 * recorded, in one piece, and the call.
 */
const TOGETHER = { reads: 3, writes: 5 };
/** Where the next call comes too late for it, as on a slow machine, the outcome has a statement of its own, its reply and its line. */
const APART = { reads: 4, writes: 7 };

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
      const port = Number(new URL(gateway.ready.url).port);
      for (const [title, bounds] of Object.entries(BOUNDS)) {
        const endpoint = { url: `${gateway.ready.url}/mcp/${bounds.upstream}`, headers };
        const target = bounds.upstream === "v1" ? await sessionCall(endpoint, 1) : statelessCall(endpoint);
        const caller = await openCaller({ ...target, headers: target.headers(0) });
        defer(() => caller.close());
        const call = async (calls: number): Promise<void> => {
          for (let count = 0; count < calls; count += 1) {
            const { status, body } = await caller.send();
            target.check(status, body);
          }
        };
        await call(TRACED_CALLS);
        const transfers = quartile(await traceTransfers(gateway.pid, port, () => call(TRACED_CALLS)));
        expect([TOGETHER, APART].map((bound) => ({ title, ...bound }))).toContainEqual({
          title,
          ...transfers,
        });
        let kilobytes = Infinity;
        for (let count = 0; count < MEASUREMENTS && kilobytes > bounds.kilobytes; count += 1) {
          const bytes = (await gateway.allocated(() => call(MEASURED_CALLS))) ?? Infinity;
          kilobytes = Math.min(kilobytes, bytes / MEASURED_CALLS / 1_024);
        }
        expect(kilobytes).toBeLessThanOrEqual(bounds.kilobytes);
        // It allocated something: the counter counts.
        expect(kilobytes).toBeGreaterThan(10);
      }
    });
  });
});

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
  });
});

describe("the trace of strace", () => {
  it("gives the transfers of each call: those that carried data, but what wakes up threads", () => {
    const client = "40<TCP:[127.0.0.1:4000->127.0.0.1:50001]>";
    const database = "38<TCP:[127.0.0.1:50002->127.0.0.1:5432]>";
    const trace = `7  read(38<TCP:[127.0.0.1:50002->127.0.0.1:5432]>, ""..., 65536) = 101
7  read(${client}, ""..., 65536) = 474
7  writev(${database}, [{iov_base=""..., iov_len=7}], 1) = 7
8  write(20<anon_inode:[eventfd]>, ""..., 8) = 8
7  read(${database}, ""..., 65536) = -1 EAGAIN (Resource temporarily unavailable)
7  read(${database},  <unfinished ...>
8  write(24</logs/application.jsonl>, ""..., 300) = 300
7  <... read resumed>""..., 65536) = 101
7  write(${client}, ""..., 778 <unfinished ...>
8  <... futex resumed>) = 1
7  <... write resumed>) = 778
7  read(${client}, ""..., 65536) = 474
7  write(${client}, ""..., 778) = 778
7  read(${client}, ""..., 65536) = 474
`;
    expect(parseTransfers(trace, 4000)).toEqual([
      { reads: 2, writes: 3 },
      { reads: 1, writes: 1 },
    ]);
  });

  it("shows what a call takes where others take more", () => {
    const call = { reads: 3, writes: 7 };
    const calls = [{ reads: 9, writes: 8 }, call, { reads: 5, writes: 9 }, call, { reads: 6, writes: 8 }];
    expect(quartile(calls)).toEqual(call);
    expect(quartile([])).toEqual({ reads: Number.NaN, writes: Number.NaN });
  });
});
