import { EventEmitter } from "node:events";
import type { Worker } from "node:cluster";
import { expect, it, vi } from "vitest";
import { createSupervisor, WorkerFailedToStart } from "./supervisor.ts";

/** A worker of which the test says what it does. */
class ScriptedWorker extends EventEmitter {
  readonly process = { stdout: null, stderr: null, pid: 1, kill: () => this.emit("exit", 0) };
  isConnected(): boolean {
    return false;
  }
  serves(): void {
    this.emit("message", { type: "ready", welcome: "welcome" });
  }
  isKilled(): void {
    this.emit("exit", null);
  }
}

function supervised() {
  const forked: ScriptedWorker[] = [];
  const ended: number[] = [];
  const supervisor = createSupervisor({
    count: 2,
    fork() {
      const worker = new ScriptedWorker();
      forked.push(worker);
      return worker as unknown as Worker;
    },
    orders: (worker) => ({ type: "start", worker, databaseUrl: null, terminal: false }),
    observer: {
      serving: () => undefined,
      unreachable: () => undefined,
      ended: (worker) => void ended.push(worker),
      endedBadly: () => undefined,
    },
  });
  return { supervisor, forked, ended };
}

it("replaces a worker that served and was killed while the others still started [GTW-6]", async () => {
  const { supervisor, forked, ended } = supervised();
  const started = supervisor.start();
  forked[0]?.serves();
  await vi.waitFor(() => expect(forked).toHaveLength(2));
  forked[0]?.isKilled();
  await vi.waitFor(() => expect(forked).toHaveLength(3));
  expect(ended).toEqual([1]);
  forked[2]?.serves();
  forked[1]?.serves();
  expect(await started).toBe("welcome");
  expect(await supervisor.end("SIGTERM")).toBe(0);
});

it("does not start where a worker ends before it has served [GTW-6]", async () => {
  const { supervisor, forked, ended } = supervised();
  const started = supervisor.start().catch((error: unknown) => error);
  forked[0]?.serves();
  await vi.waitFor(() => expect(forked).toHaveLength(2));
  forked[1]?.isKilled();
  expect(await started).toBeInstanceOf(WorkerFailedToStart);
  expect(ended).toEqual([]);
  await supervisor.end("SIGTERM");
});
