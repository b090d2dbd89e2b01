import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { treeCpuSeconds } from "./process-tree.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A service as `npm start` runs it, with its workers. */
export interface ServiceUnderLoad {
  readonly url: string;
  /** User and system CPU seconds so far, of all its processes. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Resolves when it has said its welcome; rejects with what it said when it ends instead. `main` is below the repository, or another checkout of it. */
export async function startServiceProcess(options: {
  readonly main: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly checkout?: string;
}): Promise<ServiceUnderLoad> {
  const { main, args = [], env, checkout = ROOT } = options;
  const child = spawn(process.execPath, [join(checkout, main), ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  let said = "";
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Ctrl-C ends everything.")) {
        resolve();
      }
    });
  });
  const ended = exited.then(() => {
    throw new Error(`${main} under load ended: ${said}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return {
    url: /^SARK [a-z ]+: (\S+)$/m.exec(said)?.[1] ?? "",
    cpuSeconds: () => treeCpuSeconds(child.pid ?? 0),
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
