import { describe, expect, it, vi } from "vitest";
import { UpstreamError } from "../../domain/upstream.ts";
import { failure } from "../testing/failure.ts";
import { initialize, statelessPost } from "../testing/requests.ts";
import { scripted, startStdioUpstream, type TestUpstream } from "../testing/stdio-upstreams.ts";
import { createTurns } from "../turns.ts";
import { createProgramCheck, type ProgramRun } from "./check-program.ts";

const SIGNAL = new AbortController().signal;
const starts = ({ events }: TestUpstream) => events.filter(({ type }) => type === "process_started").length;

describe("the health of a program", () => {
  it("says what a crashing server printed, and does not start it for each check [HLT-1]", async () => {
    const script = `console.error("loading"); throw new Error("DATABASE_PATH is not set\\u001b[2J");`;
    await using local = startStdioUpstream({ command: process.execPath, args: ["-e", script] });
    for (let check = 0; check < 5; check += 1) {
      const reason = await failure(local.upstream.check(SIGNAL));
      expect(reason.message).toMatch(
        /exited with code 1 before its first message; .*DATABASE_PATH is not set/,
      );
    }
    expect(starts(local)).toBe(1);
    const { last_exit: exit } = local.upstream.known?.() ?? {};
    expect(exit).toMatchObject({ exit_code: 1, stderr: expect.any(Array) as string[] });
    expect(JSON.stringify(exit)).toContain("DATABASE_PATH is not set");
    expect((exit as { stderr: string[] }).stderr.join("")).not.toContain("\u001b");
  });

  it("is well for one that speaks the older revisions, which it starts once", async () => {
    const older = `if (message.id !== undefined) send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "?" } });`;
    await using local = startStdioUpstream(scripted(older, false));
    expect(await local.upstream.check(SIGNAL)).toEqual({});
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    for (let check = 0; check < 3; check += 1) {
      expect(await local.upstream.check(SIGNAL)).toEqual({ message: "it is not running; a call starts it" });
    }
    expect(starts(local)).toBe(1);
    await initialize(local.upstream);
    expect(await local.upstream.check(SIGNAL)).toEqual({});
  });

  it("turns when the process ends by itself, and is well again with the next call", async () => {
    await using local = startStdioUpstream(scripted(`if (message.method === "tools/call") process.exit(3);`));
    expect(await local.upstream.check(SIGNAL)).toEqual({});
    await failure(local.upstream.exchange(statelessPost(1, "tools/call", { name: "x" })));
    expect((await failure(local.upstream.check(SIGNAL))).message).toContain("exited with code 3");
    expect(starts(local)).toBe(1);
    await local.upstream.exchange(statelessPost(2, "server/discover"));
    expect(await local.upstream.check(SIGNAL)).toEqual({});
    expect(starts(local)).toBe(2);
  });

  it("is pending while it starts, however long that takes", async () => {
    const started = Promise.withResolvers<void>();
    const run: ProgramRun = { running: false, failure: null };
    const check = createProgramCheck({
      runs: [run],
      start: () => started.promise,
      inTurn: (start) => start(),
      waitMs: 1,
    });
    for (let time = 0; time < 3; time += 1) {
      expect(await check()).toEqual({
        pending: true,
        message: expect.stringContaining("starting") as string,
      });
    }
    started.resolve();
    await vi.waitFor(async () => expect((await check()).pending).toBeUndefined());
  });

  it("waits longer and longer between the starts of one that fails", async () => {
    vi.useFakeTimers();
    try {
      const crash = new UpstreamError("upstream_unreachable", "no", { cause: new Error("because") });
      const start = vi.fn<() => Promise<void>>(() => Promise.reject(crash));
      const runs = [{ running: false, failure: crash }];
      const check = createProgramCheck({ runs, start, inTurn: (run) => run(), waitMs: 1 });
      for (let second = 0; second < 3_600; second += 1) {
        await expect(check()).rejects.toThrow("no; because");
        await vi.advanceTimersByTimeAsync(1_000);
      }
      expect(start.mock.calls.length).toBeGreaterThan(5);
      expect(start.mock.calls.length).toBeLessThan(15);
    } finally {
      vi.useRealTimers();
    }
  });

  it("lets few programs start side by side", async () => {
    const inTurn = createTurns(2);
    let running = 0;
    let most = 0;
    const gates = Array.from({ length: 11 }, () => Promise.withResolvers<void>());
    const all = gates.map((gate) =>
      inTurn(async () => {
        most = Math.max(most, (running += 1));
        await gate.promise;
        running -= 1;
      }),
    );
    for (const gate of gates) {
      gate.resolve();
    }
    await Promise.all(all);
    expect([most, running]).toEqual([2, 0]);
  });
});
