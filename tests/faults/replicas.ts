import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { RECEIVER_ENVIRONMENT } from "./receivers.ts";
import type { ProducerCommand, ProducerReport, ProducerSettings } from "./producer.ts";

/** A producer that can be killed and started again; what it acknowledged before stays in its oracle file. */
export interface Replica {
  readonly settings: ProducerSettings;
  /** Of all of its processes, as far as they said before they were killed. */
  readonly report: ProducerReport;
  /** How one of its processes ended that no fault ended; `null` when none did. */
  readonly crash: string | null;
  send(command: ProducerCommand): void;
  kill(): Promise<void>;
  start(): void;
  /** It does nothing at all, until it goes on. */
  standStill(): void;
  goOn(): void;
  /** Resolves when nothing waits any more; rejects when it ends in another way. */
  finish(): Promise<void>;
}

export const NOTHING: ProducerReport = { committed: 0, spooled: 0, failed: {}, breakersOpened: 0 };

export function addReports(a: ProducerReport, b: ProducerReport): ProducerReport {
  const failed = { ...a.failed };
  for (const [code, times] of Object.entries(b.failed)) {
    failed[code] = (failed[code] ?? 0) + times;
  }
  return {
    committed: a.committed + b.committed,
    spooled: a.spooled + b.spooled,
    failed,
    breakersOpened: a.breakersOpened + b.breakersOpened,
  };
}

/** Starts the program, `producer.ts` or its bundle. */
export function startReplica(program: string, settings: ProducerSettings): Replica {
  let child: ChildProcess;
  let report = NOTHING;
  let before = NOTHING;
  let stderr = "";
  let killed = false;
  let crash: string | null = null;

  function start(): void {
    before = addReports(before, report);
    report = NOTHING;
    child = fork(program, [JSON.stringify(settings)], {
      // Not those of the test runner.
      execArgv: [],
      env: { ...process.env, ...RECEIVER_ENVIRONMENT },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4_000)));
    killed = false;
    child.once("exit", (code, signal) => {
      if (!killed && code !== 0) {
        crash = `${settings.name} ended (${signal ?? code}): ${stderr}`;
      }
    });
    child.on("message", (message) => (report = message as ProducerReport));
  }

  start();
  return {
    settings,
    get report() {
      return addReports(before, report);
    },
    get crash() {
      return crash;
    },
    send(command) {
      if (child.connected) {
        child.send(command);
      }
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      killed = true;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    start,
    standStill: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    async finish() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
      if (ended !== null) {
        this.send("finish");
      }
      await ended;
      if (crash !== null) {
        throw new Error(crash);
      }
    },
  };
}
